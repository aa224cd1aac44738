"""How people sign in: what allauth, axes and TOTP are told about this installation."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from axes.backends import AxesStandaloneBackend
from axes.helpers import get_client_ip_address
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from accounts.fields import decrypt, encrypt
from accounts.models import User
from accounts.services.access import principal_of
from accounts.services.members import accept_all, open_invitations


def client_address(request: HttpRequest) -> str:
    """Where the request came from, as AXES_CLIENT_IP_CALLABLE tells; empty when it has no address."""
    return get_client_ip_address(request) or ""


def name_tried(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Whom guesses are counted for: the address in one spelling, whatever case was typed."""
    return str((credentials or {}).get("email") or (credentials or {}).get("username") or "").strip().lower()


class Lockout(AxesStandaloneBackend):  # type: ignore[misc]
    """Refuses who guessed too often. Without a request nobody is at a form, so nothing is counted."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        if request is not None:
            super().authenticate(request, **credentials)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Password sign-in: nobody signs up by themselves, and axes alone limits guessing."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "No account has this e-mail address and password. Check both.",
        "incorrect_password": "This is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """allauth counts in a process's memory; axes counts in the database, for all processes."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """OIDC: signs in users and the invited, by an address that the provider says it has verified."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Signing in is all it is for: no provider's account is tied to whoever is signed in already."""
        if sociallogin.state.get("process") != "login":
            raise PermissionDenied

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        return has_verified_address(login)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        email = sociallogin.user.email
        return has_verified_address(sociallogin) and open_invitations().filter(email__iexact=email).exists()

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.email = user.email.lower()
        return user

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """A new user, made to join where they are invited."""
        sociallogin.user.is_staff = True
        user: User = super().save_user(request, sociallogin, form)
        accept_all(principal_of(user, address=client_address(request)), user)
        return user


def has_verified_address(login: SocialLogin) -> bool:
    """Whether the provider vouches for the address. Some say it as text, and "false" is true to Python."""
    claims = login.account.extra_data
    told = claims.get("userinfo") or claims.get("id_token") or {}
    return told.get("email_verified") in (True, "true")


class TwoFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """TOTP secrets and recovery codes are encrypted at rest like every other secret."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not right, or it is used or over. Enter the one your app shows now.",
    }

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)
