"""Builds and deployments of a tracking file, under its path."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Conflict, EmptySerializer, Lists, Resource, Retrieves, action
from accounts.api.policy.parameters import refuse_unknown
from accounts.services import access
from integrations.api.tracking_file_serializers import (
    DifferencesSerializer,
    FileBuildSerializer,
    FileDeploymentSerializer,
    ListedBuildSerializer,
    NewDeploymentSerializer,
)
from integrations.api.tracking_files import AGAINST, READ, build_named, refused
from integrations.models import FileBuild, FileDeployment, TrackingFile
from integrations.services.tracking_files import differences
from integrations.services.tracking_files.builds import BYTES, build, newest_build
from integrations.services.tracking_files.deployments import deploy
from integrations.services.tracking_files.resolve import BadDraft

JAVASCRIPT = "application/javascript"


class AnyJavaScript(BaseRenderer):
    """So that a client may ask for JavaScript; the bytes are the build's own."""

    media_type = JAVASCRIPT
    format = "js"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return JSONRenderer().render(data)  # what is rendered is an error


class OfFile(Resource):
    """Rows of one tracking file. Of files that the principal can't see there is nothing here."""

    noun = "tracking_file"
    organization_path = "tracking_file__pipeline__organization_id"

    def file(self) -> TrackingFile:
        """The file of the path."""
        rows = TrackingFile.objects.select_related("pipeline__organization", "pipeline__cluster")
        visible = access.visible(rows, self.principal, READ, "pipeline__organization_id")
        found = visible.filter(pk=self.kwargs["file_id"]).first()
        if found is None:
            raise Http404
        self.require(found.pipeline.organization_id)
        return found

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        return rows.filter(tracking_file=self.file()) if "file_id" in self.kwargs else rows


class FileBuilds(Lists, Retrieves, OfFile):
    """Immutable, numbered, hashed. CI may read one before it is uploaded: `content` has the bytes."""

    queryset = FileBuild.objects.defer(*BYTES).select_related("tracking_file__pipeline")
    serializer_class = FileBuildSerializer
    verbs = {"create": "update"}
    lookup_field = "number"
    lookup_value_regex = r"[0-9]{1,9}"
    ordering = "-number"

    def get_serializer_class(self) -> Any:
        return ListedBuildSerializer if self.action == "list" else FileBuildSerializer

    @extend_schema(request=EmptySerializer, responses={200: FileBuildSerializer, 201: FileBuildSerializer})
    def create(self, request: Request, file_id: str) -> Response:
        """Build the draft (201, announced as `file.config_saved`), or get the newest build (200) when the
        bytes would be the same. 400 when the draft has errors; their pointers lead into the tracking file.
        """
        file = self.file()
        self.given(EmptySerializer)
        try:
            made = build(self.principal, file)
        except BadDraft as bad:
            raise refused(bad) from None
        return self.answer(made or newest_build(file), status=201 if made else 200)

    @extend_schema(responses={(200, JAVASCRIPT): OpenApiTypes.STR})
    @action(detail=True, methods=["get"], permission=READ, renderer_classes=[JSONRenderer, AnyJavaScript])
    def content(self, request: Request, file_id: str, number: str) -> HttpResponse:
        """The bytes of the build, whether it is live or not."""
        refuse_unknown(request, ())
        found = self.get_object()
        return HttpResponse(
            bytes(found.content),
            content_type=f"{JAVASCRIPT}; charset=utf-8",
            headers={"ETag": f'"{found.sha256}"'},
        )

    @extend_schema(
        parameters=[OpenApiParameter("against", description=f"{AGAINST} `previous` is the default.")],
        responses=DifferencesSerializer,
    )
    @action(detail=True, methods=["get"], permission=READ)
    def differences(self, request: Request, file_id: str, number: str) -> Response:
        """What this build changed."""
        refuse_unknown(request, ("against",))
        after, name = self.get_object(), request.query_params.get("against", "previous")
        before = _previous(after) if name == "previous" else build_named(self.file(), name)
        return Response(DifferencesSerializer(differences.between(before, after)).data)


class FileDeployments(Lists, OfFile):
    """Which build was made live when, and by whom. Deploying an older build is a rollback."""

    queryset = FileDeployment.objects.select_related("build", "tracking_file__pipeline").defer(
        *(f"build__{name}" for name in BYTES)
    )
    serializer_class = FileDeploymentSerializer
    verbs = {"create": "deploy"}
    ordering = ("-deployed_at", "-id")

    @extend_schema(request=NewDeploymentSerializer, responses={201: FileDeploymentSerializer})
    def create(self, request: Request, file_id: str) -> Response:
        """Upload a build to the cluster (announced as `file.deployed`). 409 says why that is not possible."""
        file, number = self.file(), self.given(NewDeploymentSerializer)["build"]
        chosen = FileBuild.objects.filter(tracking_file=file, number=number).first()
        if chosen is None:
            sentence = "This file has no build of this number: see builds."
            raise serializers.ValidationError({"build": sentence}, "does_not_exist")
        try:
            made = deploy(self.principal, file, chosen)
        except ValidationError as refusal:
            raise Conflict(" ".join(refusal.messages)) from None
        return self.answer(made, status=201)


def _previous(build: FileBuild) -> FileBuild | None:
    return build.tracking_file.builds.filter(number__lt=build.number).order_by("-number").first()
