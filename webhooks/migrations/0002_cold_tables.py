"""What Django's schema editor can't say: partitioned cold tables, the view over deliveries."""

from datetime import UTC, datetime

from django.db import migrations

from delivery.partitions import days_around, make_partitions

COLD = ("webhooks_message", "webhooks_messagedeliveryresult", "webhooks_messageattempt")

MESSAGE = """
CREATE TABLE webhooks_message (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    event_type text NOT NULL,
    made_at timestamptz NOT NULL,
    body bytea NOT NULL
) PARTITION BY RANGE (id);
"""

RESULT = """
CREATE TABLE webhooks_messagedeliveryresult (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    lane_id uuid NOT NULL,
    message_id uuid NOT NULL,
    event_type text NOT NULL,
    origin text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    attempts smallint NOT NULL,
    attempt_ids uuid[] NOT NULL,
    ended_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX webhooks_result_message ON webhooks_messagedeliveryresult (message_id);
CREATE INDEX webhooks_result_organization ON webhooks_messagedeliveryresult (organization_id, id);
CREATE INDEX webhooks_result_failed ON webhooks_messagedeliveryresult (lane_id, id)
    WHERE outcome IN ('exhausted', 'rejected');
"""

ATTEMPT = """
CREATE TABLE webhooks_messageattempt (
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
ALTER TABLE webhooks_messagedelivery SET (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE webhooks_subscriptionlane SET (fillfactor = 50, autovacuum_vacuum_threshold = 200);
"""

RECORD = """
CREATE VIEW webhooks_messagedeliveryrecord AS
SELECT id, organization_id, lane_id AS subscription_id, message_id, event_type, origin,
       CASE WHEN held_at IS NOT NULL THEN 'held'
            WHEN claim_id IS NOT NULL THEN 'sending'
            WHEN attempts > 0 OR attempt_ids <> '{}' THEN 'retrying'
            ELSE 'waiting' END AS outcome,
       reason, attempts, attempt_ids,
       CASE WHEN held_at IS NULL THEN due_at END AS due_at,
       NULL::timestamptz AS ended_at
FROM webhooks_messagedelivery
UNION ALL
SELECT id, organization_id, lane_id, message_id, event_type, origin, outcome, reason, attempts, attempt_ids,
       NULL::timestamptz, ended_at
FROM webhooks_messagedeliveryresult;
"""

BACK = """
DROP VIEW webhooks_messagedeliveryrecord;
DROP TABLE webhooks_message, webhooks_messagedeliveryresult, webhooks_messageattempt;
"""


def first_partitions(apps, schema_editor):
    """Days enough for messages to be written at once; the beat task makes the rest."""
    for table in COLD:
        make_partitions(table, days_around(datetime.now(UTC).date(), ahead=7))


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [
        migrations.RunSQL([MESSAGE, RESULT, ATTEMPT, QUEUE, RECORD], BACK),
        migrations.RunPython(first_partitions, migrations.RunPython.noop),
    ]
