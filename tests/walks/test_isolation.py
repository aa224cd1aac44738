"""A walk over every model, admin page and operation of the API: nothing of one organization is seen or
changed by anybody of another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.core.permissions import Role
from accounts.models import IdempotencyKey, Organization, User
from integrations import models as rows
from tests.integrations.admin.samples import make_user
from tests.walks.operations import SUBJECTS, every_operation, new_row
from tests.walks.world import (
    APPS,
    ROWS,
    SCOPES,
    World,
    counts,
    every_model,
    given_away,
    token_text,
)
from webhooks import models as messages

# What no walk covers, with the reason.
NO_ADMIN_PAGE = {
    IdempotencyKey: "It only answers the repetition of the same token's own request.",
    rows.AccessToken: "It is only sent to the vendor that gave it.",
    rows.Delivery: "DeliveryRecord, the view over both tables, is its page.",
    rows.DeliveryResult: "DeliveryRecord, the view over both tables, is its page.",
    rows.DestinationDraft: "It is shown on its destination's page.",
    rows.HourlyCount: "It is summed up on the dashboard.",
    rows.DestinationLane: "It is shown on its destination's page.",
    rows.ReplayDestination: "It is shown on its replay's page.",
    rows.BreakerMoment: "It is shown on its destination's and its deliveries' pages.",
    messages.SubscriptionLane: "It is shown on its webhook's page.",
    messages.Message: "It is shown on its deliveries' pages.",
    messages.MessageDelivery: "MessageDeliveryRecord, the view over both tables, is its page.",
    messages.MessageDeliveryResult: "MessageDeliveryRecord, the view over both tables, is its page.",
    messages.MessageAttempt: "It is shown on its delivery's page.",
}
NO_ROUTE = {
    IdempotencyKey: "It only answers the repetition of the same token's own request.",
    User: "Users are seen as members.",
    rows.AccessToken: "It is only sent to the vendor that gave it.",
    rows.Delivery: "DeliveryRecord, the view over both tables, is its route.",
    rows.DeliveryResult: "DeliveryRecord, the view over both tables, is its route.",
    rows.DestinationDraft: "It is a member of its destination.",
    rows.HourlyCount: "It is summed up by metrics/hourly.",
    rows.DestinationLane: "It is the state of its destination.",
    rows.ReplayDestination: "It is a member of its replay.",
    rows.BreakerMoment: "It is told on the admin's pages only.",
    messages.SubscriptionLane: "It is the state of its webhook.",
    messages.Message: "It is the payload of its deliveries.",
    messages.MessageDelivery: "MessageDeliveryRecord, the view over both tables, is its route.",
    messages.MessageDeliveryResult: "MessageDeliveryRecord, the view over both tables, is its route.",
    messages.MessageAttempt: "It is a member of its delivery.",
    rows.FileBuild: "It is under its tracking file.",
    rows.FileDeployment: "It is under its tracking file.",
}
WITHOUT_ROWS = {
    "me": "It tells who asks, and asks for no row.",
    "permissions": "It is the same for everybody.",
    "egress-addresses": "They are the installation's.",
    "webhook-event-types": "They are the same for everybody.",
    "metrics": "It counts rows and names pipelines, and is asked by its parameters.",
}
EMPTY_FOR_A_STRANGER = {
    "vendors_revisions_list": "A list under a vendor that the stranger can't see is empty.",
}
SITE_PAGES = {
    "index": [()],
    "app_list": [(app,) for app in APPS],
    "search": [()],
    "jsi18n": [()],
    "password_change": [()],
    "password_change_done": [()],
    "autocomplete": [()],
    "view_on_site": [(1, 1)],
}
NOT_ASKED = {
    "login": "It leads to the sign-in page, and reads no row.",
    "logout": "It ends the walk.",
}
CATCH_ALL = r"(?P<url>.*)$"  # AdminSite.catch_all_view: adds a slash, or 404


class Walker:
    """Somebody of `theirs` who asks, and remembers nothing but what gives `ours` away."""

    def __init__(self, world: World, client: Client) -> None:
        self.world, self.client = world, client
        self.needles = world.needles()
        self.leaks: list[str] = []

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer of a JSON request."""
        raw = b"" if body is None else json.dumps(body).encode()
        answer = self.client.generic(
            method, path, raw, content_type="application/json", query_params=query or None
        )
        return self._looked_at(answer, f"{method} {path} {query} {raw.decode()}")

    def open(self, path: str, **query: Any) -> Any:
        """A page."""
        return self._looked_at(self.client.get(path, query), f"GET {path} {query}")

    def submit(self, path: str, **values: Any) -> Any:
        """A form."""
        return self._looked_at(self.client.post(path, values), f"POST {path} {values}")

    def _looked_at(self, answer: Any, asked: str) -> Any:
        told = answer.getvalue() if answer.streaming else answer.content
        text = told.decode() + " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        found = given_away(self.needles, text, asked=asked)
        if found:
            self.leaks.append(f"{asked} -> {answer.status_code}: {sorted(found)}")
        return answer


