"""A replay goes on where it was when its worker is killed: every event once, none lost."""

from __future__ import annotations

from tests.system.router import Database, Router, new_user
from tests.system.running import Run, eventually
from tests.system.test_crash import LANE_LEASE_S, numbered
from tests.system.vendors import Vendors

REFUSED = 600
ASK = """
from datetime import datetime
from accounts.core.principal import system
from integrations.models import Destination
from integrations.services.replays.jobs import Asked, ask_replay
destination = Destination.objects.select_related("pipeline").get(id="{refusing}")
print(ask_replay(system("a test"), Asked(
    organization=destination.pipeline.organization,
    destinations=[destination],
    since=datetime.fromisoformat("{begun}"),
    starts_itself=True,
)).id)
"""
REFUSING = """
    SELECT DISTINCT r.lane_id
    FROM integrations_deliveryresult r JOIN integrations_event e ON e.id = r.event_id
    WHERE e.user_id = %s AND r.outcome = 'rejected'
"""
OF_THE_REPLAY = """
    SELECT count(*), count(DISTINCT event_id) FROM (
        SELECT event_id FROM integrations_delivery WHERE replay_id = %s
        UNION ALL SELECT event_id FROM integrations_deliveryresult WHERE replay_id = %s) made
"""


def test_a_replay_survives_kills_of_its_worker(
    run: Run, router: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()
    ((begun,),) = database.rows("SELECT now()")
    sandbox.fail("audiohook", "status", status=400)
    router.submit_batch(numbered(user, REFUSED, "Audiohook"))
    eventually(lambda: database.outcomes(user, "audiohook"), {"rejected": REFUSED}, within_s=90)
    sandbox.recover()
    sandbox.fail("audiohook", "slow", delay_ms=100)  # so that the replay is still at it when it is killed

    ((refusing,),) = database.rows(REFUSING, user)
    replay_id = run.orm(ASK.format(refusing=refusing, begun=begun.isoformat()))
    kills = 0
    for wanted in (1, REFUSED // 2):  # once right after its first page, once in the middle

        def queued(least: int = wanted) -> bool:
            return database.rows(OF_THE_REPLAY, replay_id, replay_id)[0][0] >= least

        eventually(queued, within_s=90)
        for process in eventually(run.worker, lambda found: len(found) > 1):
            process.kill()
        kills += 1
    sandbox.recover()

    state = "SELECT state FROM integrations_replay WHERE id = %s"
    eventually(lambda: database.rows(state, replay_id), [("done",)], within_s=LANE_LEASE_S + 60)
    everything = {"rejected": REFUSED, "delivered": REFUSED}
    eventually(lambda: database.outcomes(user, "audiohook"), everything, within_s=LANE_LEASE_S + 60)
    assert database.rows(OF_THE_REPLAY, replay_id, replay_id) == [(REFUSED, REFUSED)]
    assert database.events_delivered(user, "audiohook") == REFUSED
    assert run.output().count("worker ended by itself (killed by SIGKILL)") >= kills
