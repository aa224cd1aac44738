"""Vendors: what can be connected, and every revision of its definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiModelSerializer,
    ApiSerializer,
    Lists,
    OrganizationField,
    Removes,
    Resource,
    Retrieves,
    action,
)
from accounts.api.policy.parameters import refuse_unknown
from accounts.core.principal import Principal
from accounts.models import Organization
from integrations.api.references import newest_of, visible_revisions
from integrations.api.vendor_fields import ChangeableFieldsSerializer, changeable_fields
from integrations.core.vendor import DefinitionError
from integrations.models import VendorRevision
from integrations.services.catalogue import LONGEST_FILE, CatalogueError
from integrations.services.custom_vendors import add_revision, changes_between, remove_vendor
from integrations.services.vendors import compiled

LISTS = ("capabilities", "known_limits", "prerequisites", "unverified", "client_side_functions_lost")


class LinkSerializer(ApiSerializer):
    title = serializers.CharField()
    url = serializers.URLField()


class ConsentSerializer(ApiSerializer):
    classification = serializers.CharField()
    about = serializers.CharField()


class TestModeSerializer(ApiSerializer):
    __test__ = False  # not a test class

    supported = serializers.BooleanField()
    about = serializers.CharField()


class ChoiceSerializer(ApiSerializer):
    value = serializers.CharField()
    label = serializers.CharField()


class SettingSerializer(ApiSerializer):
    """A declared setting of a destination."""

    name = serializers.CharField()
    type = serializers.CharField(
        help_text="string, url, choice, boolean, number, integer, list, object or map."
    )
    label = serializers.CharField()
    help = serializers.CharField()
    required = serializers.BooleanField()
    required_for = serializers.ListField(child=serializers.CharField(), help_text="Operations that need it.")
    required_when = serializers.DictField(
        allow_null=True, help_text="A condition on other settings that makes it required."
    )
    secret = serializers.BooleanField(help_text="Given like the others, never shown.")
    choices = ChoiceSerializer(many=True)
    pattern = serializers.CharField()
    default = serializers.JSONField()


class VendorSerializer(ApiSerializer):
    """A vendor at its newest revision."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    revision = serializers.IntegerField()
    vendor_revision = serializers.UUIDField(source="id", help_text="To pin it on a destination.")
    organization = serializers.UUIDField(
        source="organization_id", allow_null=True, help_text="Null for a built-in vendor."
    )
    about = serializers.CharField()
    docs = LinkSerializer(many=True)
    verified_on = serializers.DateField(allow_null=True, help_text="When its facts were last checked.")
    consent = ConsentSerializer(allow_null=True)
    settings = SettingSerializer(many=True)
    capabilities = serializers.ListField(child=serializers.CharField())
    known_limits = serializers.ListField(child=serializers.CharField())
    prerequisites = serializers.ListField(child=serializers.CharField())
    unverified = serializers.ListField(
        child=serializers.CharField(), help_text="What could not be checked in the vendor's documents."
    )
    client_side_functions_lost = serializers.ListField(
        child=serializers.CharField(), help_text="What the vendor's tag does and server-to-server can't."
    )
    test_mode = TestModeSerializer(allow_null=True)
    problem = serializers.CharField(help_text="Why this revision can't be used; empty when it can.")

    def to_representation(self, revision: VendorRevision) -> dict[str, Any]:
        return {
            "slug": revision.slug,
            "name": revision.name,
            "revision": revision.revision,
            "vendor_revision": str(revision.id),
            "organization": str(revision.organization_id) if revision.organization_id else None,
            **_definition(revision),
        }


class RevisionSerializer(ApiModelSerializer):
    """One frozen revision with its definition."""

    document = serializers.CharField(help_text="The definition, YAML.")

    class Meta:
        model = VendorRevision
        fields = ["id", "slug", "name", "revision", "sha256", "created_at", "document"]


class ListedRevisionSerializer(ApiModelSerializer):
    """One frozen revision."""

    class Meta:
        model = VendorRevision
        fields = ["id", "slug", "name", "revision", "sha256", "created_at"]


class NewVendorSerializer(ApiSerializer):
    """A definition of the organization's own."""

    organization = OrganizationField(permission="create:vendor")
    document = serializers.CharField(
        help_text="The definition, YAML: a vendor file.", max_length=LONGEST_FILE, trim_whitespace=False
    )


class NewRevisionSerializer(ApiSerializer):
    """A changed definition."""

    document = serializers.CharField(
        help_text="The definition, YAML, with the vendor's slug.",
        max_length=LONGEST_FILE,
        trim_whitespace=False,
    )


class VendorChangeSerializer(ApiSerializer):
    """One place in which two definitions differ; null where it does not exist."""

    place = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class VendorDifferencesSerializer(ApiSerializer):
    """What a revision changed."""

    older = serializers.IntegerField(allow_null=True, help_text="Null for the first revision.")
    newer = serializers.IntegerField()
    changes = VendorChangeSerializer(many=True)


