"""Consent categories: what visitors grant or refuse, and which destinations ask for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from integrations.admin.configured import ConfiguredAdmin
from integrations.models import ConsentCategory


class CodesField(forms.CharField):
    """A list of codes, written with commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [code.strip() for code in (super().to_python(value) or "").split(",") if code.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


class ConsentCategoryForm(forms.ModelForm):
    cmp_codes = CodesField(
        label="Codes of consent platforms",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Separated by commas, for example C0004, marketing",
    )

    class Meta:
        model = ConsentCategory
        fields = ["organization", "code", "name", "cmp_codes", "is_sale_or_sharing"]


@admin.register(ConsentCategory)
class ConsentCategoryAdmin(ConfiguredAdmin):
    noun = "consent_category"
    fixed_fields = ["organization"]
    form = ConsentCategoryForm
    list_display = ["name", "code", "codes", "is_sale_or_sharing", "organization"]
    list_select_related = ["organization"]
    list_filter = ["is_sale_or_sharing"]
    search_fields = ["code", "name"]
    fields = ["organization", "name", "code", "cmp_codes", "is_sale_or_sharing"]

    @display(description="codes of consent platforms", empty_value="-")
    def codes(self, category: ConsentCategory) -> str:
        return ", ".join(category.cmp_codes)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is not None and not self.has_change_permission(request, obj):
            return [name if name != "cmp_codes" else "codes" for name in self.fields]
        return list(self.fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "codes"]
