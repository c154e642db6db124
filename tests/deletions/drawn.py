"""What is drawn for a game: what the provider is like, what goes wrong, and what people and workers do."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.deletions.small_world import WEATHER

TASKS = 16
OTHERS = 4
"""Tasks that nobody deletes, where a game has any: they can vouch for look-ups."""
WHOLE_ACCOUNT = ["401", "403", "9000", "429", "503:after", "9000:after"]
LOST = ["500", "502", "reset", "hang", "truncated", "empty", "not_json", "null_data", "code_as_text", "html_404"]
ODD = ["102", "103", "twice", "repeated_key", "repeated_key:after", "failed", "failed:after", "system_busy:look_up"]
FAULTS = [
    "",
    *WHOLE_ACCOUNT,
    *ODD,
    *LOST,
    *[f"{trouble}:after" for trouble in LOST],
    *[f"{trouble}:look_up" for trouble in LOST],
]
LATE = [f"{trouble}:late:delete" for trouble in ["500", "504", "reset", "hang", "failed", "401", "429"]]
NATURES: dict[str, dict[str, Any]] = {
    "honest": {},
    "late": {"late_seconds": 8},
    "lags": {"replica_lag": 6},
    "lacks": {"replica_lacks": 5},
    "takes all back": {"rollback_after": 30},
    "takes half back": {"rollback_after": 3, "rollback_share": 0.5},
    "loses a shard": {"lost_shard": 3},
    "cuts lists": {"cut_at": 1},
}
"""What a provider is like throughout a game. Two at once could not be told from what they are not."""
BUTTONS = [
    *["confirm", "remove", "undo", "pause", "pause", "resume", "resume", "resume", "stop", "stop"],
    *["retry", "delete_kept", "check", "accept", "approve", "approve", "approve", "decline", "withdraw"],
]
MEDDLING = ["hold", "hold", "hold", "lift", "lift", "import_again", "delete_elsewhere", "poison"]

number = st.integers(0, 11)
index = st.integers(0, TASKS - 1)
some = st.sets(index, min_size=1)
steps = st.integers(0, 2)


def act(name: str, **drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(drawn))


pressing = act("press", drawn=number, button=st.sampled_from(BUTTONS), late=st.sampled_from([-1, 0, 1]))
meddling = act("meddle", indices=some, what=st.sampled_from(MEDDLING))
ACTS = st.one_of(
    # Twice, so that people do as much as everybody else together.
    *[pressing, meddling, pressing, meddling],
    act("freeze", who=st.integers(0, 1), chosen=some, then=st.sampled_from(["now", "now", "less", "grace", "draft"])),
    act("spoil", faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3)),
    act("go_on_with_a_call", drawn=number, steps=steps),
    act("leave_or_release", drawn=number),
    act("lose_a_worker", drawn=number),
    act("find_it_alive", drawn=number, steps=steps),
    act("run_a_worker", what=st.sampled_from([*3 * ["tend"], *2 * ["arm_a_piece"], *3 * ["prepare"], "run_shift"])),
    act("turn", weather=st.sampled_from([*WEATHER, "clear"])),
)
