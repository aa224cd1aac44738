"""A delivery may be one part of an event; the view over deliveries shows which."""

from django.db import migrations, models

VIEW = """
CREATE VIEW integrations_deliveryrecord AS
SELECT id, organization_id, pipeline_id, lane_id AS destination_id, event_id,{part}
       CASE WHEN held_at IS NOT NULL THEN 'held'
            WHEN claim_id IS NOT NULL THEN 'sending'
            WHEN attempts > 0 OR attempt_ids <> '{{}}' THEN 'retrying'
            ELSE 'waiting' END AS outcome,
       reason, attempts, attempt_ids,
       CASE WHEN held_at IS NULL THEN due_at END AS due_at,
       NULL::timestamptz AS ended_at
FROM integrations_delivery
UNION ALL
SELECT id, organization_id, pipeline_id, lane_id, event_id,{part} outcome, reason, attempts, attempt_ids,
       NULL::timestamptz, ended_at
FROM integrations_deliveryresult;
"""
DROP = "DROP VIEW integrations_deliveryrecord;"


class Migration(migrations.Migration):
    dependencies = [("integrations", "0010_access_tokens_and_halving")]

    operations = [
        migrations.RunSQL(DROP, VIEW.format(part="")),
        migrations.AddField("delivery", "part", models.SmallIntegerField(db_default=0)),
        migrations.AddField("deliveryresult", "part", models.SmallIntegerField(db_default=0)),
        migrations.RunSQL(VIEW.format(part=" part,"), DROP),
    ]