Enter = Callable[[Client, World], None]


def by_session(role: Role, *, can_read_events: bool = False) -> Enter:
    def enter(client: Client, world: World) -> None:
        place = world.theirs.organization
        user = make_user("stranger@theirs.example", place, role, can_read_events=can_read_events)
        client.force_login(user)

    return enter


def by_token(scopes: frozenset[str]) -> Enter:
    def enter(client: Client, world: World) -> None:
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token_text(world.theirs, scopes)}"

    return enter


SESSIONS = {str(role): by_session(role) for role in Role} | {
    "read_only with read:events": by_session(Role.READ_ONLY, can_read_events=True)
}
TOKENS = {f"token of {name}": by_token(scopes) for name, scopes in SCOPES.items()}


def walker(world: World, enter: Enter) -> Walker:
    client = Client()
    enter(client, world)
    return Walker(world, client)


def each(world: World, enters: Mapping[str, Enter]) -> Iterator[Walker]:
    """One stranger after the other; each finds what was there before the one before."""
    for enter in enters.values():
        with transaction.atomic():
            yield walker(world, enter)
            transaction.set_rollback(True)


def registered() -> dict[Any, Any]:
    return dict(admin.site._registry)


# --- What the walk covers --------------------------------------------------------------------------


def test_every_model_is_walked() -> None:
    assert every_model() == set(ROWS), "Say in ROWS which rows of the new model are an organization's."


def test_every_model_has_a_row_to_look_for(world: World) -> None:
    for place in (world.ours.organization, world.theirs.organization):
        empty = [model.__name__ for model, rows_of in ROWS.items() if not rows_of(place).exists()]
        assert empty == [], "Give the world a row of it."


def test_every_model_has_an_admin_page_or_a_reason() -> None:
    assert set(registered()) | set(NO_ADMIN_PAGE) == every_model()
    assert not set(registered()) & set(NO_ADMIN_PAGE)


def test_every_model_has_a_route_or_a_reason() -> None:
    assert set(SUBJECTS.values()) | set(NO_ROUTE) == every_model()
    assert not set(SUBJECTS.values()) & set(NO_ROUTE)


def test_every_operation_is_of_a_known_resource() -> None:
    resources = {operation.resource for operation in every_operation()}

    assert resources == set(SUBJECTS) | set(WITHOUT_ROWS)


def test_every_page_of_the_admin_is_walked() -> None:
    named = {one.name for one in admin.site.get_urls() if isinstance(one, URLPattern) and one.name}
    unnamed = [
        str(one.pattern) for one in admin.site.get_urls() if isinstance(one, URLPattern) and not one.name
    ]

    assert named == set(SITE_PAGES) | set(NOT_ASKED)
    assert unnamed == [CATCH_ALL]


def test_a_leak_would_be_seen(world: World) -> None:
    """The walk can fail: a member of `ours` sees what it looks for."""
    client = Client()
    client.force_login(world.member.user)
    own = Walker(world, client)

    own.open(reverse("admin:integrations_destination_changelist"))
    own.ask("GET", "/api/v1/write-keys")
    own.ask("GET", "/api/v1/events")

    assert len(own.leaks) == 3
    assert world.ours.key.key.lower() in own.leaks[1]


# --- The API -------------------------------------------------------------------------------------


@pytest.mark.parametrize("enters", [SESSIONS, TOKENS], ids=["sessions", "tokens"])
def test_a_stranger_finds_and_changes_nothing_by_the_api(world: World, enters: Mapping[str, Enter]) -> None:
    before = world.state()
    for stranger in each(world, enters):
        number = counts()

        wrong = [told for operation in every_operation() for told in _asked(stranger, world, operation)]

        assert wrong == []
        assert stranger.leaks == []
        assert world.state() == before
        assert counts() == number


def _asked(stranger: Walker, world: World, operation: Any) -> Iterator[str]:
    """What is wrong with the answers of one operation when rows of `ours` are named in it."""
    if operation.is_of_a_row:
        path = operation.on(world.row(SUBJECTS[operation.resource]))
        if operation.resource == "vendors":
            path = operation.on(world.revision)
        status = stranger.ask(operation.method, path, operation.body(world.ours)).status_code
        allowed = {200} if operation.id in EMPTY_FOR_A_STRANGER else {403, 404}
    elif operation.writes:
        body = new_row(operation.resource, world.ours)
        status, allowed = stranger.ask(operation.method, operation.path, body).status_code, {400, 403}
    else:
        status, allowed = stranger.ask("GET", operation.path).status_code, {200, 403}
        _filter(stranger, world, operation)
    if status not in allowed:
        yield f"{operation.method} {operation.path}: {status}"


