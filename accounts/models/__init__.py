"""Users, organizations, the members that connect them, tokens, invitations and the audit log."""

from accounts.models.api_token import ApiToken
from accounts.models.audit_entry import AuditEntry
from accounts.models.idempotency_key import IdempotencyKey
from accounts.models.invitation import Invitation
from accounts.models.member import Member
from accounts.models.organization import Organization
from accounts.models.user import User

__all__ = ["ApiToken", "AuditEntry", "IdempotencyKey", "Invitation", "Member", "Organization", "User"]
