"""A hot lane may have a second worker."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0008_notices")]

    operations = [
        migrations.AddField("subscriptionlane", "help", models.TextField(db_default="")),
        migrations.AddField("subscriptionlane", "helper", models.UUIDField(null=True)),
        migrations.AddField("subscriptionlane", "helper_until", models.DateTimeField(null=True)),
    ]
