"""What an answer, or the lack of one, means. Pure functions: no clock, no network, no state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tensorslab_api.errors import NotSent, TensorsLabError, Unanswered, UnusableKey
from tensorslab_api.types import DeleteReply, LookUpReply, Reply, TaskInfo

SUCCEEDED = 1000
FAILED = 9999
NO_CREDITS = 9000

LONGEST_REST = 3600.0


class Ruling(StrEnum):
    """What the caller may now believe."""

    SUCCESS = "success"
    """A delete: the provider says that every id of the list is deleted."""
    REFUSED = "refused"
    """A delete: a well-formed failure. Any subset of the list may be gone."""
    GONE = "gone"
    """A look-up: there is no such task."""
    THERE = "there"
    """A look-up: the task exists."""
    OUT_OF_CREDITS = "out_of_credits"
    UNAUTHORIZED = "unauthorized"
    """The provider rejects the key, or there is none to send."""
    BUSY = "busy"
    """Not done. Come again after `retry_after`."""
    NOT_SENT = "not_sent"
    """The request never left."""
    LOST = "lost"
    """No trustworthy answer: it may or may not have been done."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A ruling, and what it rests on."""

    ruling: Ruling
    sentence: str
    """What an operator reads. It speaks of this one call, not of a whole deletion."""
    sent: bool = True
    """False when the request certainly never left."""
    http_status: int | None = None
    code: int | None = None
    status: str | None = None
    """`data.status` of a delete."""
    message: str = ""
    """The provider's own words; empty when there are none."""
    retry_after: float | None = None
    """Seconds, 0 to 3,600; only with BUSY, and None when the provider named no sensible time."""
    info: TaskInfo | None = None
    """Only with THERE."""
    error: str | None = None
    """Why there is no trustworthy answer; None when there is one."""


def judge_delete(answer: DeleteReply | TensorsLabError) -> Verdict:
    """Rule on a delete of one or many ids of one kind.

    SUCCESS needs all three: HTTP 200, code 1000, `Success`. Whatever is not certain is LOST.
    """
    if isinstance(answer, TensorsLabError):
        return judge_error(answer, deleting=True)
    if verdict := judge_refusal_of_all(answer, deleting=True):
        return verdict
    done = (answer.http_status, answer.code) == (200, SUCCEEDED)
    if done and answer.status == "Success":
        return ruled(Ruling.SUCCESS, answer, "TensorsLab says that all of these are deleted.")
    certain = answer.well_formed and (answer.http_status < 300 or 400 <= answer.http_status < 500)
    if certain and (answer.code == FAILED or answer.http_status == 400 or (done and answer.status == "Failed")):
        return ruled(Ruling.REFUSED, answer, f"TensorsLab refused: {answer.message or 'it gave no reason.'}")
    return lost(answer)


def judge_look_up(answer: LookUpReply | TensorsLabError) -> Verdict:
    """Rule on a look-up of one id.

    GONE needs an envelope of the provider's own: an HTML 404 may be a wrong address, which must not mark tasks deleted.
    """
    if isinstance(answer, TensorsLabError):
        return judge_error(answer, deleting=False)
    if verdict := judge_refusal_of_all(answer, deleting=False):
        return verdict
    if answer.well_formed:
        if answer.http_status == 404 and answer.code != SUCCEEDED:
            return ruled(Ruling.GONE, answer, "TensorsLab has no such task.")
        if (answer.http_status, answer.code) == (200, FAILED):
            return ruled(Ruling.GONE, answer, "TensorsLab has no such task.")
        if (answer.http_status, answer.code) == (200, SUCCEEDED) and answer.info is not None:
            return ruled(Ruling.THERE, answer, "The task is still there.")
    return lost(answer)


def judge_error(error: TensorsLabError, *, deleting: bool) -> Verdict:
    """Rule on a call that brought no reply."""
    if isinstance(error, UnusableKey):
        return Verdict(ruling=Ruling.UNAUTHORIZED, sentence=error.sentence, sent=False, error=error.sentence)
    if isinstance(error, NotSent):
        return Verdict(ruling=Ruling.NOT_SENT, sentence=error.sentence, sent=False, error=error.sentence)
    http_status = error.http_status if isinstance(error, Unanswered) else None
    if http_status in (401, 403, 429):
        # The first line came and says all; only the body, which would change nothing, broke off.
        empty = Reply(http_status=http_status, well_formed=False)
        return judge_refusal_of_all(empty, deleting=deleting) or lost(empty)
    return Verdict(ruling=Ruling.LOST, sentence=error.sentence, http_status=http_status, error=error.sentence)


def judge_refusal_of_all(reply: Reply, *, deleting: bool) -> Verdict | None:
    """Rule on answers that are about the caller, not about any task; None when it is not one of them."""
    if reply.http_status in (401, 403):
        nothing = " This call deleted nothing." if deleting else ""
        sentence = f"API key rejected ({reply.http_status}).{nothing} Put a valid key in TENSORSLAB_API_KEY."
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
    """The provider's wish, unless it is negative or longer than an hour."""
    if retry_after is None or not 0 <= retry_after <= LONGEST_REST:
        return None
    return retry_after


def lost(reply: Reply) -> Verdict:
    """Nothing in this reply can be trusted to say what was done."""
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
    ruling: Ruling, reply: Reply, sentence: str, *, retry_after: float | None = None, error: str | None = None
) -> Verdict:
    """A verdict that rests on `reply`."""
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
    )
