"""The form of a webhook."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from webhooks.core.event_types import EVENT_TYPES
from webhooks.models import Subscription
from webhooks.services.urls import faults_of

URL_HELP = "https, a public host name, no user and password. It is checked when you save and at each attempt."


class SubscriptionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person chooses; the rest is the services'."""

    event_types = forms.MultipleChoiceField(
        label="Event types",
        choices=[(one.name, f"{one.name}: {one.about}") for one in EVENT_TYPES.values() if one.is_chosen],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": "Choose at least one event type."},
    )

    class Meta:
        model = Subscription
        fields = [
            "organization",
            "url",
            "event_types",
            "enabled",
            "policy",
            "breaker_only_observes",
            "disable_after_days",
        ]
        help_texts = {"url": URL_HELP}

    def clean_url(self) -> str:
        """Told beside whatever else is wrong; the service asks again, with its addresses."""
        url: str = self.cleaned_data["url"]
        if "url" in self.changed_data and (faults := faults_of(url)):
            raise forms.ValidationError(faults)
        return url

    @property
    def wanted(self) -> dict[str, Any]:
        """What was changed in the form, as the services take it."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
