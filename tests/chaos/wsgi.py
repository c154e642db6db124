"""The web server's application, on a machine whose clock is wrong."""

from dashboard.wsgi import application
from tests.chaos.clocks import make_wrong

__all__ = ["application"]

make_wrong()
