"""Drafts: what is kept, what is said to be wrong, what vendors bring."""

from __future__ import annotations

import pytest

from accounts.core.permissions import Role, permissions_of
from accounts.core.principal import Kind, Principal
from accounts.models import AuditEntry
from integrations.models import Destination, TrackingFile
from integrations.services.tracking_files.builds import build
from integrations.services.tracking_files.deployments import deploy
from integrations.services.tracking_files.drafts import draft_of, file_of, save_draft, set_cache_seconds
from integrations.services.tracking_files.resolve import BadDraft, check, offered_syncs, resolve
from integrations.services.write_keys import create_write_key, make_primary
from tests.integrations.pipelines import BY, key_of, make_pipeline
from tests.integrations.tracking_files import HOSTING_URL, make_file, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


def integration_manager(file):
    scopes = permissions_of(Role.INTEGRATION_MANAGER)
    granted = {file.pipeline.organization_id: scopes}
    return Principal(kind=Kind.USER, id="7", label="ira@shop.example", granted=granted)


def test_a_pipeline_has_one_file_that_works_for_a_test_at_once():
    pipeline = make_pipeline(kind="web")

    file = file_of(pipeline)

    assert file_of(pipeline).pk == file.pk
    endpoint = f"https://c.example/v1/pipelines/{key_of(pipeline)}/file"
    assert file.draft["settings"]["file_hosting_url"] == endpoint
    assert file.draft["settings"]["ingestion_url"] == "https://c.example"
    checked = check(file)
    assert checked.config.write_key == key_of(pipeline)
    assert "Testing only" in told(checked.problems)["/settings/file_hosting_url"]


def test_a_step_is_kept_and_the_rest_stays():
    file = make_file()

    save_draft(BY, file, {"consent": {"policy": "implied"}})

    stored = TrackingFile.objects.get().draft
    assert stored["consent"]["policy"] == "implied"
    assert stored["consent"]["sources"] == ["onetrust"]
    assert stored["settings"]["file_hosting_url"] == HOSTING_URL
    assert file.draft == stored


def test_unfinished_work_is_kept_and_what_is_wrong_is_said():
    file = make_file()

    problems = save_draft(BY, file, {"settings": {"library_name": "class", "cookie_lifetime_days": 500}})

    assert TrackingFile.objects.get().draft["settings"]["library_name"] == "class"
    assert "word of JavaScript" in told(problems)["/settings/library_name"]
    assert "400 days at most" in told(problems)["/settings/cookie_lifetime_days"]
    with pytest.raises(BadDraft):
        resolve(file)


def test_what_has_the_wrong_shape_is_refused_and_nothing_is_written():
    file = make_file()
    before = TrackingFile.objects.values().get()

    with pytest.raises(BadDraft) as refused:
        save_draft(BY, file, {"settings": {"batch_size": "many", "libary_name": "a"}})

    assert told(refused.value.problems) == {
        "/settings/batch_size": "A whole number is needed here.",
        "/settings/libary_name": "`libary_name` is not known here (did you mean `library_name`?).",
    }
    assert TrackingFile.objects.values().get() == before


def test_a_save_is_audited_member_by_member_and_only_when_something_differs():
    file = make_file()
    AuditEntry.objects.all().delete()

    save_draft(BY, file, {"settings": {"follows_spa": True}})
    save_draft(BY, file, {"settings": {"follows_spa": True}})

    entry = AuditEntry.objects.get()
    assert entry.action == "update:tracking_file"
    assert entry.changes == {"draft.settings.follows_spa": [False, True]}


def test_vendors_bring_their_syncs_and_the_click_ids_that_none_of_them_keeps():
    file = make_file("adroll", "partnerstack")

    offered = {(one.vendor, one.sync): one for one in offered_syncs(file)}

    assert list(offered) == [
        ("adroll", "first_party_cookie"),
        ("adroll", "adct"),
        ("partnerstack", "ps_xid"),
    ]
    cookie = offered["adroll", "first_party_cookie"]
    assert (cookie.method, cookie.lifetime_days, cookie.enabled) == ("generate", 365, True)
    assert cookie.categories == ("advertising",)
    syncs = {one.id: one for one in resolve(file).syncs}
    assert syncs["first_party_cookie"].cookie == "__adroll_fpc"
    assert syncs["ps_xid"].options.parameters == ("ps_xid", "ps_partner_key", "sub_ids", "sub_id")


