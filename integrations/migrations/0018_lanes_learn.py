"""Lanes keep what they learn of the other side, and attempts the mode that they were made in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0017_operation")]

    operations = [
        migrations.AddField(
            "destinationlane", "pace", models.JSONField(db_default=models.Value({}, models.JSONField()))
        ),
        migrations.AddField("destinationlane", "is_quick", models.BooleanField(null=True)),
        migrations.AddField("destinationlane", "refusals", models.SmallIntegerField(db_default=0)),
        migrations.AddField(
            "attempt",
            "mode",
            models.TextField(db_default="", help_text="live, test or sandbox, where there are modes."),
        ),
    ]
