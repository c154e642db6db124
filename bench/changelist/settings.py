"""The product's settings, with the peer added."""

from dashboard.settings import *  # noqa: F403
from dashboard.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "bench.changelist"]
