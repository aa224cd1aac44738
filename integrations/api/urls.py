"""The paths of events, vendors and deliveries under /api/v1/."""

from __future__ import annotations

from django.urls import include, path

from accounts.api.base import Router
from integrations.api.attempts import Attempts
from integrations.api.clusters import Clusters
from integrations.api.consent_categories import ConsentCategories
from integrations.api.deliveries import Deliveries
from integrations.api.destinations import Destinations
from integrations.api.events import Events
from integrations.api.filters import FilterTrials
from integrations.api.metrics import Hourly
from integrations.api.pipelines import Pipelines
from integrations.api.replays import Replays
from integrations.api.tracking_file_builds import FileBuilds, FileDeployments
from integrations.api.tracking_files import TrackingFiles
from integrations.api.trials import Previews, TestSends
from integrations.api.vendor_questionnaires import Questionnaires
from integrations.api.vendors import VendorRevisions, Vendors
from integrations.api.write_keys import WriteKeys

FILE = r"(?P<file_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

router = Router()
router.register("clusters", Clusters, "cluster")
router.register("pipelines", Pipelines, "pipeline")
router.register("consent-categories", ConsentCategories, "consent-category")
router.register("write-keys", WriteKeys, "write-key")
router.register("vendors", Vendors, "vendor")
router.register(r"vendors/(?P<slug>[a-z0-9-]+)/revisions", VendorRevisions, "vendor-revision")
router.register("vendor-questionnaires", Questionnaires, "vendor-questionnaire")
router.register("destinations", Destinations, "destination")
router.register("destinations", Previews, "preview")
router.register("destinations", TestSends, "test-send")
router.register("destinations", FilterTrials, "filter-trial")
router.register("tracking-files", TrackingFiles, "tracking-file")
router.register(rf"tracking-files/{FILE}/builds", FileBuilds, "file-build")
router.register(rf"tracking-files/{FILE}/deployments", FileDeployments, "file-deployment")
router.register("events", Events, "event")
router.register("deliveries", Deliveries, "delivery")
router.register("attempts", Attempts, "attempt")
router.register("replays", Replays, "replay")

urlpatterns = [
    path("", include(router.urls)),
    path("metrics/hourly", Hourly.as_view(), name="metrics-hourly"),
]
