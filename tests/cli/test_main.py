from __future__ import annotations

import errno
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sktools.cli import main
from sktools.cli.console import console, reset
from sktools.errors import (
    EXIT_FAILURE,
    EXIT_INTERRUPTED,
    EXIT_MISSING,
    EXIT_THRESHOLD,
    EXIT_USAGE,
    MissingError,
    SktoolsError,
    ThresholdError,
)

HEAVY = {
    "numpy", "scipy", "sklearn", "tensorflow", "keras", "ai_edge_litert", "tflite", "plotly", "rich", "jsonschema",
    "serial", "jinja2", "elftools", "yaml",
}  # fmt: skip


@pytest.fixture(autouse=True)
def fresh_console() -> Iterator[None]:
    yield
    reset()


def _loaded(*arguments: str) -> set[str]:
    """Top-level modules that a command line loads, heavy ones only."""
    script = (
        "import sys; from sktools.cli.main import run; code = run(sys.argv[1:]);"
        "print('\\nLOADED', *sorted({name.split('.')[0] for name in sys.modules})); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return HEAVY & set(done.stdout.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), *((name, "--help") for name in main.COMMANDS)])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert _loaded(*arguments) == set()


@pytest.mark.parametrize("name", main.COMMANDS)
def test_the_help_line_of_a_command_is_its_own(name: str) -> None:
    module = importlib.import_module(f"sktools.cli.{name.replace('-', '_')}")
    assert isinstance(module.command, click.Command)
    assert module.command.short_help == main.COMMANDS[name]


def _failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    @click.command()
    def broken() -> None:
        raise error

    monkeypatch.setattr(main.LazyGroup, "get_command", lambda self, context, name: broken)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SktoolsError("it is wrong", "do this"), EXIT_FAILURE),
        (ThresholdError("it is wrong", "do this"), EXIT_THRESHOLD),
        (MissingError("it is wrong", "do this"), EXIT_MISSING),
    ],
)
def test_an_error_is_one_line_and_a_hint(
    error: SktoolsError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _failing(monkeypatch, error)
    assert main.run(["run"]) == code
    assert capsys.readouterr() == ("", "error: it is wrong\nhint: do this\n")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), EXIT_INTERRUPTED, "interrupted"),
        (OSError(errno.ENOSPC, "No space left on device", "/x/y"), EXIT_FAILURE, "/x/y: No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), EXIT_FAILURE, "/x: Permission denied"),
        (MemoryError(), EXIT_FAILURE, "not enough memory"),
        (ZeroDivisionError("by\nzero"), EXIT_FAILURE, "internal error: ZeroDivisionError: by zero"),
    ],
)
def test_what_else_can_happen_is_one_line_too(
    error: BaseException,
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _failing(monkeypatch, error)
    assert main.run(["run"]) == code
    written = capsys.readouterr().err
    assert written.lstrip("\n").startswith(f"error: {told}\n")
    assert "Traceback" not in written


def test_vv_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from sktools.cli.options import talk

    @click.command()
    @talk
    def broken() -> None:
        raise SktoolsError("it is wrong")

    monkeypatch.setattr(main.LazyGroup, "get_command", lambda self, context, name: broken)
    main.run(["run", "-vv"])
    assert "Traceback" in capsys.readouterr().err


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["profil"]) == EXIT_USAGE
    assert "did you mean 'profile'?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["zoo"]])
def test_a_group_alone_shows_its_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main.run(arguments)
    captured = capsys.readouterr()
    assert (captured.out + captured.err).startswith("Usage: ") and "error:" not in captured.err


def test_a_usage_error_of_many_lines_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["export", "ss-2"]) == EXIT_USAGE
    first, hint = capsys.readouterr().err.splitlines()
    assert first.startswith("error: Missing option '--as'. Choose from: c-library, tflite") and hint.startswith(
        "hint: "
    )


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["zoo", "list", "--nonsense"]) == EXIT_USAGE
    assert capsys.readouterr().out == ""


def test_events_are_one_object_a_line(tmp_path: Path) -> None:
    console.open_events(tmp_path / "events")
    console.event("frame", index=3)
    console.event("done")
    lines = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["frame", "done"]
    assert lines[0]["index"] == 3


def test_json_leaves_stdout_to_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    console.as_json = True
    console.result("a table")
    console.info("building")
    console.document({"a": 1})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"a": 1}
    assert captured.err == "building\n"


def test_names_in_brackets_are_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.table import Table

    table = Table("[red]name[/red]")
    table.add_row("sktools[joulescope] :smile:")
    console.render(table)
    out = capsys.readouterr().out
    assert "[red]name[/red]" in out and "sktools[joulescope] :smile:" in out
