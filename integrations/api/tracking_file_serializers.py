"""Tracking files, their builds and deployments as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.api.base import ApiModelSerializer, ApiSerializer, VisibleField
from integrations.core.tracking_file.checking import State
from integrations.core.tracking_file.problem import Problem
from integrations.core.tracking_file.shape import plain_schema, shape_problems
from integrations.models import FileBuild, FileDeployment, Pipeline, TrackingFile
from integrations.services.tracking_files.drafts import LONGEST_CACHE_S, draft_of
from integrations.services.tracking_files.resolve import endpoint_url


class Names(serializers.ListField):
    """A list of texts."""

    child = serializers.CharField()


@extend_schema_field(plain_schema())
class DraftField(serializers.Field):
    """`{settings, consent, syncs}`. What a change does not name stays; lists are given whole."""

    def get_attribute(self, instance: TrackingFile) -> Any:
        return draft_of(instance)

    def to_representation(self, value: Any) -> Any:
        return value

    def to_internal_value(self, data: Any) -> Any:
        problems = shape_problems(data)
        if problems:
            raise serializers.ValidationError(nested(problems))
        return data


class TrackingFileSerializer(ApiModelSerializer):
    pipeline = VisibleField(Pipeline.objects.all(), permission="update:tracking_file")
    draft = DraftField(required=False, help_text="What the next build is made of.")
    cache_seconds = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LONGEST_CACHE_S,
        help_text="How long browsers and CDNs may keep the live file; in force at once.",
    )
    endpoint_url = serializers.SerializerMethodField(help_text="The Cluster File Endpoint.")
    live_build = serializers.IntegerField(
        source="live_build.number", default=None, allow_null=True, read_only=True, help_text="Its number."
    )

    class Meta:
        model = TrackingFile
        fields = [
            "id",
            "pipeline",
            "draft",
            "draft_saved_at",
            "draft_saved_by",
            "cache_seconds",
            "endpoint_url",
            "live_build",
            "live_since",
        ]
        read_only_fields = ["draft_saved_at", "draft_saved_by", "live_since"]
        fixed = ["pipeline"]
        validators = []

    def get_endpoint_url(self, file: TrackingFile) -> str:
        return endpoint_url(file.pipeline)


class FileBuildSerializer(ApiModelSerializer):
    """One build. It never changes."""

    tracking_file = serializers.UUIDField(source="tracking_file_id", read_only=True)
    modules = Names(help_text="Browser modules in it.")
    integrity = serializers.CharField(help_text="For the integrity attribute (SRI).")
    config = serializers.DictField(help_text="The configuration that it was made of, resolved.")

    class Meta:
        model = FileBuild
        fields = [
            "id",
            "tracking_file",
            "number",
            "sha256",
            "integrity",
            "size",
            "size_gzip",
            "size_brotli",
            "modules",
            "module_set",
            "made_at",
            "made_by",
            "config",
        ]


class ListedBuildSerializer(FileBuildSerializer):
    """One build, without its configuration."""

    config = None

    class Meta(FileBuildSerializer.Meta):
        fields = [name for name in FileBuildSerializer.Meta.fields if name != "config"]


class NewDeploymentSerializer(ApiSerializer):
    build = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Its number.")


class FileDeploymentSerializer(ApiModelSerializer):
    """A build was made live."""

    tracking_file = serializers.UUIDField(source="tracking_file_id", read_only=True)
    build = serializers.IntegerField(source="build.number", read_only=True, help_text="Its number.")
    is_rollback = serializers.BooleanField(help_text="Whether a newer build was live before.")

    class Meta:
        model = FileDeployment
        fields = ["id", "tracking_file", "build", "is_rollback", "deployed_at", "deployed_by"]


class DraftProblemSerializer(ApiSerializer):
    """What is wrong with the draft."""

    pointer = serializers.CharField(help_text="Where in the draft (RFC 6901).")
    sentence = serializers.CharField()
    is_warning = serializers.BooleanField(help_text="A warning does not stop a build.")


class StandingSerializer(ApiSerializer):
    """How draft, newest build and live file stand to each other."""

    newest_build = serializers.IntegerField(source="newest.number", default=None, allow_null=True)
    live_build = serializers.IntegerField(source="live.number", default=None, allow_null=True)
    live_since = serializers.DateTimeField(allow_null=True)
    draft_is_newer = serializers.BooleanField(help_text="Saved after the newest build, and different.")
    would_differ = serializers.BooleanField(
        help_text="A build would be another one although the draft was not saved since: categories, vendors, "
        "keys or browser modules changed."
    )
    build_is_newer = serializers.BooleanField(help_text="The newest build is not the live one.")
    sentences = Names()
    problems = DraftProblemSerializer(many=True)


class PriceSerializer(ApiSerializer):
    module = serializers.CharField()
    about = serializers.CharField()
    gzip = serializers.IntegerField(help_text="Bytes that it adds to the gzipped file.")


class SizesSerializer(ApiSerializer):
    """What a build of the draft would weigh, in bytes."""

    raw = serializers.IntegerField()
    gzip = serializers.IntegerField()
    brotli = serializers.IntegerField()
    modules = PriceSerializer(many=True)


class OfferedSyncSerializer(ApiSerializer):
    """An identity sync that a vendor of the pipeline declares, as it would run."""

    vendor = serializers.CharField()
    vendor_name = serializers.CharField()
    sync = serializers.CharField()
    method = serializers.CharField()
    about = serializers.CharField()
    enabled = serializers.BooleanField()
    lifetime_days = serializers.IntegerField()
    resync = serializers.BooleanField()
    timeout_ms = serializers.IntegerField()
    categories = Names()
    destinations = Names()


class ChangeSerializer(ApiSerializer):
    path = serializers.CharField()
    place = serializers.CharField(help_text="The path in words.")
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class WeightSerializer(ApiSerializer):
    raw = serializers.IntegerField()
    gzip = serializers.IntegerField()
    brotli = serializers.IntegerField()


class DifferencesSerializer(ApiSerializer):
    """What differs. `before` is null when there was nothing to compare with."""

    is_empty = serializers.BooleanField(help_text="The bytes are the same.")
    changes = ChangeSerializer(many=True)
    added_modules = Names()
    removed_modules = Names()
    has_other_modules = serializers.BooleanField(help_text="Made from another set of browser modules.")
    before = WeightSerializer(allow_null=True)
    after = WeightSerializer()


class SnippetSerializer(ApiSerializer):
    """The lines that a site pastes."""

    plain = serializers.CharField(help_text="Follows every deployment.")
    with_integrity = serializers.CharField(help_text="One build and no other (SRI); empty before a build.")
    with_nonce = serializers.CharField(help_text="For a strict CSP; NONCE stands for the server's.")
    without_inline = serializers.CharField()
    policy = serializers.CharField(help_text="What the Content-Security-Policy must allow for the file.")


class FindingSerializer(ApiSerializer):
    """What answers at the File Hosting URL."""

    state = serializers.ChoiceField([one.value for one in State])
    sentence = serializers.CharField(help_text="What was found, and the next step.")
    found = serializers.IntegerField(allow_null=True, help_text="The build that is there; null for none.")
    warnings = serializers.ListField(child=serializers.CharField())


def nested(problems: tuple[Problem, ...]) -> dict[str, Any]:
    """Problems as a serializer's errors, so that their pointers come out as they are."""
    tree: dict[str, Any] = {}
    for problem in problems:
        node = tree
        for step in problem.path:
            node = node.setdefault(step, {})
        node.setdefault("", []).append(ErrorDetail(problem.sentence, "invalid"))
    return tree
