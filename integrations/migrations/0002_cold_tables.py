"""What Django's schema editor can't say: partitioned cold tables, the view over deliveries, duplicate keys."""

from datetime import UTC, datetime

from django.db import migrations

from delivery.partitions import days_around, make_partitions

COLD = ("integrations_event", "integrations_deliveryresult", "integrations_attempt")

EVENT = """
CREATE TABLE integrations_event (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    pipeline_id uuid NOT NULL,
    write_key_id uuid NOT NULL,
    type text NOT NULL,
    name text NOT NULL,
    message_id text NOT NULL,
    user_id text NOT NULL,
    anonymous_id text NOT NULL,
    received_at timestamptz NOT NULL,
    plan_version bigint NOT NULL,
    planned smallint NOT NULL,
    skips jsonb NOT NULL,
    payload json NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX integrations_event_message ON integrations_event (message_id);
CREATE INDEX integrations_event_pipeline ON integrations_event (pipeline_id, id);
"""

RESULT = """
CREATE TABLE integrations_deliveryresult (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    pipeline_id uuid NOT NULL,
    lane_id uuid NOT NULL,
    event_id uuid NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    attempts smallint NOT NULL,
    attempt_ids uuid[] NOT NULL,
    ended_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX integrations_result_event ON integrations_deliveryresult (event_id);
CREATE INDEX integrations_result_lane ON integrations_deliveryresult (lane_id, id);
CREATE INDEX integrations_result_outcome ON integrations_deliveryresult (outcome, id)
    WHERE outcome <> 'delivered';
"""

ATTEMPT = """
CREATE TABLE integrations_attempt (
    id uuid PRIMARY KEY,
    lane_id uuid NOT NULL,
    scope_id uuid NOT NULL,
    delivery_ids uuid[] NOT NULL,
    operation text NOT NULL,
    started_at timestamptz NOT NULL,
    method text NOT NULL,
    url text NOT NULL,
    request_headers jsonb NOT NULL,
    request_body text NOT NULL,
    status smallint,
    response_headers jsonb NOT NULL,
    response_body text NOT NULL,
    verdict text NOT NULL,
    reason text NOT NULL,
    dns_ms float8,
    connect_ms float8,
    tls_ms float8,
    first_byte_ms float8,
    total_ms float8 NOT NULL
) PARTITION BY RANGE (id);
"""

# A queue is rewritten all day: leave room in its pages and vacuum early.
QUEUE = """
ALTER TABLE integrations_delivery SET (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE integrations_destinationlane SET (fillfactor = 50, autovacuum_vacuum_threshold = 200);
"""

RECORD = """
CREATE VIEW integrations_deliveryrecord AS
SELECT id, organization_id, pipeline_id, lane_id AS destination_id, event_id,
       CASE WHEN held_at IS NOT NULL THEN 'held'
            WHEN claim_id IS NOT NULL THEN 'sending'
            WHEN attempts > 0 OR attempt_ids <> '{}' THEN 'retrying'
            ELSE 'waiting' END AS outcome,
       reason, attempts, attempt_ids,
       CASE WHEN held_at IS NULL THEN due_at END AS due_at,
       NULL::timestamptz AS ended_at
FROM integrations_delivery
UNION ALL
SELECT id, organization_id, pipeline_id, lane_id, event_id, outcome, reason, attempts, attempt_ids,
       NULL::timestamptz, ended_at
FROM integrations_deliveryresult;
"""

# Three tables by day modulo three: today's, yesterday's, and one that is empty or being emptied.
MESSAGE_KEYS = "".join(
    f"CREATE TABLE integrations_messagekey_{i} (key bytea PRIMARY KEY);\n" for i in range(3)
)

BACK = """
DROP VIEW integrations_deliveryrecord;
DROP TABLE integrations_event, integrations_deliveryresult, integrations_attempt;
DROP TABLE integrations_messagekey_0, integrations_messagekey_1, integrations_messagekey_2;
"""


def first_partitions(apps, schema_editor):
    """Days enough for events to be taken at once; the beat task makes the rest."""
    for table in COLD:
        make_partitions(table, days_around(datetime.now(UTC).date(), ahead=7))


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]

    operations = [
        migrations.RunSQL([EVENT, RESULT, ATTEMPT, QUEUE, RECORD, MESSAGE_KEYS], BACK),
        migrations.RunPython(first_partitions, migrations.RunPython.noop),
    ]
