"""Indexes of the results for replays, built while results are written.

Not in one transaction: each statement locks for itself, and a migration that was broken off is run again.
"""

from django.db import migrations

from delivery.partitions import add_index

RESULTS = "integrations_deliveryresult"
# What failed is a small part of all: a replay of it reads no row that was delivered. The other two hold
# replays' deliveries only, so ordinary ones pay nothing for them.
INDEXES = {
    "integrations_result_failed": "(lane_id, id) WHERE outcome <> 'delivered'",
    "integrations_result_replay": "(replay_id, id) WHERE replay_id IS NOT NULL",
    "integrations_result_replayed": "(event_id) WHERE replay_id IS NOT NULL",
}


def add(apps, schema_editor):
    for name, definition in INDEXES.items():
        add_index(RESULTS, name, definition)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0022_mapping_changes")]

    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
        migrations.RunSQL(migrations.RunSQL.noop, f"DROP INDEX IF EXISTS {', '.join(INDEXES)}"),
    ]
