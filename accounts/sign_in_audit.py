"""Audit entries of signing in and out, and the beginning of a session's age.

The one place that listens to signals: sign-in happens inside allauth, axes and Django, which offer no service
to call by name. An entry goes to each organization of the user, or to the installation when there is none.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account import signals as account
from allauth.mfa import signals as two_factor
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as single_sign_on
from allauth.socialaccount.models import SocialLogin
from axes import signals as axes
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.core.principal import Kind, Principal
from accounts.models import Member, User
from accounts.services.access import principal_of
from accounts.services.audit import record
from accounts.sign_in import client_address, name_tried
from accounts.sign_in_session import begin


@receiver(user_logged_in)
def begin_session(request: HttpRequest, **_: Any) -> None:
    begin(request.session, timezone.now().timestamp())


@receiver(account.user_logged_in)
def tell_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    _tell(request, user, "sign_in:user")


@receiver(user_login_failed)
def tell_refusal(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """What is tried while locked out is not told again: the lockout was."""
    if request is not None and not _was_locked_out_before(request):
        _tell_stranger(request, name_tried(request, credentials), "refuse_sign_in:user")


@receiver(axes.user_locked_out)
def tell_lockout(request: HttpRequest, username: str, **_: Any) -> None:
    if not _was_locked_out_before(request):
        _tell_stranger(request, username, "lock_out:user")


@receiver(user_logged_out)
def tell_sign_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        _tell(request, user, "sign_out:user")


@receiver([account.password_changed, account.password_set])
def tell_password_change(request: HttpRequest, user: User, **_: Any) -> None:
    _tell(request, user, "change:password")


@receiver(account.password_reset)
def tell_password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    _tell(request, user, "reset:password")


@receiver(two_factor.authentication_failed)
def tell_wrong_code(request: HttpRequest, user: User, **_: Any) -> None:
    _tell_stranger(request, user.email, "refuse_code:user")


@receiver(two_factor.authenticator_added)
def tell_factor_on(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _tell(request, user, f"add:{authenticator.type}")


@receiver(two_factor.authenticator_removed)
def tell_factor_off(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _tell(request, user, f"remove:{authenticator.type}")


@receiver(two_factor.authenticator_reset)
def tell_factor_renewed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _tell(request, user, f"reset:{authenticator.type}")


@receiver(single_sign_on.social_account_added)
def tell_link(request: HttpRequest, sociallogin: SocialLogin, **_: Any) -> None:
    _tell(request, sociallogin.user, "link:single_sign_on")


def _was_locked_out_before(request: HttpRequest) -> bool:
    """Whether axes refused without counting: it counts the attempt that locks, and none after it."""
    locked = getattr(request, "axes_locked_out", False)
    return bool(locked) and getattr(request, "axes_failures_since_start", None) is None


def _tell(request: HttpRequest, user: User, action: str) -> None:
    by = principal_of(user, address=client_address(request))
    for organization_id in _organizations(user):
        record(by, action, user, organization_id=organization_id)


def _tell_stranger(request: HttpRequest, email: str, action: str) -> None:
    """Whoever it was, it was not proven: the entry names the address that was tried and no user's id."""
    by = Principal(kind=Kind.USER, id="", label=email, address=client_address(request))
    user = User.objects.filter(email__iexact=email).first()
    for organization_id in _organizations(user):
        record(by, action, user, organization_id=organization_id, label=email)


def _organizations(user: User | None) -> list[UUID | None]:
    members = Member.objects.filter(user=user) if user else Member.objects.none()
    return [*members.values_list("organization_id", flat=True)] or [None]
