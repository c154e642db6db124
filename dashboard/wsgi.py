from __future__ import annotations

import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """Decodes every request as UTF-8, and ignores the charset that a request names.

    Python knows charsets that are no text, and charsets that yield characters which no database takes.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {}


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
application = get_wsgi_application()
application.request_class = Utf8Request
# Django loads the addresses at the first request. Here they are loaded once, for all processes, before anybody waits.
get_resolver().url_patterns  # noqa: B018 # loads them
