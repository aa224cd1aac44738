"""Mapping changes in the admin: typed in rows, refused beside them, previewed before they are saved."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import AuditEntry
from integrations.admin.mapping_field import documents_of, rows_of
from integrations.models import Destination, DestinationDraft, VendorRevision
from integrations.services.vendors import newest_revision
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import page_of
from tests.integrations.admin.samples import Samples
from tests.integrations.admin.test_destinations import change

PARTS = ("sent", "field", "rules", "gets", "value")
BLANK = ("", "", "[]", "reads", "")
KIND = ("", "category_key", '["Order Completed"]', "reads", "$properties.kind")
CHANGES = [{"field": "category_key", "rules": ["Order Completed"], "value": "$properties.kind"}]
TOLD = "For Order Completed, category_key gets properties.kind."


def typed(*rows: tuple[str, ...]) -> dict[str, Any]:
    columns = zip(*rows, strict=True) if rows else [()] * len(PARTS)
    names = {f"mapping_changes-{part}": column for part, column in zip(PARTS, columns, strict=True)}
    return {"mapping_changes-typed": "yes", **names}


def changes_of(samples: Samples, which: str = "Waiting") -> Any:
    return Destination.objects.get(id=samples.destinations[which].id).mapping_changes


def page(client: Client, samples: Samples) -> str:
    return client.get(page_of(Destination, samples.destinations["Waiting"].id)).content.decode()


def ask(client: Client, samples: Samples, what: str, **values: Any) -> Any:
    address = reverse(f"admin:integrations_destination_mapping_{what}")
    return client.post(f"{address}?destination={samples.destinations['Waiting'].id}", values)


# --- Rows ---
@pytest.mark.parametrize(
    "document",
    [
        {"field": "a", "value": "$properties.x"},
        {"field": "a", "value": {"from": "email"}},
        {"field": "a", "value": "web"},
        {"field": "a", "value": {"constant": "$x"}},
        {"field": "a", "value": {"template": "x {$event}"}},
        {"field": "a", "value": {"from": "email", "as": ["email", "sha256"]}},
        {"field": "a", "value": 5},
        {"field": "a", "value": False},
        {"field": "a", "rules": ["x", "y"], "new": True, "value": "$a"},
        {"field": "a", "leave_out": True},
    ],
)
def test_what_is_typed_means_what_is_stored(document: Any) -> None:
    assert documents_of(rows_of([document])) == [document]


# --- Saving ---
def test_rows_become_changes_and_the_page_tells_them(sign_in: SignIn, samples: Samples) -> None:
    publisher = sign_in(Role.DEPLOYMENT_MANAGER)

    change(publisher, samples, "Waiting", **typed(BLANK, KIND, BLANK))

    assert changes_of(samples) == CHANGES
    assert TOLD in page(publisher, samples)
    entry = AuditEntry.objects.filter(action="update:destination").latest("at")
    assert entry.changes["mapping_changes"] == ["Every field is as the vendor's file makes it.", TOLD]


def test_a_form_without_the_rows_leaves_them_as_they_are(sign_in: SignIn, samples: Samples) -> None:
    Destination.objects.filter(id=samples.destinations["Waiting"].id).update(mapping_changes=CHANGES)

    publisher = sign_in(Role.DEPLOYMENT_MANAGER)

    change(publisher, samples, "Waiting", name="Other")
    assert changes_of(samples) == CHANGES

    change(publisher, samples, "Waiting", **typed(BLANK))
    assert changes_of(samples) == []


def test_who_may_not_publish_stages_them(sign_in: SignIn, samples: Samples) -> None:
    manager = sign_in(Role.INTEGRATION_MANAGER)

    change(manager, samples, "Waiting", **typed(KIND))

    assert changes_of(samples) == []
    assert DestinationDraft.objects.get().mapping_changes == CHANGES
    assert TOLD in page(manager, samples)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("", "category_ke", "[]", "text", "x"), "did you mean `category_key`?"),
        (("", "product_key", "[]", "reads", "kind"), "The dictionary has no `kind`"),
        (("", "product_key", "[]", "made", "{from"), "This is no JSON."),
        (("", "product_key", "[]", "reads", ""), "Write what the field gets"),
        (("new", "device", "[]", "reads", "advertising_id"), "stays where the file sends it"),
    ],
)
def test_a_row_that_can_not_be_used_says_why(
    sign_in: SignIn, samples: Samples, row: tuple[str, ...], said: str
) -> None:
    publisher = sign_in(Role.DEPLOYMENT_MANAGER)
    address = page_of(Destination, samples.destinations["Waiting"].id)

    told = ask(publisher, samples, "sentence", **typed(KIND, row)).json()

    assert told["sentence"] == ""
    assert said in told["problems"]["1"][0]
    assert publisher.get(address).status_code == 200
    assert changes_of(samples) == []


# --- Trying ---
def test_the_sentences_follow_what_is_typed(sign_in: SignIn, samples: Samples) -> None:
    told = ask(sign_in(Role.DEPLOYMENT_MANAGER), samples, "sentence", **typed(BLANK, KIND)).json()

    assert told == {"sentence": TOLD, "problems": {}, "refused": []}


def test_an_example_is_previewed_before_anything_is_saved(sign_in: SignIn, samples: Samples) -> None:
    row = ("", "external_type", "[]", "text", "tried")

    answer = ask(sign_in(Role.DEPLOYMENT_MANAGER), samples, "trial", mapping_event="example:0", **typed(row))

    text = answer.content.decode()
    assert '<span class="s2s-chip s2s-chip-partial">changed for this destination</span>' in text
    assert "tried" in text
    assert changes_of(samples) == []


def test_a_preview_tells_apart_what_is_changed_added_and_not_sent(sign_in: SignIn, samples: Samples) -> None:
    rows = [
        ("new", "note", "[]", "text", "tried"),
        ("", "user_agent", "[]", "out", ""),
    ]

    answer = ask(
        sign_in(Role.DEPLOYMENT_MANAGER), samples, "trial", mapping_event="example:0", **typed(*rows)
    )

    text = answer.content.decode()
    assert '<span class="s2s-chip s2s-chip-usable">added for this destination</span>' in text
    assert "changed for this destination</span>" not in text
    apart = text.split("Changed for this destination, and not sent")[1].split("optional field")[0]
    assert "user_agent" in apart and "It is left out for this destination." in apart


def test_an_event_that_is_not_there_is_said(sign_in: SignIn, samples: Samples) -> None:
    manager = sign_in(Role.INTEGRATION_MANAGER)

    for chosen in ("example:999", "example:x", "event:none", "event:" + str(samples.event.id)):
        answer = ask(manager, samples, "trial", mapping_event=chosen, **typed(KIND))

        assert "the chosen one is not there any more" in answer.content.decode()


def test_a_draft_is_tried_with_its_own_revision_which_tells_its_secrets(
    sign_in: SignIn, samples: Samples
) -> None:
    waiting = Destination.objects.get(id=samples.destinations["Waiting"].id)
    secret, shown = waiting.vendor_revision, dict.fromkeys(waiting.secrets, "former")
    document = re.sub(r",? *secret: true", "", secret.document)
    open_ = VendorRevision.objects.create(
        slug=secret.slug, name="x", revision=99, document=document, sha256="9"
    )
    Destination.objects.filter(id=waiting.id).update(vendor_revision=open_, settings=shown, secrets={})
    DestinationDraft.objects.create(
        destination=waiting, name="x", vendor_revision=secret, mode=waiting.mode, secrets=waiting.secrets
    )
    row = ("", "external_type", "[]", "reads", "$settings.secret_key")

    text = ask(sign_in(Role.INTEGRATION_MANAGER), samples, "trial", **typed(row)).content.decode()

    assert "`secret_key` is a secret" in text
    assert waiting.secrets["secret_key"] not in text


def test_readers_try_nothing(sign_in: SignIn, samples: Samples) -> None:
    reader = sign_in(Role.READ_ONLY)

    assert ask(reader, samples, "trial", **typed(KIND)).status_code == 403
    assert ask(reader, samples, "sentence", **typed(KIND)).status_code == 403


def test_changes_are_tried_before_a_destination_is_made(sign_in: SignIn, samples: Samples) -> None:
    revision = newest_revision("audiohook")
    assert revision
    address = reverse("admin:integrations_destination_mapping_trial")
    row = ("", "event_name", "[]", "text", "tried")

    answer = sign_in(Role.DEPLOYMENT_MANAGER).post(
        f"{address}?vendor_revision={revision.id}", {"mapping_event": "example:0", **typed(row)}
    )

    assert "changed for this destination" in answer.content.decode()
