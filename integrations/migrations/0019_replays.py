"""Replays: jobs that deliver stored events again, and what tells their deliveries from others."""

import django.contrib.postgres.fields
import django.db.models.deletion
import integrations.models.replay
import uuid
from django.db import migrations, models


VIEW = """
CREATE VIEW integrations_deliveryrecord AS
SELECT id, organization_id, pipeline_id, lane_id AS destination_id, event_id, part,{replay}
       CASE WHEN held_at IS NOT NULL THEN 'held'
            WHEN claim_id IS NOT NULL THEN 'sending'
            WHEN attempts > 0 OR attempt_ids <> '{{}}' THEN 'retrying'
            ELSE 'waiting' END AS outcome,
       reason, attempts, attempt_ids,
       CASE WHEN held_at IS NULL THEN due_at END AS due_at,
       NULL::timestamptz AS ended_at
FROM integrations_delivery
UNION ALL
SELECT id, organization_id, pipeline_id, lane_id, event_id, part,{replay} outcome, reason, attempts,
       attempt_ids, NULL::timestamptz, ended_at
FROM integrations_deliveryresult;
"""
DROP = "DROP VIEW integrations_deliveryrecord;"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_auto_deploys"),
        ("integrations", "0018_lanes_learn"),
    ]

    operations = [
        migrations.RunSQL(DROP, VIEW.format(replay="")),
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("counting", "Counting"),
                            ("ready", "Ready to start"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="counting",
                        max_length=10,
                    ),
                ),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField()),
                (
                    "outcomes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("rejected", "Rejected"),
                                ("exhausted", "Exhausted"),
                                ("cancelled", "Cancelled"),
                            ],
                            max_length=10,
                        ),
                        default=integrations.models.replay.failed_outcomes,
                        size=None,
                    ),
                ),
                ("include_delivered", models.BooleanField(default=False)),
                ("include_never_sent", models.BooleanField(default=False)),
                ("event_type", models.CharField(blank=True, default="", max_length=20)),
                ("event_name", models.TextField(blank=True, default="")),
                (
                    "delivery_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), null=True, size=None
                    ),
                ),
                (
                    "event_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), null=True, size=None
                    ),
                ),
                ("starts_itself", models.BooleanField(default=False)),
                ("asked_by", models.CharField(max_length=254)),
                ("asked_at", models.DateTimeField()),
                ("started_by", models.CharField(blank=True, default="", max_length=254)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True, default="")),
                ("failures", models.PositiveSmallIntegerField(default=0, editable=False)),
            ],
            options={
                "ordering": ["-asked_at"],
            },
        ),
        migrations.CreateModel(
            name="ReplayDestination",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("destination_id", models.UUIDField()),
                ("name", models.CharField(max_length=210)),
                ("counted_to", models.UUIDField(null=True)),
                ("is_counted", models.BooleanField(default=False)),
                ("expected", models.JSONField(default=dict)),
                ("reached", models.UUIDField(null=True)),
                ("is_finished", models.BooleanField(default=False)),
                ("tally", models.JSONField(default=dict)),
                ("page", models.PositiveSmallIntegerField(default=100)),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_event",
        ),
        migrations.AddField(
            model_name="delivery",
            name="replay_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="deliveryresult",
            name="replay_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("replay_id__isnull", False)), fields=["replay_id"], name="delivery_replay"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("event_id", "lane_id", "part"), name="delivery_once_unfinished"
            ),
        ),
        migrations.AddField(
            model_name="replay",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="replays",
                to="accounts.organization",
            ),
        ),
        migrations.AddField(
            model_name="replaydestination",
            name="replay",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="integrations.replay"
            ),
        ),
        migrations.AddIndex(
            model_name="replay",
            index=models.Index(fields=["organization", "-asked_at"], name="replay_asked"),
        ),
        migrations.AddIndex(
            model_name="replay",
            index=models.Index(
                condition=models.Q(("state__in", ["counting", "running"])),
                fields=["asked_at"],
                name="replay_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="replaydestination",
            constraint=models.UniqueConstraint(
                fields=("replay", "destination_id"), name="destination_once_per_replay"
            ),
        ),
        migrations.RunSQL(VIEW.format(replay=" replay_id,"), DROP),
    ]
