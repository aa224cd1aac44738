"""A person who signs in with an e-mail address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from accounts.core.permissions import Role


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address; there is no user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user who can sign in; without a password only once one is set."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Installation staff with every right."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """E-mail addresses sign in whatever their case."""
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person who signs in with an e-mail address; what they may do hangs on their memberships."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)

    installation_role = models.CharField(
        max_length=32,
        choices=[(role.value, role.label) for role in Role],
        blank=True,
        default="",
        help_text="Installation staff have this role everywhere; what they do is audited as done by staff.",
    )
    sessions_ended_at = models.DateTimeField(null=True, blank=True, editable=False)  # those that began before

    objects = UserManager()  # type: ignore[assignment,misc]

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_case")]

    def __str__(self) -> str:
        return self.email
