"""What a destination has otherwise than its vendor's file; its draft has one too."""

from django.db import migrations

from integrations.models.mapping_changes_field import MappingChangesField


class Migration(migrations.Migration):
    dependencies = [("integrations", "0021_lane_endings")]
    operations = [
        migrations.AddField(
            model_name="destination",
            name="mapping_changes",
            field=MappingChangesField(),
        ),
        migrations.AddField(
            model_name="destinationdraft",
            name="mapping_changes",
            field=MappingChangesField(),
        ),
    ]