class Vendors(Lists, Retrieves, Removes, Resource):
    """Companies and their APIs that can be connected, each at its newest revision."""

    noun = "vendor"
    queryset = VendorRevision.objects.all()
    serializer_class = VendorSerializer
    lookup_field = "slug"
    lookup_value_regex = r"[a-z][a-z0-9-]*"
    ordering = "slug"

    def get_queryset(self) -> QuerySet[VendorRevision]:
        return newest_of(visible_revisions(self.principal))

    def get_object(self) -> VendorRevision:
        return _own_first(self.get_queryset().filter(slug=self.kwargs["slug"]))

    @extend_schema(request=NewVendorSerializer, responses={201: VendorSerializer})
    def create(self, request: Request) -> Response:
        """Declare a vendor of the organization's own. Errors name line, column and field."""
        values = self.given(NewVendorSerializer)
        self.require(values["organization"].pk)
        return self.answer(_added(self.principal, values["organization"], values["document"]), status=201)

    @extend_schema(responses=ChangeableFieldsSerializer)
    @action(detail=True, methods=["get"], permission="read:vendor")
    def fields(self, request: Request, slug: str) -> Response:
        """Fields that mapping changes can name, at the newest revision."""
        return changeable_fields(self.get_object())

    def perform_destroy(self, row: VendorRevision) -> None:
        self.require(row.organization_id)
        remove_vendor(self.principal, row)


class VendorRevisions(Lists, Retrieves, Resource):
    """Every revision of one vendor, newest first. A revision never changes; destinations pin one."""

    noun = "vendor"
    queryset = VendorRevision.objects.all()
    serializer_class = RevisionSerializer
    lookup_field = "revision"
    lookup_value_regex = r"[0-9]{1,9}"
    ordering = "-revision"

    def get_queryset(self) -> QuerySet[VendorRevision]:
        return visible_revisions(self.principal).filter(slug=self.kwargs.get("slug", ""))

    def get_object(self) -> VendorRevision:
        return _own_first(self.get_queryset().filter(revision=self.kwargs["revision"]))

    def get_serializer_class(self) -> Any:
        return ListedRevisionSerializer if self.action == "list" else RevisionSerializer

    @extend_schema(
        request=NewRevisionSerializer, responses={200: RevisionSerializer, 201: RevisionSerializer}
    )
    def create(self, request: Request, slug: str) -> Response:
        """The next revision (201), or the newest one (200) when nothing differs from it. Destinations stay
        on the revision that they pin.
        """
        own = self.get_queryset().exclude(organization=None).order_by("-revision")
        places = self.principal.organization_ids("update:vendor")
        newest = (own if places is None else own.filter(organization_id__in=places)).first()
        if newest is None or newest.organization is None:
            raise Http404
        self.require(newest.organization_id)
        document = self.given(NewRevisionSerializer)["document"]
        made = _added(self.principal, newest.organization, document, of=slug)
        return self.answer(made, status=200 if made.pk == newest.pk else 201)

    @extend_schema(responses=ChangeableFieldsSerializer)
    @action(detail=True, methods=["get"], permission="read:vendor")
    def fields(self, request: Request, slug: str, revision: str) -> Response:
        """Fields that mapping changes can name, at this revision."""
        return changeable_fields(self.get_object())

    @extend_schema(
        parameters=[
            OpenApiParameter("against", description="A revision's number; the one before is the default.")
        ],
        responses=VendorDifferencesSerializer,
    )
    @action(detail=True, methods=["get"], permission="read:vendor")
    def differences(self, request: Request, slug: str, revision: str) -> Response:
        """What this revision changed, place by place."""
        refuse_unknown(request, ("against",))
        newer = self.get_object()
        others = self.get_queryset().filter(organization_id=newer.organization_id)
        against = request.query_params.get("against", "")
        if against and not (against.isascii() and against.isdecimal() and len(against) < 10):
            raise serializers.ValidationError({"against": "Give the number of a revision."})
        wanted = {"revision": int(against)} if against else {"revision__lt": newer.revision}
        older = others.filter(**wanted).order_by("-revision").first()
        if older is None and against:
            raise Http404
        changes = changes_between(_document(older), _document(newer)) if older else []
        answer = {
            "older": older.revision if older else None,
            "newer": newer.revision,
            "changes": [asdict(one) for one in changes],
        }
        return Response(VendorDifferencesSerializer(answer).data)


def _own_first(found: QuerySet[VendorRevision]) -> VendorRevision:
    """The one of these: an organization's own stands before a built-in one of the same name, and where
    several organizations have one of that name, it is always the same one.
    """
    row = found.order_by(F("organization_id").asc(nulls_last=True)).first()
    if row is None:
        raise Http404
    return row


def _added(by: Principal, organization: Organization, text: str, *, of: str | None = None) -> VendorRevision:
    """The revision; what is wrong with the text is told of the member `document`."""
    try:
        return add_revision(by, organization, text, of=of)
    except ValidationError as refused:
        raise serializers.ValidationError({"document": refused.messages}) from None


def _document(revision: VendorRevision) -> Mapping[str, Any]:
    """Empty for a revision that does not compile any more."""
    try:
        return compiled(revision).document
    except (DefinitionError, CatalogueError):
        return {}


def _definition(revision: VendorRevision) -> dict[str, Any]:
    """The declared parts; a revision that does not compile any more says why."""
    try:
        vendor = compiled(revision)
    except (DefinitionError, CatalogueError) as error:
        empty: dict[str, Any] = {name: [] for name in ("docs", "settings", *LISTS)}
        nothing = {"about": "", "verified_on": None, "consent": None, "test_mode": None}
        return {**empty, **nothing, "problem": str(error)}
    document: Any = vendor.document
    return {
        "about": vendor.about,
        "docs": [asdict(link) for link in vendor.docs],
        "verified_on": vendor.verified_on,
        "consent": asdict(vendor.consent),
        "settings": [asdict(setting) for setting in vendor.settings.values()],
        "test_mode": asdict(vendor.test_mode),
        **{name: document.get(name, []) for name in LISTS},
        "problem": "",
    }
