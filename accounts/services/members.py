"""Members of an organization: invite, join, change, remove. The last Admin stays."""

from __future__ import annotations

import secrets
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.core.link_secrets import link_digest
from accounts.core.permissions import Role
from accounts.core.principal import Principal
from accounts.models import Invitation, Member, Organization, User
from accounts.services.access import principal_of
from accounts.services.audit import differences, record, snapshot
from accounts.services.tokens import revoke_token

LINK_VALID = timedelta(days=7)
CLOSED = (
    "This invitation was used, replaced or withdrawn, or its 7 days are over. Ask an Admin for a new one."
)


@transaction.atomic
def invite(by: Principal, organization: Organization, *, email: str, role: Role) -> tuple[Invitation, str]:
    """A place in the organization, and its link to hand over; empty when the link went by mail alone.

    An earlier invitation of the same address stops working. ValidationError for a member, and when the mail
    server refuses.
    """
    email = email.strip().lower()
    validate_email(email)
    if Member.objects.filter(organization=organization, user__email__iexact=email).exists():
        raise ValidationError({"email": "This person is a member of the organization already."})
    token = secrets.token_urlsafe(32)
    open_invitations().filter(organization=organization, email__iexact=email).delete()
    invitation = Invitation.objects.create(
        organization=organization,
        email=email,
        role=role,
        digest=link_digest(token),
        invited_by=by.label[:254],
        expires_at=timezone.now() + LINK_VALID,
    )
    made = {"role": (None, invitation.role)}
    record(by, "create:invitation", invitation, organization_id=organization.pk, differences=made)
    link = settings.PUBLIC_URL.rstrip("/") + reverse("join", args=[token])
    _mail(invitation, link)
    return invitation, "" if settings.MAIL_IS_DELIVERED else link


@transaction.atomic
def withdraw(by: Principal, invitation: Invitation) -> None:
    """The link stops working; an accepted invitation stays as it is."""
    deleted, _ = open_invitations().filter(pk=invitation.pk).delete()
    if deleted:
        record(by, "delete:invitation", organization_id=invitation.organization_id, label=str(invitation))


def open_invitations() -> QuerySet[Invitation]:
    """Those that can be accepted now."""
    return Invitation.objects.select_related("organization").filter(
        accepted_at=None, expires_at__gt=timezone.now()
    )


def find_invitation(token: str) -> Invitation | None:
    """The open invitation behind a link."""
    return open_invitations().filter(digest=link_digest(token)).first()


@transaction.atomic
def accept(by: Principal, token: str, user: User) -> Member:
    """The user joins. ValidationError for a closed invitation, one of another address, and for a member."""
    return _join(by, _held_invitation(token), user)


@transaction.atomic
def accept_as_new_user(token: str, *, password: str, address: str = "") -> Member:
    """A new user with this password joins. ValidationError also when the address has a user already."""
    invitation = _held_invitation(token)
    if User.objects.filter(email__iexact=invitation.email).exists():
        raise ValidationError(f"{invitation.email} has an account: sign in to it, then join.")
    try:
        validate_password(password, User(email=invitation.email))
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from None
    user = User.objects.create_user(invitation.email, password, is_staff=True)
    return accept(principal_of(user, address=address), token, user)


@transaction.atomic
def accept_all(by: Principal, user: User) -> list[Member]:
    """The user joins wherever their address is invited: for those whose address somebody else has proven."""
    invitations = open_invitations().select_for_update(of=("self",)).filter(email__iexact=user.email)
    return [_join(by, invitation, user) for invitation in invitations]


@transaction.atomic
def change_role(by: Principal, member: Member, role: Role) -> Member:
    """ValidationError when it would take the organization its last Admin."""
    current = _locked(member)
    if role != Role.ADMIN:
        _refuse_without(current, "demoted")
    current.role = role
    return _save(by, current)


@transaction.atomic
def grant_event_reading(by: Principal, member: Member, granted: bool) -> Member:
    """Give or take the `read:events` grant: contents of events, personal data in clear."""
    current = _locked(member)
    current.can_read_events = granted
    return _save(by, current)


@transaction.atomic
def remove(by: Principal, member: Member) -> None:
    """The user stays and loses what this membership granted. ValidationError for the last Admin.

    Their personal tokens there are revoked: they would work again if the user came back.
    """
    current = _locked(member)
    _refuse_without(current, "removed")
    for token in current.user.api_tokens.filter(organization=current.organization_id, revoked_at=None):
        revoke_token(by, token)
    gone = {name: (value, None) for name, value in _told(current).items()}
    record(by, "delete:member", current, organization_id=current.organization_id, differences=gone)
    current.delete()


def _held_invitation(token: str) -> Invitation:
    """The open invitation behind a link, held until the commit: of two clicks one joins, one is told."""
    invitation = open_invitations().select_for_update(of=("self",)).filter(digest=link_digest(token)).first()
    if invitation is None:
        raise ValidationError(CLOSED)
    return invitation


def refuse_for_last_admin(member: Member, verb: str) -> None:
    """ValidationError when no other Admin of the organization could sign in; holds its members till then."""
    _refuse_without(_locked(member), verb)


def _join(by: Principal, invitation: Invitation, user: User) -> Member:
    if user.email.lower() != invitation.email.lower():
        raise ValidationError(
            f"This invitation is for {invitation.email}, and you are {user.email}. "
            "Sign out, then open the link again."
        )
    member, is_new = Member.objects.get_or_create(
        organization=invitation.organization, user=user, defaults={"role": invitation.role}
    )
    if not is_new:
        raise ValidationError(f"You are a member of {invitation.organization} already.")
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    made = {name: (None, value) for name, value in _told(member).items()}
    record(by, "create:member", member, organization_id=invitation.organization_id, differences=made)
    return member


def _locked(member: Member) -> Member:
    """The member as the database has it, with the organization's members held still until the commit."""
    Organization.objects.select_for_update().get(pk=member.organization_id)
    return Member.objects.select_related("user", "organization").get(pk=member.pk)


def _refuse_without(member: Member, verb: str) -> None:
    admins = Member.objects.filter(organization=member.organization_id, role=Role.ADMIN, user__is_active=True)
    if member.role == Role.ADMIN and not admins.exclude(pk=member.pk).exists():
        raise ValidationError(
            f"{member.user} is the last Admin of {member.organization} and can't be {verb}. "
            "Make another member Admin first."
        )


def _save(by: Principal, member: Member) -> Member:
    before, after = snapshot(Member.objects.get(pk=member.pk)), snapshot(member)
    changed = differences(before, after)
    if changed:
        member.save(update_fields=["role", "can_read_events"])
        record(by, "update:member", member, organization_id=member.organization_id, differences=changed)
    return member


def _told(member: Member) -> dict[str, object]:
    return {"role": member.role, "can_read_events": member.can_read_events}


def _mail(invitation: Invitation, link: str) -> None:
    text = render_to_string("accounts/invitation_mail.txt", {"invitation": invitation, "link": link})
    try:
        send_mail(f"You are invited to {invitation.organization}", text, None, [invitation.email])
    except (SMTPException, OSError) as error:
        raise ValidationError(
            f"The mail server did not take the invitation ({error}). Check EMAIL_URL, then invite again."
        ) from None
