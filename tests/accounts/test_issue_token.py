"""`manage.py issue_token`: one token on standard output, or a sentence that says what to give."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiToken, Organization


@pytest.fixture(autouse=True)
def organization(db):
    return Organization.objects.create(name="Shop", slug="shop")


def test_it_prints_the_token_and_nothing_else(capsys):
    call_command("issue_token", "shop", "--scopes", "read:pipeline,read:delivery", "read:metrics", days=90)

    token = ApiToken.objects.get()
    assert capsys.readouterr().out.startswith(f"s2s_{token.prefix}_")
    assert token.scopes == ["read:delivery", "read:metrics", "read:pipeline"]
    assert (token.expires_at - token.created_at).days in (89, 90)


@pytest.mark.parametrize("days", [0, -4])
def test_a_token_that_would_be_expired_or_never_expire_by_mistake_is_not_issued(days):
    with pytest.raises(CommandError, match="--days is 1 or more"):
        call_command("issue_token", "shop", scopes=["read:pipeline"], days=days)

    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("slug", "scopes", "sentence"),
    [
        ("stop", ["all"], "There is no organization stop. There are: shop."),
        ("shop", ["fly:moon"], "There is no permission fly:moon"),
    ],
)
def test_a_wrong_word_is_told(slug, scopes, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("issue_token", slug, scopes=scopes)

    assert not ApiToken.objects.exists()
