"""Admin pages of everything that routes events."""

from integrations.admin.attempt import AttemptAdmin
from integrations.admin.cluster import ClusterAdmin
from integrations.admin.consent_category import ConsentCategoryAdmin
from integrations.admin.delivery import DeliveryAdmin
from integrations.admin.destination import DestinationAdmin
from integrations.admin.event import EventAdmin
from integrations.admin.file_build import FileBuildAdmin
from integrations.admin.file_deployment import FileDeploymentAdmin
from integrations.admin.pipeline import PipelineAdmin
from integrations.admin.replay import ReplayAdmin
from integrations.admin.tracking_file import TrackingFileAdmin
from integrations.admin.vendor_questionnaire import VendorQuestionnaireAdmin
from integrations.admin.vendor_revision import VendorRevisionAdmin
from integrations.admin.write_key import WriteKeyAdmin

__all__ = [
    "AttemptAdmin",
    "ClusterAdmin",
    "ConsentCategoryAdmin",
    "DeliveryAdmin",
    "DestinationAdmin",
    "EventAdmin",
    "FileBuildAdmin",
    "FileDeploymentAdmin",
    "PipelineAdmin",
    "ReplayAdmin",
    "TrackingFileAdmin",
    "VendorQuestionnaireAdmin",
    "VendorRevisionAdmin",
    "WriteKeyAdmin",
]
