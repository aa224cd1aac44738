"""Issue, check and revoke API tokens."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.core.permissions import ALL_PERMISSIONS
from accounts.core.principal import Kind, Principal
from accounts.core.tokens import TokenText, make_token, read_token
from accounts.models import ApiToken, Member, Organization, User
from accounts.services.access import granted_to
from accounts.services.audit import Differences, record

PREFIX_LETTERS = string.ascii_lowercase + string.digits
SECRET_LETTERS = string.ascii_letters + string.digits
LAST_USED = timedelta(minutes=1)  # a token's last use is written at most this often


@transaction.atomic
def issue_token(
    by: Principal,
    organization: Organization,
    *,
    name: str,
    scopes: Collection[str],
    user: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its text, which is shown this once. Its maker can't give more than they have: no scope,
    no longer time, and nobody else's name.
    """
    _check_scopes(by, organization, scopes)
    _check_end(by, expires_at)
    if user is not None:
        _check_owner(by, organization, user)
    text = make_token(_random(PREFIX_LETTERS, 8), _random(SECRET_LETTERS, 32))
    token = ApiToken.objects.create(
        organization=organization,
        user=user,
        name=name,
        prefix=text.prefix,
        digest=text.digest,
        scopes=sorted(set(scopes)),
        created_by=by.label,
        expires_at=expires_at,
    )
    record(by, "create:token", token, organization_id=organization.id, differences=_made(token))
    return token, text.whole


@transaction.atomic
def revoke_token(by: Principal, token: ApiToken) -> None:
    """It is refused from this transaction's commit on."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record(by, "revoke:token", token, organization_id=token.organization_id)


def principal_of_token(text: str, *, address: str = "") -> Principal | None:
    """Who a bearer token stands for; None for one that is malformed, unknown, revoked or expired."""
    given = read_token(text)
    token = _valid_token(given) if given else None
    if token is None:
        return None
    _note_use(token)
    return Principal(
        kind=Kind.TOKEN,
        id=str(token.pk),
        label=_label(token),
        granted={token.organization_id: _granted(token)},
        address=address,
        person=str(token.user_id or ""),
        ends_at=token.expires_at,
    )


def email_of(by: Principal) -> str:
    """Whose doing it is, as an e-mail address; for an organization's token, who made the token."""
    token = (
        ApiToken.objects.filter(pk=by.id).select_related("user").first() if by.kind is Kind.TOKEN else None
    )
    if token is None:
        return by.label
    return token.user.email if token.user else token.created_by


def _valid_token(given: TokenText) -> ApiToken | None:
    not_expired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    tokens = ApiToken.objects.select_related("user").filter(not_expired, prefix=given.prefix, revoked_at=None)
    token = tokens.first()
    return token if token is not None and given.matches(bytes(token.digest)) else None


def _granted(token: ApiToken) -> frozenset[str]:
    """A personal token is never more than its user is at this moment."""
    scopes = frozenset(token.scopes)
    if token.user is None:
        return scopes
    if not token.user.is_active:
        return frozenset()
    members = Member.objects.filter(user=token.user, organization_id=token.organization_id)
    return scopes & granted_to(members).get(token.organization_id, frozenset())


def _label(token: ApiToken) -> str:
    """The token's owner is who did it; an organization's token stands for itself."""
    return token.user.email if token.user else f"token {token.name} ({token.prefix})"


def _check_scopes(by: Principal, organization: Organization, scopes: Collection[str]) -> None:
    unknown = sorted(set(scopes) - ALL_PERMISSIONS)
    if unknown:
        raise ValidationError(
            {"scopes": f"There is no permission {', '.join(unknown)}. GET /api/v1/permissions lists them."}
        )
    if not scopes:
        raise ValidationError({"scopes": "A token without scopes can do nothing: choose at least one."})
    beyond = sorted(scope for scope in scopes if not by.may(scope, organization.id))
    if beyond:
        raise ValidationError({"scopes": f"You can't give what you don't have: {', '.join(beyond)}."})


def _check_end(by: Principal, expires_at: datetime | None) -> None:
    """Who stole a token that ends soon must not make one of it that does not."""
    if by.ends_at is not None and (expires_at is None or expires_at > by.ends_at):
        raise ValidationError(
            {"expires_at": f"The token that asks ends at {by.ends_at.isoformat()}: give no later time."}
        )


def _check_owner(by: Principal, organization: Organization, user: User) -> None:
    if by.kind is not Kind.SYSTEM and by.person != str(user.pk):
        raise ValidationError({"personal": "A personal token is made by its own user."})
    if not Member.objects.filter(user=user, organization=organization).exists():
        raise ValidationError({"personal": f"{user} is no member of {organization}."})


def _made(token: ApiToken) -> Differences:
    told = {"scopes": token.scopes, "user": token.user and token.user.email, "expires_at": token.expires_at}
    return {name: (None, value) for name, value in told.items() if value is not None}


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED)
    if token.last_used_at is None or token.last_used_at < now - LAST_USED:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
