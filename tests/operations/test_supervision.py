from __future__ import annotations

from configparser import RawConfigParser

import pytest

from dashboard.operations import supervision


@pytest.fixture
def read(db: None):
    def read() -> RawConfigParser:
        parser = RawConfigParser()
        parser.read_string(supervision.configuration())
        return parser

    return read


def test_with_an_account_there_is_no_sandbox(read) -> None:
    assert read().sections() == ["supervisord", "program:web", "program:worker"]


def test_the_sandbox_stops_after_the_workers(read, settings) -> None:
    settings.SANDBOX = True
    parser = read()
    # supervisord stops what has the highest number first.
    assert parser.getint("program:sandbox", "priority") < parser.getint("program:web", "priority")
    assert parser.getint("program:web", "priority") < parser.getint("program:worker", "priority")


def test_a_worker_has_time_to_finish_its_calls(read, settings) -> None:
    settings.TENSORSLAB_TIMEOUT = 40.0
    assert read().getint("program:worker", "stopwaitsecs") == 55


def test_everything_is_restarted_when_it_dies(read, settings) -> None:
    settings.SANDBOX = True
    parser = read()
    assert {parser.get(program, "autorestart") for program in parser.sections()[1:]} == {"true"}


def test_the_web_server_listens_where_it_is_told(read, settings) -> None:
    settings.BIND, settings.PORT = "::1", 8123
    assert "--bind [::1]:8123 " in read().get("program:web", "command")


def test_a_percent_sign_in_a_path_survives(read, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path / "100%"
    assert read().get("supervisord", "logfile") == f"{tmp_path}/100%%/log/supervisord.log"
