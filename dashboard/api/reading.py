"""Bodies, as strictly as files are read: JSON in UTF-8, with each name once."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.parser import Parser

from dashboard.api.refusing import Problem
from dashboard.register.importing.formats.json_values import Twice, loads

WRONG_TYPE = "Send JSON, with the header “Content-Type: application/json”."
NOT_UTF_8 = "The body is not UTF-8 text."
NOT_JSON = "The body is not JSON."
TWICE = "The body has an object that names something twice, so it is unclear which value counts."


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> object:  # type: ignore[override]
        if request.content_type != "application/json":
            raise Problem(WRONG_TYPE, status=415)
        try:
            return loads(request.body.decode())
        except UnicodeDecodeError as error:
            raise Problem(NOT_UTF_8, status=400) from error
        except Twice as error:
            raise Problem(TWICE, status=400) from error
        except (ValueError, RecursionError) as error:
            raise Problem(NOT_JSON, status=400) from error
