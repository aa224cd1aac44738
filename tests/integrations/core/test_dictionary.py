"""The semantic dictionary: every name leads to readable paths, in order."""

import pytest

from integrations.core.dictionary import MEANINGS, meaning
from integrations.core.mapping.paths import parse_steps


@pytest.mark.parametrize(
    "name", [*MEANINGS, "click_id.gclid", "cookie.__adroll_fpc", "provider.first_party_cookie"]
)
def test_every_source_is_a_path_and_has_a_label(name: str) -> None:
    found = meaning(name, "acme")

    assert found is not None
    assert found.label
    assert all(parse_steps(path.partition("?")[0].removeprefix("$"), ()) for path in found.sources)


def test_a_click_id_is_looked_for_in_storage_then_in_the_page() -> None:
    found = meaning("click_id.ps_xid", "partnerstack")

    assert found is not None
    assert found.sources[:2] == ("$properties.ps_xid", "$context.providers.partnerstack.ps_xid")
    assert found.sources[-4:] == (
        "$context.page.url?ps_xid",
        "$context.page.search?ps_xid",
        "$context.page.referrer?ps_xid",
        "$properties.url?ps_xid",
    )


@pytest.mark.parametrize("name", ["", "nothing", "click_id.", "click_id.a.b", "cookie.a b", "other.x"])
def test_unknown_names_mean_nothing(name: str) -> None:
    assert meaning(name, "acme") is None
