from __future__ import annotations

import io

from django.core.management.base import OutputWrapper

from dashboard.register.importing.meter import CLEAR, Meter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def meter(out: io.StringIO, times: list[float], **file) -> Meter:
    return Meter(OutputWrapper(out), name="tasks.csv", clock=iter(times).__next__, **file)


def a_quarter_read() -> dict[str, object]:
    stream = io.BytesIO(b"x" * 400)
    stream.seek(100)
    return {"stream": stream, "size": 400}


def test_a_terminal_sees_a_bar_that_is_drawn_over_itself():
    out = Terminal()
    shown = meter(out, [0.0, 10.0, 10.1], **a_quarter_read())
    shown.show(5_000)
    # Too soon to be worth drawing.
    shown.show(5_001)
    bar = f"tasks.csv  [{'#' * 6}{'.' * 18}]   25%  5,000 rows  500 rows/s  0:30 left"
    assert out.getvalue() == CLEAR + bar
    shown.clear()
    shown.clear()
    assert out.getvalue() == CLEAR + bar + CLEAR


def test_a_log_gets_a_line_now_and_then():
    out = io.StringIO()
    shown = meter(out, [0.0, 9.0, 10.0, 19.0, 20.0], **a_quarter_read())
    for rows in (900, 1_000, 1_900, 2_000):
        shown.show(rows)
    shown.clear()
    assert out.getvalue() == (
        "tasks.csv  25%  1,000 rows  100 rows/s  0:30 left\ntasks.csv  25%  2,000 rows  100 rows/s  1:00 left\n"
    )


def test_without_a_size_it_tells_what_came_of_it():
    out = io.StringIO()
    meter(out, [0.0, 10.0]).show(1_000)
    assert out.getvalue() == "tasks.csv  1,000 rows  100 rows/s\n"
