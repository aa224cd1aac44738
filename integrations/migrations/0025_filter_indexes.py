"""Indexes for the filters of the log lists that read everybody's rows without one.

Not in one transaction: each statement locks for itself, and a migration that was broken off is run again.
"""

from django.db import migrations

from delivery.partitions import add_index

# Most events are tracked ones: they are found soon without an index, and pay nothing for the rare types.
INDEXES = {
    "integrations_event_type": ("integrations_event", "(type, id) WHERE type <> 'track'"),
    "integrations_result_pipeline": ("integrations_deliveryresult", "(pipeline_id, id)"),
}


def add(apps, schema_editor):
    for name, (table, definition) in INDEXES.items():
        add_index(table, name, definition)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0024_replay_counts")]

    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
        migrations.RunSQL(migrations.RunSQL.noop, f"DROP INDEX IF EXISTS {', '.join(INDEXES)}"),
    ]
