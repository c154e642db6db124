"""The TensorsLab API in Python: deletes and looks up image and video tasks, and judges the answers.

It follows the two documents in `contract/`, knows no Django, and could be a package of its own.
"""

from tensorslab_api.client import Client
from tensorslab_api.errors import MissingKey, NotSent, TensorsLabError, Unanswered
from tensorslab_api.types import DeleteReply, LookUpReply, TaskInfo, TaskKind, TaskStatus
from tensorslab_api.verdict import Ruling, Verdict, judge_delete, judge_look_up

__all__ = [
    "Client",
    "DeleteReply",
    "LookUpReply",
    "MissingKey",
    "NotSent",
    "Ruling",
    "TaskInfo",
    "TaskKind",
    "TaskStatus",
    "TensorsLabError",
    "Unanswered",
    "Verdict",
    "judge_delete",
    "judge_look_up",
]
