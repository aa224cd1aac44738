"""A step of a replay that ends with its worker is found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0025_filter_indexes")]

    operations = [
        migrations.AddField("replaydestination", "is_begun", models.BooleanField(default=False)),
    ]
