"""The accounts' resources."""

from django.urls import URLPattern, URLResolver, path

from accounts.api.audit import Audit
from accounts.api.base import Router
from accounts.api.invitations import Invitations
from accounts.api.me import Me, Permissions
from accounts.api.members import Members
from accounts.api.organizations import Organizations
from accounts.api.personal_tokens import PersonalTokens
from accounts.api.tokens import Tokens

router = Router()
router.register("organizations", Organizations, "api_organization")
router.register("members", Members, "api_member")
router.register("invitations", Invitations, "api_invitation")
router.register("tokens", Tokens, "api_token")
router.register("personal-tokens", PersonalTokens, "api_personal_token")
router.register("audit", Audit, "api_audit")

urlpatterns: list[URLPattern | URLResolver] = [
    path("me", Me.as_view(), name="api_me"),
    path("permissions", Permissions.as_view(), name="api_permissions"),
    *router.urls,
]
