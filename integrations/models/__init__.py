"""What the product knows: configuration rows, hot deliveries, cold events, results and attempts."""

from integrations.models.access_token import AccessToken
from integrations.models.cluster import Cluster
from integrations.models.consent_category import ConsentCategory
from integrations.models.delivery import Attempt, Delivery, DeliveryRecord, DeliveryResult
from integrations.models.destination import Destination
from integrations.models.destination_draft import DestinationDraft
from integrations.models.event import Event
from integrations.models.hourly_count import HourlyCount
from integrations.models.lane import BreakerMoment, DestinationLane
from integrations.models.operation import Heartbeat, OperatorSwitch
from integrations.models.pipeline import Pipeline
from integrations.models.replay import Replay, ReplayDestination
from integrations.models.tracking_file import FileBuild, FileDeployment, TrackingFile
from integrations.models.vendor_questionnaire import VendorQuestionnaire
from integrations.models.vendor_revision import VendorRevision
from integrations.models.write_key import WriteKey

__all__ = [
    "AccessToken",
    "Attempt",
    "BreakerMoment",
    "Cluster",
    "ConsentCategory",
    "Delivery",
    "DeliveryRecord",
    "DeliveryResult",
    "Destination",
    "DestinationDraft",
    "DestinationLane",
    "Event",
    "FileBuild",
    "FileDeployment",
    "Heartbeat",
    "HourlyCount",
    "OperatorSwitch",
    "Pipeline",
    "Replay",
    "ReplayDestination",
    "TrackingFile",
    "VendorQuestionnaire",
    "VendorRevision",
    "WriteKey",
]
