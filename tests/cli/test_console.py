from __future__ import annotations

import sys

import pytest

from sktools.cli.console import SECONDS_BETWEEN_LINES, Console


@pytest.mark.parametrize(("seconds", "verbosity", "lines"), [(0.0, 0, 2), (0.0, 1, 11), (SECONDS_BETWEEN_LINES, 0, 11)])
def test_a_log_gets_lines_between_where_work_is_slow_or_asked_for(
    seconds: float, verbosity: int, lines: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 frames, each of which takes so many seconds of a clock that is not the real one."""
    now = [0.0]
    monkeypatch.setattr("sktools.cli.console.time.monotonic", lambda: now[0])
    with Console(verbosity=verbosity).progress("profiling") as progress:
        for frame in range(20):
            now[0] += seconds
            progress.update(frame + 1, 20, "parity exact")
    told = capsys.readouterr().err.splitlines()
    assert len(told) == lines
    assert told[0] == "profiling" and told[-1] == "profiling: 20 frames parity exact"
    assert all("/20 frames parity exact" in line for line in told[1:-1])


@pytest.mark.parametrize(("verbosity", "told"), [(0, "building it\n"), (-1, "")])
def test_waiting_is_one_line_before_the_work(verbosity: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Console(verbosity=verbosity, as_json=True).waiting("building it"):
        before = capsys.readouterr()
    after = capsys.readouterr()
    assert (before.out, before.err) == ("", told)
    assert (after.out, after.err) == ("", "")


def test_waiting_on_a_terminal_leaves_nothing_behind_but_what_was_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    console = Console(as_json=True)
    with console.waiting("building [it]"):
        console.info("a line meanwhile")
    shown = capsys.readouterr()
    assert shown.out == "" and "building [it]" in shown.err and "a line meanwhile" in shown.err
    assert shown.err.endswith("\x1b[2K")