def _filter(stranger: Walker, world: World, operation: Any) -> None:
    """Ask for `ours` by each parameter of a list."""
    ours = world.ours
    known = {
        "webhook": world.row(messages.Subscription).id,
        "message": world.row(messages.MessageDeliveryRecord).message_id,
        "organization": ours.organization.id,
        "pipeline": ours.pipeline.id,
        "cluster": ours.cluster.id,
        "destination": ours.destinations["Waiting"].id,
        "event": ours.event.id,
        "delivery": ours.deliveries["Held"],
        "message_id": ours.event.message_id,
        "email": world.member.user.email,
    }
    for name in operation.queries:
        answer = stranger.ask("GET", operation.path, **{name: str(known.get(name, "shop"))})
        assert answer.status_code in {200, 400, 403}, (operation.path, name)


# --- The admin -----------------------------------------------------------------------------------


def addresses(world: World, model: Any) -> Iterator[str]:
    """Every address of a model's admin, on the row of `ours` where it is of a row."""
    row = world.row(model)
    for pattern in registered()[model].get_urls():
        if pattern.name is None:
            assert str(pattern.pattern) == "<path:object_id>/", "Walk the new page."
            yield f"{reverse(_name(model, 'changelist'))}{row.pk}/"
            continue
        takes = list(pattern.pattern.converters) + list(pattern.pattern.regex.groupindex)
        assert len(set(takes)) <= 1, f"{pattern.name} takes {takes}: walk it."
        yield reverse(f"admin:{pattern.name}", args=[row.pk] if takes else [])


def _name(model: Any, page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def test_a_stranger_finds_nothing_in_the_admin(world: World) -> None:
    before = world.state()
    for stranger in each(world, SESSIONS):
        number = counts()

        wrong = [told for model in registered() for told in _opened(stranger, world, model)]

        assert wrong == []
        assert stranger.leaks == []
        assert world.state() == before
        assert counts() == number


def _opened(stranger: Walker, world: World, model: Any) -> Iterator[str]:
    own_id = str(world.row(model).pk)
    for address in addresses(world, model):
        is_of_a_row = f"/{own_id}/" in address
        submitted = {"_form_submitted": "on", "post": "yes", "_selected_action": own_id, "action": ""}
        for answer in (stranger.open(address), stranger.submit(address, **submitted)):
            allowed = {302, 403, 404, 405} if is_of_a_row else {200, 302, 403, 404, 405}
            moved = address.endswith(f"/{own_id}/")  # Django leads to .../change/, which is asked by itself
            if answer.status_code not in allowed or (is_of_a_row and answer.status_code == 302 and not moved):
                yield f"{answer.request['REQUEST_METHOD']} {address}: {answer.status_code}"


def test_a_stranger_finds_nothing_on_the_pages_of_the_site(world: World) -> None:
    for stranger in each(world, SESSIONS):
        for name, every in SITE_PAGES.items():
            for arguments in every:
                stranger.open(reverse(f"admin:{name}", args=arguments), s="shop")
        for field in [field for model in registered() for field in model._meta.fields]:
            model = field.model._meta
            named = {"app_label": model.app_label, "model_name": model.model_name, "field_name": field.name}
            stranger.open(reverse("admin:autocomplete"), **named)

        assert stranger.leaks == []


def test_a_stranger_finds_nothing_by_search_or_filter(world: World) -> None:
    stranger = walker(world, by_session(Role.ADMIN))
    ours = world.ours
    ids = [ours.organization.id, ours.pipeline.id, ours.cluster.id, ours.destinations["Held"].id]

    for model in registered():
        address = reverse(_name(model, "changelist"))
        page = stranger.open(address, q="shop").content.decode()
        stranger.open(address, q="member@")
        for name in sorted(set(re.findall(r'name="([a-z_]+)"', page)) - {"q", "action"}):
            for id_ in ids:
                stranger.open(address, **{name: id_})

    assert stranger.leaks == []


def test_a_stranger_makes_nothing_in_our_organization(world: World) -> None:
    """Every form for a new row, with a row of `ours` chosen wherever a row can be chosen."""
    stranger = walker(world, by_session(Role.ADMIN))
    before = world.state()

    for model in registered():
        for address in (reverse(_name(model, "add")), *_forms(model)):
            page = stranger.open(address).content.decode()
            names = sorted(set(re.findall(r'name="([\w-]+)"', page)) - {"csrfmiddlewaretoken"})
            stranger.submit(address, **{name: _foreign(world, name) for name in names})

    assert world.state() == before
    assert stranger.leaks == []


def _forms(model: Any) -> list[str]:
    return [reverse("admin:accounts_invitation_add")] if model.__name__ == "Member" else []


def _foreign(world: World, name: str) -> Any:
    by_name = {
        "organization": Organization,
        "user": User,
        "cluster": rows.Cluster,
        "pipeline": rows.Pipeline,
        "consent_categories": rows.ConsentCategory,
        "vendor_revision": rows.VendorRevision,
    }
    if name in by_name:
        return str(world.row(by_name[name]).pk)
    return {"email": "new@new.example", "base_url": "https://new.example", "role": "admin"}.get(name, "new")
