"""A hot lane may have a second worker."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0026_replay_begun")]

    operations = [
        migrations.AddField("destinationlane", "help", models.TextField(db_default="")),
        migrations.AddField("destinationlane", "helper", models.UUIDField(null=True)),
        migrations.AddField("destinationlane", "helper_until", models.DateTimeField(null=True)),
    ]
