"""The page behind an invitation's link."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import NewPasswordForm
from accounts.models import Invitation, User
from accounts.services.access import principal_of
from accounts.services.members import CLOSED, accept, accept_as_new_user, find_invitation
from accounts.sign_in import client_address


@never_cache
@sensitive_post_parameters("password", "repeated")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever is signed in with the invited address joins; who has no account gets one with a password."""
    invitation = find_invitation(token)
    if invitation is None:
        return render(request, "accounts/join_closed.html", {"reason": CLOSED}, status=410)
    if request.user.is_authenticated:
        return _join_as(request.user, request, token, invitation)
    if User.objects.filter(email__iexact=invitation.email).exists():
        return render(request, "accounts/join.html", {"invitation": invitation, "step": "sign_in"})
    return _join_as_new_user(request, token, invitation)


def _join_as(user: User, request: HttpRequest, token: str, invitation: Invitation) -> HttpResponse:
    if user.email.lower() != invitation.email.lower():
        context = {"invitation": invitation, "step": "sign_out"}
        return render(request, "accounts/join.html", context, status=403)
    if request.method == "GET":
        return render(request, "accounts/join.html", {"invitation": invitation, "step": "join"})
    try:
        accept(principal_of(user, address=client_address(request)), token, user)
    except ValidationError as error:
        return render(request, "accounts/join_closed.html", {"reason": error.messages[0]}, status=409)
    return redirect("admin:index")


def _join_as_new_user(request: HttpRequest, token: str, invitation: Invitation) -> HttpResponse:
    form = NewPasswordForm(request.POST or None)
    if form.is_valid():
        try:
            member = accept_as_new_user(
                token, password=form.cleaned_data["password"], address=client_address(request)
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return perform_login(request, member.user)  # type: ignore[no-any-return]
    return render(request, "accounts/join.html", {"invitation": invitation, "step": "new", "form": form})