def test_a_draft_entry_changes_a_vendors_sync_or_switches_it_off():
    file = make_file("adroll")
    entries = [
        {"vendor": "adroll", "sync": "first_party_cookie", "enabled": False},
        {"vendor": "adroll", "sync": "adct", "lifetime_days": 30, "resync": True, "timeout_ms": 500},
    ]

    save_draft(BY, file, {"syncs": {"vendor": entries}})

    (sync,) = resolve(file).syncs
    assert (sync.id, sync.lifetime_days, sync.resync, sync.timeout_ms) == ("adct", 30, True, 500)


def test_an_entry_of_a_vendor_that_is_gone_warns_and_is_left_out():
    file = make_file("adroll")
    save_draft(BY, file, {"syncs": {"vendor": [{"vendor": "adroll", "sync": "adct", "enabled": True}]}})

    Destination.objects.update(enabled=False)

    checked = check(file)
    assert checked.config.syncs == ()
    assert "it is left out" in told(checked.problems)["/syncs/vendor/0"]


def test_a_vendor_without_a_category_is_refused_until_it_has_one():
    file = make_file("adroll")
    Destination.objects.get().consent_categories.clear()

    sentence = told(check(file).problems)["/syncs/vendor"]

    assert sentence == (
        "AdRoll belongs to no consent category, so nobody can have consented to the syncs of AdRoll: choose "
        "its categories at the destination, or switch its syncs off."
    )
    save_draft(
        BY,
        file,
        {
            "syncs": {
                "vendor": [
                    {"vendor": "adroll", "sync": one, "enabled": False}
                    for one in ("adct", "first_party_cookie")
                ]
            }
        },
    )
    assert check(file).config is not None


def test_the_file_follows_the_primary_key_and_old_endpoints_still_count_as_testing():
    pipeline = make_pipeline(kind="web")
    file = file_of(pipeline)
    new = create_write_key(BY, pipeline)

    make_primary(BY, new)

    checked = check(file)
    assert checked.config.write_key == new.key
    assert "Testing only" in told(checked.problems)["/settings/file_hosting_url"]


def test_a_pipeline_of_a_server_and_one_without_a_key_get_no_file():
    server = file_of(make_pipeline(kind="server"))
    keyless = file_of(make_pipeline(kind="web"))
    keyless.pipeline.write_keys.all().delete()

    assert "pipeline of kind web" in told(check(server).problems)["/settings/kind"]
    assert "make one first" in told(check(keyless).problems)[""]


def test_cluster_location_needs_the_organizations_switch():
    file = make_file()
    file.pipeline.organization.auto_deploys = False
    file.pipeline.organization.save()

    assert "ask the staff" in told(check(file).problems)["/settings/hosting"]
    save_draft(BY, file, {"settings": {"hosting": "manual"}})
    assert check(file).config is not None


def test_manual_location_ends_what_is_live_and_takes_the_permission_to_deploy():
    file = make_file()
    deploy(BY, file, build(BY, file))

    with pytest.raises(BadDraft, match="deploy:tracking_file must choose it"):
        save_draft(integration_manager(file), file, {"settings": {"hosting": "manual"}})
    assert TrackingFile.objects.get().draft["settings"]["hosting"] == "cluster"

    save_draft(BY, file, {"settings": {"hosting": "manual"}})
    stored = TrackingFile.objects.get()
    assert (stored.live_build, stored.live_since) == (None, None)
    assert AuditEntry.objects.latest("at").changes["live_build"] == ["Build 1", None]


def test_the_cache_lifetime_is_kept_apart_from_the_draft():
    file = make_file()

    set_cache_seconds(BY, file, 60)

    assert TrackingFile.objects.get().cache_seconds == 60
    assert AuditEntry.objects.latest("at").changes == {"cache_seconds": [300, 60]}


def test_a_draft_from_before_a_member_existed_has_its_default():
    file = make_file()
    TrackingFile.objects.update(draft={"settings": {"library_name": "shop"}})
    file.refresh_from_db()

    assert draft_of(file)["settings"]["library_name"] == "shop"
    assert draft_of(file)["settings"]["batch_size"] == 20
