"""Which events a destination gets; its draft has one too."""

from django.db import migrations

from integrations.models.filter_field import FilterField


class Migration(migrations.Migration):
    dependencies = [("integrations", "0013_frozen_builds")]
    operations = [
        migrations.AddField(
            model_name="destination",
            name="filter",
            field=FilterField(),
        ),
        migrations.AddField(
            model_name="destinationdraft",
            name="filter",
            field=FilterField(),
        ),
    ]
