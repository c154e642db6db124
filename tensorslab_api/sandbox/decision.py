"""What a delete of one list does and answers, by the options. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tensorslab_api.sandbox.existence import in_shard
from tensorslab_api.sandbox.options import AlreadyGone, Mode, Options


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The ids that are deleted, and the message of a failure; None for a success."""

    ids: list[str]
    words: str | None


def decide(ids: Sequence[str], options: Options, alive: Callable[[str], bool]) -> Decision:
    """Chooses the ids to delete, and the message, by the options."""
    objections = [words for task_id in ids if (words := objection(task_id, options, alive)) is not None]
    words = None if not objections or options.mode is Mode.LENIENT else objections[0]
    if objections and options.mode is Mode.ALL_OR_NOTHING:
        return Decision(ids=[], words=words)
    allowed = [task_id for task_id in heard(ids, options) if alive(task_id) and refusal(task_id, options) is None]
    return Decision(ids=[task_id for task_id in allowed if not lost(task_id, options)], words=words)


def objection(task_id: str, options: Options, alive: Callable[[str], bool]) -> str | None:
    """Why this id spoils the list; None if it does not."""
    if not alive(task_id):
        return missing_words(task_id, options) if options.already_gone is AlreadyGone.FAILURE else None
    return refusal(task_id, options)


def refusal(task_id: str, options: Options) -> str | None:
    """The message with which a living id is refused; None if it is not."""
    by_suffix = (words for end, words in options.refuse_suffix.items() if task_id.endswith(end))
    return options.refuse.get(task_id) or next(by_suffix, None)


def missing_words(task_id: str, options: Options) -> str:
    """The message for an id that is gone or never existed."""
    return options.missing_words.replace("{id}", task_id)


def heard(ids: Sequence[str], options: Options) -> Sequence[str]:
    """The part of the list that is not silently dropped."""
    if options.first_half:
        ids = ids[: (len(ids) + 1) // 2]
    return ids[: options.cut_at] if options.cut_at else ids


def lost(task_id: str, options: Options) -> bool:
    """Whether the id is silently not deleted."""
    return task_id in options.spared or in_shard(task_id, options.lost_shard)
