"""The stub of the snippet that customers paste, for the library's usual name."""

from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.snippet import stub

STUB = stub(FileConfig(write_key="wk_test", ingestion_url=""))
