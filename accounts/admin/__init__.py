"""Admin pages of users, organizations and members, and the bases that every admin page stands on."""

from accounts.admin.member import MemberAdmin
from accounts.admin.organization import OrganizationAdmin
from accounts.admin.user import UserAdmin

__all__ = ["MemberAdmin", "OrganizationAdmin", "UserAdmin"]
