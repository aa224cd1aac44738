"""Lists of one organization's cold rows, newest first, without reading everybody's."""

from django.db import migrations

FORWARD = """
CREATE INDEX integrations_event_organization ON integrations_event (organization_id, id);
CREATE INDEX integrations_result_organization ON integrations_deliveryresult (organization_id, id);
CREATE INDEX integrations_attempt_scope ON integrations_attempt (scope_id, id);
CREATE INDEX integrations_attempt_lane ON integrations_attempt (lane_id, id);
"""
BACK = """
DROP INDEX integrations_event_organization, integrations_result_organization,
    integrations_attempt_scope, integrations_attempt_lane;
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_destination_drafts")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
