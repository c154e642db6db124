"""Asking, and keeping the failure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tensorslab_api import Client, TaskKind, TensorsLabError
from tensorslab_api.types import DeleteReply

KEY = "very-secret-key"


def answer_of(ask: Callable[[], DeleteReply]) -> DeleteReply | TensorsLabError:
    try:
        return ask()
    except TensorsLabError as error:
        return error


def failure_of(client: Client, task_ids: list[str] | None = None) -> TensorsLabError:
    with pytest.raises(TensorsLabError) as caught:
        client.delete(TaskKind.IMAGE, task_ids or ["a"])
    return caught.value
