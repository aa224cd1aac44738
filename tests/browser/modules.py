"""The module set that the files of these tests are made of: the one that is shipped."""

from integrations.core.tracking_file.modules import shipped_modules

MODULES = shipped_modules()
