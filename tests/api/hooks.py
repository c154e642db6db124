"""For schemathesis: a key that is no part of what is tried is another with every request."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import uuid4

import schemathesis

_numbers, _run = count(1), uuid4()


@schemathesis.hook
def before_call(context: Any, case: Any, **about: Any) -> None:
    is_tried = case.meta is not None and case.meta.generation.mode.is_negative
    if case.headers and "Idempotency-Key" in case.headers and not is_tried:
        case.headers["Idempotency-Key"] = f"{_run}-{next(_numbers)}"
