"""What an answer, or a missing one, means. Pure functions: no clock, no network, no state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from tensorslab_api.errors import NotSent, TensorsLabError, Unanswered, UnusableKey
from tensorslab_api.types import DeleteReply, LookUpReply, Reply, TaskInfo

SUCCEEDED = 1000
FAILED = 9999
NO_CREDITS = 9000

LONGEST_REST = 3600.0
LONGEST_FORM = 200


class Ruling(StrEnum):
    """What the caller may believe after the call."""

    SUCCESS = "success"
    """A delete: the provider says that every id of the list is deleted."""
    REFUSED = "refused"
    """A delete: a well-formed failure. Any subset of the list may be gone."""
    ABSENT = "absent"
    """A look-up: the answer describes no task. Only its form tells whether that is true: see `Verdict.form`."""
    THERE = "there"
    """A look-up: the task exists."""
    OUT_OF_CREDITS = "out_of_credits"
    UNAUTHORIZED = "unauthorized"
    """The provider rejects the key, or there is none. It may do so after the work was done."""
    BUSY = "busy"
    """Try again, after `retry_after` if that is given."""
    NOT_SENT = "not_sent"
    """The request never left."""
    LOST = "lost"
    """No trustworthy answer: it may or may not have been carried out."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A ruling, and what it is based on."""

    ruling: Ruling
    sentence: str
    """A sentence for people. It is about this one call, not a whole deletion."""
    sent: bool = True
    """False if the request certainly never left."""
    http_status: int | None = None
    code: int | None = None
    status: str | None = None
    """`data.status` of a delete."""
    message: str = ""
    """The provider's own words, or empty."""
    retry_after: float | None = None
    """Seconds, 0 to 3,600; only with BUSY, and None if the provider named no sensible time."""
    info: TaskInfo | None = None
    """Only with THERE."""
    form: str = ""
    """A look-up's answer without the requested id, at most 200 characters: `there`, or with ABSENT `404 9999 Task does
    not exist`. Answers about ids that never existed, and about ids that surely exist, have forms too:
    what a form means can't be known in advance, so forms are only compared with each other.
    """
    error: str | None = None
    """Why there is no trustworthy answer; None if there is one."""


def judge_delete(answer: DeleteReply | TensorsLabError) -> Verdict:
    """Rules on a delete of one or more ids of one kind.

    SUCCESS needs all three: HTTP 200, code 1000, `Success`. An uncertain answer is LOST.
    """
    if isinstance(answer, TensorsLabError):
        return judge_error(answer)
    if verdict := judge_refusal_of_all(answer):
        return verdict
    done = (answer.http_status, answer.code) == (200, SUCCEEDED)
    if done and answer.status == "Success":
        return ruled(Ruling.SUCCESS, answer, "TensorsLab says that all of these are deleted.")
    refused = answer.code == FAILED or answer.http_status == 400 or (done and answer.status == "Failed")
    if is_certain(answer) and refused:
        return ruled(Ruling.REFUSED, answer, f"TensorsLab refused: {answer.message or 'it gave no reason.'}")
    return lost(answer)


def judge_look_up(answer: LookUpReply | TensorsLabError) -> Verdict:
    """Rules on a look-up of one id.

    THERE needs all three: HTTP 200, code 1000, and a description of the task. ABSENT needs an envelope of the
    provider's own: an HTML 404 may come from a wrong address.
    """
    if isinstance(answer, TensorsLabError):
        return judge_error(answer)
    if verdict := judge_refusal_of_all(answer):
        return verdict
    if not is_certain(answer):
        return lost(answer)
    if (answer.http_status, answer.code) == (200, SUCCEEDED) and answer.info is not None:
        return ruled(Ruling.THERE, answer, "The task is still there.", form="there")
    return ruled(Ruling.ABSENT, answer, "TensorsLab answered that it has no such task.", form=form_of(answer))


def is_certain(reply: Reply) -> bool:
    """Whether the answer is the provider's own envelope, from a server that neither failed nor redirects."""
    return reply.well_formed and (reply.http_status < 300 or 400 <= reply.http_status < 500)


