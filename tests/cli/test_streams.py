"""A terminal that knows few characters, a closed or full stdout or stderr, a reader that leaves: no command trips."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

_SAY = """\
from rich.table import Table
from sktools.cli import console
console.prepare_streams()
table = Table("mu", "caf\\udce9")
table.add_row("\\u00b5s", "\\u2588")
console.console.info("inf\\u00f8")
console.console.result("\\u2192")
console.console.render(table)
"""
"""Says what an ASCII terminal cannot show, by every way that there is."""


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, env={**os.environ, **environment}, timeout=60, check=False
    )


def sktools(arguments: str) -> str:
    return f"{shlex.quote(sys.executable)} -m sktools.cli.main {arguments}"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_terminal_takes_any_character(encoding: str, tmp_path: Path) -> None:
    script = tmp_path / "say.py"
    script.write_text(_SAY)
    done = shell(f"{shlex.quote(sys.executable)} {script}", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    text = done.stdout.decode(encoding)
    assert text.splitlines()[0] == ("→" if encoding == "utf-8" else "?")
    assert "caf?" in text


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_failure(closed: str) -> None:
    done = shell(sktools(f"list boards {closed}"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"apollo4p_evb" in done.stdout or ">&-" in closed.replace("2>&-", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_stderr_leaves_the_exit_code_its_own() -> None:
    assert shell(sktools("nonsense 2>/dev/full")).returncode == 2
    done = shell(sktools("list boards >/dev/full"))
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: No space left on device")


def test_a_reader_that_leaves_ends_the_command_in_silence() -> None:
    done = shell(f"({sktools('list boards')}; echo $? >&2) | true")
    assert done.stderr.split() in ([b"1"], [b"0"])
