"""A breaker may only observe, and what is to be mailed stands on the lane."""

from django.db import migrations, models

KEEP_WHAT_IS_DUE = """
    UPDATE webhooks_subscriptionlane l SET notice_due_at = now()
    FROM webhooks_subscription s WHERE s.id = l.id AND s.notice_due
"""


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0007_lane_endings")]

    operations = [
        migrations.AddField("subscriptionlane", "notice_due_at", models.DateTimeField(null=True)),
        migrations.AddField("subscriptionlane", "noticed_at", models.DateTimeField(null=True)),
        migrations.RunSQL(KEEP_WHAT_IS_DUE, migrations.RunSQL.noop),
        migrations.RemoveField("subscription", "notice_due"),
        migrations.AddField(
            "subscription",
            "breaker_only_observes",
            models.BooleanField(
                "the breaker only observes",
                default=False,
                help_text="An open breaker is recorded and mailed (at most once an hour); messages go on.",
            ),
        ),
    ]
