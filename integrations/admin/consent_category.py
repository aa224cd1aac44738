"""Consent categories: what visitors grant or refuse, and which destinations ask for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from integrations.admin.configured import ConfiguredAdmin
from integrations.admin.setting_fields import CodesField
from integrations.models import ConsentCategory

# IAB Europe's purposes, as TCF 2.2 names them.
TCF_PURPOSES = {
    1: "Store or access information on a device",
    2: "Use limited data to select advertising",
    3: "Create profiles for personalised advertising",
    4: "Use profiles to select personalised advertising",
    5: "Create profiles to personalise content",
    6: "Use profiles to select personalised content",
    7: "Measure advertising performance",
    8: "Measure content performance",
    9: "Understand audiences through statistics",
    10: "Develop and improve services",
    11: "Use limited data to select content",
}


class ConsentCategoryForm(forms.ModelForm):
    cmp_codes = CodesField(
        label="Codes of consent platforms",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="What OneTrust, Cookiebot, Google Consent Mode or your own cookie call this category, "
        "separated by commas: for example C0004, marketing, ad_storage.",
    )
    tcf_purposes = forms.TypedMultipleChoiceField(
        label="TCF purposes",
        required=False,
        coerce=int,
        choices=[(number, f"{number}. {words}") for number, words in TCF_PURPOSES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="For sites with an IAB TCF 2.2 banner: all of the ticked ones must be consented to. "
        "Advertising is usually 1, 2, 3, 4 and 7, analytics 1, 8 and 9.",
    )
    gpp_fields = CodesField(
        label="GPP fields",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="For US states, separated by commas: an opt-out in any of them refuses the category. "
        "Advertising is usually SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut.",
    )

    class Meta:
        model = ConsentCategory
        fields = [
            "organization",
            "code",
            "name",
            "cmp_codes",
            "tcf_purposes",
            "gpp_fields",
            "is_sale_or_sharing",
        ]


SHOWN = ("codes", "purposes", "gpp")


@admin.register(ConsentCategory)
class ConsentCategoryAdmin(ConfiguredAdmin):
    noun = "consent_category"
    fixed_fields = ["organization"]
    form = ConsentCategoryForm
    list_display = ["name", "code", "codes", "is_sale_or_sharing", "organization"]
    list_select_related = ["organization"]
    list_filter = ["is_sale_or_sharing"]
    search_fields = ["code", "name"]
    fieldsets = [
        (None, {"fields": ["organization", ("name", "code")]}),
        (
            "What stands for it",
            {
                "fields": ["cmp_codes", "gpp_fields", "is_sale_or_sharing", "tcf_purposes"],
                "description": "How the consent platforms of your sites name this category. Fill in only "
                "those that a site uses.",
            },
        ),
    ]

    @display(description="codes of consent platforms", empty_value="-")
    def codes(self, category: ConsentCategory) -> str:
        return ", ".join(category.cmp_codes)

    @display(description="TCF purposes", empty_value="-")
    def purposes(self, category: ConsentCategory) -> str:
        return "\n".join(f"{number}. {TCF_PURPOSES.get(number, '?')}" for number in category.tcf_purposes)

    @display(description="GPP fields", empty_value="-")
    def gpp(self, category: ConsentCategory) -> str:
        return ", ".join(category.gpp_fields)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only read sees lists in words."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        first, (title, _) = self.fieldsets
        return [first, (title, {"fields": ["codes", "gpp", "is_sale_or_sharing", "purposes"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *SHOWN]
