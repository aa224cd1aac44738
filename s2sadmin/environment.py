"""Reads settings from the environment so that a bad value stops the start with the variable's name."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.Env):  # type: ignore[misc]  # the library has no types
    """django-environ's reader with the kinds of values that this product has."""

    def whole(self, name: str, *, default: int, least: int = 1) -> int:
        """A whole number, not below `least`."""
        value = self._read(name, default, "a whole number", int)
        if value < least:
            raise ImproperlyConfigured(f"{name} must be at least {least}, not {value}.")
        return int(value)

    def number(self, name: str, *, default: float) -> float:
        """A number above zero."""
        value = self._read(name, default, "a number", float)
        if not value > 0:
            raise ImproperlyConfigured(f"{name} must be above zero, not {value:g}.")
        return float(value)

    def networks(self, name: str) -> list[str]:
        """Addresses or ranges such as 10.0.0.0/8, separated by commas; none by default."""
        values: list[str] = self.list(name, default=[])
        for value in values:
            try:
                ipaddress.ip_network(value)
            except ValueError as error:
                raise ImproperlyConfigured(f"{name} must list addresses or ranges: {error}.") from None
        return values

    def web_url(self, name: str, *, default: str) -> str:
        """An http or https URL; empty only where the default is."""
        value: str = self.str(name, default=default)
        parts = urlsplit(value)
        is_given = bool(value or default)
        if is_given and not (parts.scheme in ("http", "https") and parts.hostname):
            raise ImproperlyConfigured(
                f"{name} must be a URL such as https://events.example.com, not {value!r}."
            )
        return value

    def fernet_keys(self, name: str) -> list[str]:
        """Keys of `cryptography.fernet`, newest first, separated by commas; none by default."""
        values: list[str] = self.list(name, default=[])
        for place, value in enumerate(values, start=1):
            try:
                Fernet(value)
            except ValueError:
                sentence = f"Key {place} of {name} is no Fernet key: make one with Fernet.generate_key()."
                raise ImproperlyConfigured(sentence) from None
        return values

    def _read(self, name: str, default: Any, kind: str, cast: Any) -> Any:
        text = self.str(name, default="")
        if not text:
            return default
        try:
            return cast(text)
        except ValueError:
            raise ImproperlyConfigured(f"{name} must be {kind}, not {text!r}.") from None