def form_of(reply: LookUpReply) -> str:
    """The form of an answer: equal for two tasks that the provider answers alike, in any letter case of their ids."""
    # As a separate word, because a short id may be part of another word.
    its_id = rf"(?<!\w){re.escape(reply.task_id)}(?!\w)"
    words = re.sub(its_id, "", reply.message, flags=re.IGNORECASE)
    return " ".join(f"{reply.http_status} {reply.code} {words}".split())[:LONGEST_FORM].rstrip()


def judge_error(error: TensorsLabError) -> Verdict:
    """Rules on a call without a reply."""
    if isinstance(error, UnusableKey):
        return Verdict(ruling=Ruling.UNAUTHORIZED, sentence=error.sentence, sent=False, error=error.sentence)
    if isinstance(error, NotSent):
        return Verdict(ruling=Ruling.NOT_SENT, sentence=error.sentence, sent=False, error=error.sentence)
    http_status = error.http_status if isinstance(error, Unanswered) else None
    if http_status in (401, 403, 429):
        # The first line came and is enough; only the body, which would change nothing, broke off.
        empty = Reply(http_status=http_status, well_formed=False)
        return judge_refusal_of_all(empty) or lost(empty)
    return Verdict(ruling=Ruling.LOST, sentence=error.sentence, http_status=http_status, error=error.sentence)


def judge_refusal_of_all(reply: Reply) -> Verdict | None:
    """Rules on answers about the caller, not about a task; None for other answers.

    They may come after the work was done, so none of their sentences says that nothing was.
    """
    if reply.http_status in (401, 403):
        sentence = f"API key rejected ({reply.http_status}). Put a valid key in TENSORSLAB_API_KEY."
        return ruled(Ruling.UNAUTHORIZED, reply, sentence)
    redirect = 300 <= reply.http_status < 400
    if reply.well_formed and reply.code == NO_CREDITS and not redirect:
        return ruled(
            Ruling.OUT_OF_CREDITS, reply, "The TensorsLab account is out of credits (9000). Add credits there."
        )
    if reply.http_status == 429 or (reply.http_status == 503 and reply.retry_after is not None):
        rest = sensible(reply.retry_after)
        until = "" if rest is None else f" It asks to wait {rest:.3g} s."
        return ruled(Ruling.BUSY, reply, f"TensorsLab is busy ({reply.http_status}).{until}", retry_after=rest)
    return None


def sensible(retry_after: float | None) -> float | None:
    """The provider's value, or None if it is negative or longer than an hour."""
    if retry_after is None or not 0 <= retry_after <= LONGEST_REST:
        return None
    return retry_after


def lost(reply: Reply) -> Verdict:
    """The verdict LOST for a reply that can't be trusted."""
    if 300 <= reply.http_status < 400:
        sentence = (
            f"TensorsLab's address redirects (HTTP {reply.http_status}). It was not followed. Check TENSORSLAB_API_URL."
        )
    elif reply.http_status >= 500:
        sentence = f"TensorsLab failed (HTTP {reply.http_status})."
    elif not reply.well_formed:
        sentence = f"The answer (HTTP {reply.http_status}) is not one that TensorsLab documents."
    else:
        sentence = f"The answer (HTTP {reply.http_status}, code {reply.code}) is not one that TensorsLab documents."
    return ruled(Ruling.LOST, reply, sentence, error=sentence)


def ruled(
    ruling: Ruling,
    reply: Reply,
    sentence: str,
    *,
    retry_after: float | None = None,
    error: str | None = None,
    form: str = "",
) -> Verdict:
    """A verdict based on `reply`."""
    return Verdict(
        ruling=ruling,
        sentence=sentence,
        http_status=reply.http_status,
        code=reply.code,
        status=reply.status if isinstance(reply, DeleteReply) else None,
        message=reply.message,
        retry_after=retry_after,
        info=reply.info if isinstance(reply, LookUpReply) and ruling is Ruling.THERE else None,
        error=error,
        form=form,
    )
