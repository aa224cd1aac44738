"""Issue an API token of an organization and print it, this once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.core.permissions import ALL_PERMISSIONS, PERMISSIONS, Role
from accounts.core.principal import system
from accounts.models import Organization
from accounts.services.tokens import issue_token

LONGEST_DAYS = 36_500


class Command(BaseCommand):
    """For operators; members issue tokens in the admin or by API."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The organization by slug, and what the token may do."""
        parser.add_argument("organization", help="the organization's slug")
        parser.add_argument(
            "--scopes",
            nargs="+",
            required=True,
            help=f"permissions of the matrix, a role ({', '.join(Role)}), or `all`",
        )
        parser.add_argument("--name", default="Issued by an operator")
        parser.add_argument("--days", type=whole_days, help="expires after so many days; default never")

    def handle(self, *args: Any, **options: Any) -> None:
        """The token is the one line on standard output."""
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            slugs = ", ".join(Organization.objects.values_list("slug", flat=True))
            raise CommandError(f"There is no organization {options['organization']}. There are: {slugs}.")
        days = options["days"]
        if days is not None and days < 1:
            raise CommandError("--days is 1 or more; left out, the token never expires.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            _, text = issue_token(
                system("manage.py issue_token"),
                organization,
                name=options["name"],
                scopes=_scopes(options["scopes"]),
                expires_at=expires_at,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(text)


def whole_days(text: str) -> int:
    """Not 0: that would be never."""
    days = int(text)
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError
    return days


def _scopes(words: list[str]) -> set[str]:
    scopes: set[str] = set()
    for word in (part for text in words for part in text.split(",") if part):
        if word == "all":
            scopes |= ALL_PERMISSIONS
        elif word in list(Role):
            scopes |= PERMISSIONS[Role(word)]
        else:
            scopes.add(word)
    return scopes
