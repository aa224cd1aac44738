"""How a replay's deliveries ended is counted as they end."""

from django.db import migrations, models

# As integrations_countdelta: appended, folded within a second, vacuumed often.
DELTAS = """
CREATE TABLE integrations_replaydelta (
    replay_id uuid NOT NULL, destination_id uuid NOT NULL, outcome text NOT NULL, count bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
"""
# Folded with the first ones.
SO_FAR = """
INSERT INTO integrations_replaydelta
SELECT replay_id, lane_id, outcome, count(*) FROM integrations_deliveryresult
WHERE replay_id IS NOT NULL GROUP BY replay_id, lane_id, outcome;
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0023_result_indexes")]

    operations = [
        migrations.AddField("replaydestination", "delivered", models.BigIntegerField(default=0)),
        migrations.AddField("replaydestination", "failed", models.BigIntegerField(default=0)),
        migrations.AddField("replaydestination", "cancelled", models.BigIntegerField(default=0)),
        migrations.RunSQL([DELTAS, SO_FAR], "DROP TABLE integrations_replaydelta"),
    ]
