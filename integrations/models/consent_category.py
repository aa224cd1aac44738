"""What a visitor may grant or refuse."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from accounts.models import Organization


class ConsentCategory(models.Model):
    """What a visitor may grant or refuse: a code, a name, and what consent platforms call it."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="consent_categories"
    )
    code = models.CharField(
        max_length=60, validators=[RegexValidator(r"^[A-Za-z0-9_.-]+$", "Use letters, digits, _ . and -.")]
    )
    name = models.CharField(max_length=100)
    cmp_codes = models.JSONField(
        "codes of consent platforms", default=list, blank=True, help_text='For example ["C0004", "marketing"]'
    )
    tcf_purposes = models.JSONField(
        "TCF purposes",
        default=list,
        blank=True,
        help_text="Numbers from 1 to 11, for example [1, 7]. All of them must be consented to.",
    )
    gpp_fields = models.JSONField(
        "GPP fields", default=list, blank=True, help_text='For example ["SaleOptOut", "SharingOptOut"]'
    )
    is_sale_or_sharing = models.BooleanField(
        "is sale or sharing", default=False, help_text="Global Privacy Control opts out of it."
    )

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "consent categories"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], name="category_code_once_per_organization"
            )
        ]

    def __str__(self) -> str:
        return self.name
