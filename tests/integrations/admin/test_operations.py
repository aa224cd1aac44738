"""The operators' page: for staff of the installation only, it tells each state and switches it."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.core.permissions import Role
from accounts.models import User
from integrations.models import OperatorSwitch
from integrations.services import switches
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.samples import Samples

PAGE = "/admin/operations/"


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switches, "KEPT_S", 0.0)
    monkeypatch.setattr(switches, "_known", switches.Known())


def test_it_tells_each_state_and_who_lives(staff: Client, samples: Samples) -> None:
    body = staff.get(PAGE).content.decode()

    assert "Intake of events: on" in body
    assert "Sending: on" in body
    assert "No worker gave a sign for half a minute" in body
    assert "<span>Held for a person</span><b>1</b>" in body


@pytest.mark.parametrize(
    ("what", "asked", "done"),
    [
        ("sending", "Stop all sending of this installation?", 'name="do" value="stop"'),
        ("intake", "Stop the intake of this installation?", 'name="do" value="stop"'),
        ("drain", "Drain this installation?", 'name="do" value="drain"'),
    ],
)
def test_it_asks_before_everybody_is_stopped(
    staff: Client, samples: Samples, what: str, asked: str, done: str
) -> None:
    page = staff.get(PAGE).content.decode()
    body = staff.get(PAGE, {"ask": what, "reason": "An upgrade."}).content.decode()

    assert 'value="stop"' not in page and 'value="drain"' not in page.replace('name="ask" value="drain"', "")
    assert asked in body and done in body and 'value="An upgrade."' in body
    assert f'name="switch" value="{what}"' in body
    assert not OperatorSwitch.objects.exists()


def test_it_stops_and_starts_and_says_who_and_why(staff: Client, samples: Samples) -> None:
    staff.post(PAGE, {"do": "stop", "switch": "intake", "reason": "An upgrade."})

    body = staff.get(PAGE).content.decode()
    assert "Intake of events: stopped" in body
    assert "Stopped by staff@here.example on" in body
    assert "An upgrade." in body
    assert "Intake stopped" in staff.get("/admin/").content.decode()

    staff.post(PAGE, {"do": "start", "switch": "intake"})
    assert "Intake of events: on" in staff.get(PAGE).content.decode()


def test_a_drain_stops_the_intake_and_starts_sending(staff: Client, samples: Samples) -> None:
    staff.post(PAGE, {"do": "stop", "switch": "sending"})

    staff.post(PAGE, {"do": "drain"})

    assert dict(OperatorSwitch.objects.values_list("name", "is_stopped")) == {
        "intake": True,
        "sending": False,
    }


def test_what_it_does_not_know_it_does_not_do(staff: Client, samples: Samples) -> None:
    answer = staff.post(PAGE, {"do": "stop", "switch": "everything"}, follow=True)

    assert "Nothing was switched" in answer.content.decode()
    assert not OperatorSwitch.objects.exists()


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.INTEGRATION_MANAGER, Role.DEPLOYMENT_MANAGER])
def test_staff_of_another_role_than_admin_look_and_do_not_switch(samples: Samples, role: Role) -> None:
    user = User.objects.create_user("guest@here.example", is_staff=True, installation_role=role)
    client = Client()
    client.force_login(user)

    body = client.get(PAGE).content.decode()

    assert "Intake of events: on" in body
    assert "take the role Admin in the installation." in body and 'name="do"' not in body
    assert "Intake of events: on" in client.get(PAGE, {"ask": "intake"}).content.decode()
    assert client.post(PAGE, {"do": "stop", "switch": "intake"}).status_code == 403
    assert not OperatorSwitch.objects.exists()


def test_members_can_neither_see_nor_switch(sign_in: SignIn, samples: Samples) -> None:
    client = sign_in(Role.ADMIN)

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"do": "stop", "switch": "intake"}).status_code == 403
    assert PAGE not in client.get("/admin/").content.decode()
    assert not OperatorSwitch.objects.exists()


def test_strangers_are_asked_to_sign_in(samples: Samples) -> None:
    assert Client().get(PAGE).status_code == 302
