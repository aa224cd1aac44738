"""Secrets at rest: a model field that is ciphertext in the database and never a plain value."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[dict[str, Any], dict[str, Any]]
else:
    TextField = models.TextField


class UndecryptableSecret(Exception):
    """No key of ENCRYPTION_KEYS opens a stored secret: put the key back that it was written with."""

    def __str__(self) -> str:
        return str(self.__doc__)


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Ciphertext under the newest key."""
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """The text behind `encrypt`, with whichever key still opens it. UndecryptableSecret when none does."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(ciphertext.encode()).decode()
    except InvalidToken:
        raise UndecryptableSecret from None


class EncryptedJSONField(TextField):
    """A JSON object of secrets, encrypted in the column; look-ups on it are refused."""

    def get_prep_value(self, value: Any) -> str:
        """The ciphertext of the object's JSON."""
        return encrypt(json.dumps(value or {}))

    def from_db_value(self, value: str | None, *_: Any) -> dict[str, Any]:
        """The object; empty for an empty column."""
        return json.loads(decrypt(value)) if value else {}

    def to_python(self, value: Any) -> Any:
        """Objects pass; text is not taken for ciphertext here."""
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        """Ciphertext of the same value differs each time, so comparing it is always a mistake."""
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} is encrypted and can't be searched.")
