"""API tokens: issued, shown once, revoked, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.admin.acting import may, principal
from accounts.admin.cells import chip, exact
from accounts.admin.filters import ClosedFilter, OrganizationFilter
from accounts.admin.saving import Kept
from accounts.admin.scoped import ScopedAdmin
from accounts.admin.shown_once import shown_once
from accounts.admin.token_form import PERSONAL, owners_for, token_form
from accounts.models import ApiToken, Organization
from accounts.services.tokens import issue_token, revoke_token

TEXT = "_token_text"  # on the request that made it, and nowhere else
CHIPS = {"usable": "active", "expired": "paused", "revoked": "revoked"}
WHY = "the token is stored only as a hash and can't be shown again."


def state_of(token: ApiToken) -> tuple[str, str]:
    """Whether it is accepted: a key and its word."""
    if token.revoked_at:
        return "revoked", "Revoked"
    is_over = token.expires_at is not None and token.expires_at <= timezone.now()
    return ("expired", "Expired") if is_over else ("usable", "Usable")


class TokenStateFilter(ClosedFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("usable", "Usable"), ("expired", "Expired"), ("revoked", "Revoked")]

    def narrow(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == "revoked":
            return queryset.exclude(revoked_at=None)
        is_over = Q(expires_at__lte=timezone.now())
        return queryset.filter(is_over if value == "expired" else ~is_over, revoked_at=None)


@admin.register(ApiToken)
class ApiTokenAdmin(Kept, ScopedAdmin):
    """The organization's by permission; a personal one also by its own user."""

    noun = "token"
    list_display = ["name", "begins", "owner", "organization", "may_do", "expires", "last_used", "state"]
    list_select_related = ["organization", "user"]
    list_filter = [OrganizationFilter, TokenStateFilter]
    search_fields = ["name", "prefix", "user__email"]
    actions = None
    actions_detail = ["revoke"]
    shown = ["name", "organization", "owner", "begins", "state", "scopes_in_words"]
    times = [("created_at", "created_by"), ("expires", "last_used"), ("revoked_at",)]

    # --- Who ---
    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        by_permission = super().visible(request, ApiToken.objects.all())
        own = Q(user=request.user.pk, organization__in=principal(request).granted)
        return queryset.filter(Q(pk__in=by_permission.values("pk")) | own)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        own = self._is_own(request, obj) if obj else bool(principal(request).granted)
        return own or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(principal(request).granted) or may(request, "create:token")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only with its organization or user."""
        return request.user.is_superuser

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        token = self.row(request, obj) if obj else None
        if token is None or token.revoked_at:
            return False
        return self._is_own(request, token) or self.allowed(request, "revoke", token)

    def _is_own(self, request: HttpRequest, token: ApiToken) -> bool:
        return token.user_id == request.user.pk and token.organization_id in principal(request).granted

    # --- Issuing: the organization first, as it says what can be given ---
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if "organization" not in request.GET:
            return self._organization_choice(request)
        title = f"Issue a token for {self._chosen(request)}"
        context = {"title": title, "show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **context})

    def _organization_choice(self, request: HttpRequest) -> HttpResponse:
        organizations = [one for one in self._organizations(request) if owners_for(principal(request), one)]
        if len(organizations) == 1:
            return HttpResponseRedirect(f"{request.path}?organization={organizations[0].pk}")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Issue a token",
            "organizations": organizations,
        }
        return TemplateResponse(request, "admin/accounts/apitoken/organizations.html", context)

    def _organizations(self, request: HttpRequest) -> QuerySet[Organization]:
        return self.admin_site.get_model_admin(Organization).get_queryset(request).order_by("name")

    def _chosen(self, request: HttpRequest) -> Organization:
        try:
            organization = self._organizations(request).filter(pk=request.GET["organization"]).first()
        except ValidationError:
            organization = None
        if organization is None or not owners_for(principal(request), organization):
            raise Http404("You can make no tokens for such an organization.")
        return organization

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = token_form(principal(request), self._chosen(request))
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [
                (f"For {self._chosen(request)}", {"fields": ["name", "owner", "valid_days"]}),
                ("Scopes", {"fields": ["scopes"]}),
            ]
        return [(None, {"fields": self.shown}), ("Times", {"fields": self.times})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        times = [name for line in self.times for name in line]
        return [*self.shown, *times] if obj else []

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """The form offers only owners and scopes that the user can give."""
        token, text = issue_token(
            principal(request),
            self._chosen(request),
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            user=request.user if form.cleaned_data["owner"] == PERSONAL else None,
            expires_at=form.expires_at,
        )
        obj.__dict__.update(token.__dict__)
        request.__dict__[TEXT] = text

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: Any = None
    ) -> HttpResponse:
        return shown_once(request, self, f"Token {obj.name}", WHY, request.__dict__[TEXT])

    # --- Columns ---
    @display(description="begins with", ordering="prefix")
    def begins(self, token: ApiToken) -> str:
        return format_html("<code>s2s_{}…</code>", token.prefix)

    @display(ordering="user__email")
    def owner(self, token: ApiToken) -> str:
        return token.user.email if token.user else "the organization"

    @display(description="may do")
    def may_do(self, token: ApiToken) -> str:
        count = len(token.scopes)
        words = token.scopes[0] if count == 1 else f"{count} scopes"
        return format_html('<span title="{}">{}</span>', ", ".join(token.scopes), words)

    @display(description="scopes")
    def scopes_in_words(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @display(ordering="expires_at")
    def expires(self, token: ApiToken) -> str:
        return exact(token.expires_at) if token.expires_at else "never"

    @display(description="last used", ordering="last_used_at")
    def last_used(self, token: ApiToken) -> str:
        return exact(token.last_used_at) if token.last_used_at else "never"

    @display
    def state(self, token: ApiToken) -> str:
        key, word = state_of(token)
        return chip((CHIPS[key], word))

    @action(
        description="Revoke",
        permissions=["revoke"],
        icon="block",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Revoke this token?",
            "description": "Programs that still use it get 401 from now on. This can't be undone.",
            "form_submit_text": "Revoke",
            "form_class": None,
        },
    )
    def revoke(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.carry_out(request, object_id, revoke_token, "{} is revoked.")
