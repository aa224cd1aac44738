"""A lane may be marked: what waits in it is being cancelled."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0020_replay_turns")]

    operations = [
        migrations.AddField("destinationlane", "ends_before", models.UUIDField(null=True)),
        migrations.AddField("destinationlane", "ends_reason", models.TextField(db_default="")),
    ]
