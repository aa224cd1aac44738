"""A user who is switched off has no sessions any more, whatever comes later."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_retention")]

    operations = [
        migrations.AddField(
            "user", "sessions_ended_at", models.DateTimeField(blank=True, editable=False, null=True)
        ),
    ]
