"""All that can be asked, put together."""

from __future__ import annotations

from django.conf import settings
from ninja import NinjaAPI
from ninja.operation import Operation

from dashboard.api import deletions, refusing, tasks
from dashboard.api.reading import StrictParser

DESCRIPTION = """\
Every call sends the header `Authorization: Bearer <token>`. What a token may do is its scopes, and what its person may
do now. What is refused is a problem (RFC 9457), whose `detail` is a sentence for people."""


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of a function in generated clients."""
        return operation.view_func.__name__


api = Api(
    title="TensorsLab tasks",
    version=settings.VERSION,
    description=DESCRIPTION,
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    parser=StrictParser(),
)
refusing.handle(api)
for room in (tasks, deletions):
    api.add_router("", room.router)
