"""Tracking files: the draft, what it comes to, and how it stands to what is built and live."""

from __future__ import annotations

from typing import Any

from django_filters import filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    BadParameter,
    Conflict,
    Creates,
    EmptySerializer,
    Filters,
    Lists,
    Resource,
    Retrieves,
    Updates,
    action,
)
from accounts.api.policy.parameters import refuse_unknown
from integrations.api.tracking_file_serializers import (
    DifferencesSerializer,
    FindingSerializer,
    OfferedSyncSerializer,
    SizesSerializer,
    SnippetSerializer,
    StandingSerializer,
    TrackingFileSerializer,
    nested,
)
from integrations.models import FileBuild, TrackingFile
from integrations.services.tracking_files import differences
from integrations.services.tracking_files.builds import newest_build
from integrations.services.tracking_files.checker import NothingToCheck, check_hosting
from integrations.services.tracking_files.drafts import file_of, save_draft, set_cache_seconds
from integrations.services.tracking_files.resolve import BadDraft, offered_syncs, resolve
from integrations.services.tracking_files.sizes import sizes
from integrations.services.tracking_files.snippet import snippet_of
from integrations.services.tracking_files.standing import standing_of

READ = "read:tracking_file"
AGAINST = "`newest` (the default), `live`, or the number of a build."


class TrackingFileFilters(Filters):
    pipeline = filters.UUIDFilter("pipeline_id")


class TrackingFiles(Lists, Retrieves, Creates, Updates, Resource):
    """A pipeline's JavaScript file: the draft is configured here, then built, then deployed.

    A draft of the right shape is kept even when it can't be built yet: `standing` says what is wrong.
    """

    noun = "tracking_file"
    verbs = {"create": "update"}
    organization_path = "pipeline__organization_id"
    queryset = TrackingFile.objects.select_related(
        "pipeline__organization", "pipeline__cluster", "live_build"
    ).defer("live_build__content", "live_build__content_gzip", "live_build__content_brotli")
    serializer_class = TrackingFileSerializer
    filterset_class = TrackingFileFilters

    def perform_create(self, values: dict[str, Any]) -> TrackingFile:
        """The file of a pipeline that has none yet, with a draft for a first test."""
        pipeline = values["pipeline"]
        self.require(pipeline.organization_id)
        if TrackingFile.objects.filter(pipeline=pipeline).exists():
            raise Conflict(f"It has one already: GET /api/v1/tracking-files?pipeline={pipeline.pk}")
        return self.perform_update(file_of(pipeline), values)

    def perform_update(self, file: TrackingFile, values: dict[str, Any]) -> TrackingFile:
        if "draft" in values:
            try:
                save_draft(self.principal, file, values["draft"])
            except BadDraft as bad:
                raise refused(bad) from None
        if "cache_seconds" in values:
            set_cache_seconds(self.principal, file, values["cache_seconds"])
        return file

    @extend_schema(responses=StandingSerializer)
    @action(detail=True, methods=["get"], permission=READ)
    def standing(self, request: Request, pk: str) -> Response:
        """What is built, what is live, what is newer than what, and what is wrong with the draft."""
        refuse_unknown(request, ())
        return Response(StandingSerializer(standing_of(self.look())).data)

    @extend_schema(responses=OfferedSyncSerializer(many=True))
    @action(detail=True, methods=["get"], permission=READ, pagination_class=None, filterset_class=None)
    def syncs(self, request: Request, pk: str) -> Response:
        """The identity syncs of the pipeline's vendors, each as it would run."""
        refuse_unknown(request, ())
        return Response(OfferedSyncSerializer(offered_syncs(self.look()), many=True).data)

    @extend_schema(responses=SizesSerializer)
    @action(detail=True, methods=["get"], permission=READ)
    def sizes(self, request: Request, pk: str) -> Response:
        """What a build of the draft would weigh, module by module. 400 when it can't be built."""
        refuse_unknown(request, ())
        try:
            return Response(SizesSerializer(sizes(resolve(self.look()))).data)
        except BadDraft as bad:
            raise refused(bad) from None

    @extend_schema(
        parameters=[OpenApiParameter("against", description=AGAINST)], responses=DifferencesSerializer
    )
    @action(detail=True, methods=["get"], permission=READ)
    def differences(self, request: Request, pk: str) -> Response:
        """What a build of the draft would change. 400 when it can't be built."""
        refuse_unknown(request, ("against",))
        file = self.look()
        against = build_named(file, request.query_params.get("against", "newest"))
        try:
            return Response(DifferencesSerializer(differences.of_draft(file, against)).data)
        except BadDraft as bad:
            raise refused(bad) from None

    @extend_schema(
        parameters=[OpenApiParameter("build", int, description="For SRI: the live build when left out.")],
        responses=SnippetSerializer,
    )
    @action(detail=True, methods=["get"], permission=READ)
    def snippet(self, request: Request, pk: str) -> Response:
        """The lines to paste into the site, with and without SRI, and what a CSP must allow."""
        refuse_unknown(request, ("build",))
        file, number = self.look(), request.query_params.get("build")
        build = numbered(file, number, parameter="build") if number is not None else None
        try:
            return Response(SnippetSerializer(snippet_of(file, build)).data)
        except BadDraft as bad:
            raise refused(bad) from None

    @extend_schema(request=EmptySerializer, responses=FindingSerializer)
    @action(detail=True, methods=["post"], permission="update:tracking_file")
    def check(self, request: Request, pk: str) -> Response:
        """Fetch the File Hosting URL, and say whether the right build is there. 409 says what to do first."""
        file = self.look()  # not locked: the answer may take seconds
        self.given(EmptySerializer)
        try:
            return Response(FindingSerializer(check_hosting(file)).data)
        except NothingToCheck as first:
            raise Conflict(str(first)) from None

    def look(self) -> TrackingFile:
        """The row of the path, not locked: for what changes nothing."""
        file: TrackingFile = GenericAPIView.get_object(self)
        return file


def refused(bad: BadDraft) -> serializers.ValidationError:
    """The draft's problems, each with its pointer into the tracking file."""
    return serializers.ValidationError({"draft": nested(bad.problems)})


def build_named(file: TrackingFile, name: str) -> FileBuild | None:
    """The build to compare with; None for `live` or `newest` when there is none."""
    if name == "newest":
        return newest_build(file)
    return file.live_build if name == "live" else numbered(file, name, parameter="against")


def numbered(file: TrackingFile, number: str, *, parameter: str) -> FileBuild:
    """A build by its number in a query."""
    is_number = number.isascii() and number.isdecimal() and len(number) < 10
    found = file.builds.filter(number=int(number)).first() if is_number else None
    if found is None:
        raise BadParameter({parameter: ["This file has no build of this number: see builds."]})
    return found
