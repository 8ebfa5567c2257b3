"""Long work can be watched on a terminal, read in a log, or not be heard at all."""

from __future__ import annotations

import io

import pytest

from lris import progress
from lris.progress import QUIET, console_progress


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


def test_quiet_progress_is_silent(capfd):
    with QUIET.task("Counting sheep", total=3) as advance:
        advance(1)
    QUIET.say("all counted")
    assert capfd.readouterr() == ("", "")


def test_a_log_gets_one_plain_line_for_each_step_and_sentence():
    log = io.StringIO()
    with console_progress(log) as told:
        with told.task("Loading a.csv", total=10) as advance:
            advance(4)
            advance(6)
        told.say("10 rows [loaded]")
    assert log.getvalue() == "Loading a.csv\n10 rows [loaded]\n"


def test_progress_goes_to_standard_error_and_leaves_standard_output_alone(capsys):
    with console_progress() as told:
        told.say("here")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "here\n")


def test_a_short_step_shows_no_bar_on_a_terminal():
    screen = Terminal()
    with console_progress(screen) as told, told.task("Quick [step]", total=2) as advance:
        advance(2)
    assert "Quick" not in screen.getvalue()


def test_a_long_step_shows_its_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    screen = Terminal()
    with console_progress(screen) as told, told.task("Slow [step]", total=4) as advance:
        advance(2)
        told.say("half [of] it is done")
    assert "Slow [step]" in screen.getvalue()
    assert "half [of] it is done" in screen.getvalue()


def test_a_step_that_fails_takes_its_bar_away_and_lets_the_fault_through():
    with (
        pytest.raises(ValueError, match="no such row"),
        console_progress(Terminal()) as told,
        told.task("Failing"),
    ):
        raise ValueError("no such row")
