"""Verdicts on calls, from `tensorslab_api`: the rooms above know the provider only through these names."""

from tensorslab_api.errors import Unanswered
from tensorslab_api.verdict import Ruling, Verdict, judge_delete, judge_look_up

__all__ = ["Ruling", "Unanswered", "Verdict", "judge_delete", "judge_look_up"]
