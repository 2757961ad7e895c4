from __future__ import annotations

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
