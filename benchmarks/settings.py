"""The product's settings, with what it is compared with: an empty view and the obvious build."""

from s2sadmin.settings import *  # noqa: F403
from s2sadmin.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "benchmarks.obvious"]
ROOT_URLCONF = "benchmarks.urls"
