"""Users, organizations and the members that connect them."""

from accounts.models.member import Member
from accounts.models.organization import Organization
from accounts.models.user import User

__all__ = ["Member", "Organization", "User"]
