"""Admin pages of accounts, and the bases that every admin page stands on."""

from accounts.admin.api_token import ApiTokenAdmin
from accounts.admin.audit_entry import AuditEntryAdmin
from accounts.admin.invitation import InvitationAdmin
from accounts.admin.member import MemberAdmin
from accounts.admin.organization import OrganizationAdmin
from accounts.admin.user import UserAdmin

__all__ = [
    "ApiTokenAdmin",
    "AuditEntryAdmin",
    "InvitationAdmin",
    "MemberAdmin",
    "OrganizationAdmin",
    "UserAdmin",
]
