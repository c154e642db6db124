"""The product's settings, and the peer beside it."""

from dashboard.settings import *  # noqa: F403
from dashboard.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "bench.changelist"]
