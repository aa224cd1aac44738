"""Forms outside the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts


class NewPasswordForm(forms.Form):
    """The password of a person who joins, twice; the service checks how good it is."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
        strip=False,
        max_length=4096,
    )
    repeated = forms.CharField(
        label="Password again",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=4096,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "password" in cleaned and cleaned.get("repeated") != cleaned["password"]:
            self.add_error("repeated", "The two passwords differ.")
        return cleaned
