"""A pipeline's JavaScript file: configuration, then build, then deployment."""

from __future__ import annotations

import uuid

from django.db import models

from integrations.models.pipeline import Pipeline


class TrackingFile(models.Model):
    """A pipeline's JavaScript file. `draft` is what the next build is made of; a save of it tells nobody.

    Its id is the `analytics_file_id` of webhook payloads, constant over all builds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pipeline = models.OneToOneField(Pipeline, on_delete=models.CASCADE, related_name="tracking_file")
    draft = models.JSONField(default=dict, blank=True)
    draft_saved_at = models.DateTimeField(null=True, blank=True, editable=False)
    draft_saved_by = models.CharField(max_length=254, blank=True, editable=False)
    cache_seconds = models.PositiveIntegerField(
        "cache lifetime (seconds)",
        default=300,
        help_text="How long browsers and CDNs may keep the file before they ask again.",
    )
    live_build = models.ForeignKey(
        "FileBuild", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    live_since = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"Tracking file of {self.pipeline}"


class FileBuild(models.Model):
    """One build: immutable bytes with their number, hashes, sizes and the configuration they were made of."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tracking_file = models.ForeignKey(TrackingFile, on_delete=models.CASCADE, related_name="builds")
    number = models.PositiveIntegerField()
    config = models.JSONField()  # the resolved configuration, as `core.tracking_file.document` writes it
    modules = models.JSONField(default=list)  # names of the browser modules in it, in order
    module_set = models.CharField(max_length=64)  # which set of modules it was assembled from
    content = models.BinaryField()
    content_gzip = models.BinaryField()
    content_brotli = models.BinaryField()
    sha256 = models.CharField(max_length=64)  # hex, of the raw bytes; the strong ETag
    integrity = models.CharField(max_length=80)  # `sha384-...`, for the integrity attribute
    size = models.PositiveIntegerField()  # bytes, raw
    size_gzip = models.PositiveIntegerField()
    size_brotli = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=254)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["tracking_file", "number"], name="build_number_once_per_file")
        ]

    def __str__(self) -> str:
        return f"Build {self.number}"


class FileDeployment(models.Model):
    """A build was uploaded to the cluster, at first or again. The newest one is live."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tracking_file = models.ForeignKey(TrackingFile, on_delete=models.CASCADE, related_name="deployments")
    build = models.ForeignKey(FileBuild, on_delete=models.CASCADE, related_name="deployments")
    is_rollback = models.BooleanField(default=False)
    deployed_at = models.DateTimeField()
    deployed_by = models.CharField(max_length=254)

    class Meta:
        ordering = ["-deployed_at"]

    def __str__(self) -> str:
        return f"{self.build} of {self.deployed_at:%Y-%m-%d %H:%M}"
