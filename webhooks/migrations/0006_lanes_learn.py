"""Lanes keep what they learn of the other side, and attempts the mode that they were made in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0005_notice_due")]

    operations = [
        migrations.AddField(
            "subscriptionlane", "pace", models.JSONField(db_default=models.Value({}, models.JSONField()))
        ),
        migrations.AddField("subscriptionlane", "is_quick", models.BooleanField(null=True)),
        migrations.AddField("subscriptionlane", "refusals", models.SmallIntegerField(db_default=0)),
        migrations.AddField(
            "messageattempt",
            "mode",
            models.TextField(db_default="", help_text="live, test or sandbox, where there are modes."),
        ),
    ]
