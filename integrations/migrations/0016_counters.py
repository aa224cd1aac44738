"""Counters by hour, and the deltas that transactions append to them."""

from django.db import migrations, models

# No key and no index: rows are appended, and a folder takes whatever is there. Vacuumed often, as rows live
# for seconds only.
DELTAS = """
CREATE TABLE integrations_countdelta (
    hour timestamptz NOT NULL, organization_id uuid, pipeline_id uuid, destination_id uuid,
    measure text NOT NULL, reason text NOT NULL, count bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0015_maximum_age")]

    operations = [
        migrations.CreateModel(
            "HourlyCount",
            [
                ("id", models.BigAutoField(primary_key=True, auto_created=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("organization_id", models.UUIDField(null=True)),
                (
                    "pipeline_id",
                    models.UUIDField(null=True, help_text="Null for what came under no known write key."),
                ),
                ("destination_id", models.UUIDField(null=True)),
                ("measure", models.TextField()),
                ("reason", models.TextField()),
                ("count", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization_id", "hour"], name="hourly_count_organization"),
                    models.Index(fields=["hour"], name="hourly_count_hour"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["pipeline_id", "hour", "destination_id", "measure", "reason"],
                        nulls_distinct=False,
                        name="hourly_count_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(DELTAS, "DROP TABLE integrations_countdelta"),
    ]
