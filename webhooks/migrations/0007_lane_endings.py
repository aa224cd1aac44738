"""A lane may be marked: what waits in it is being cancelled."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0006_lanes_learn")]

    operations = [
        migrations.AddField("subscriptionlane", "ends_before", models.UUIDField(null=True)),
        migrations.AddField("subscriptionlane", "ends_reason", models.TextField(db_default="")),
    ]
