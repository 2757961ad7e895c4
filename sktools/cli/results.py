"""Where results lie, and which one a command line means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import BoardChoice

if TYPE_CHECKING:
    from sktools.profiling.bundle import Bundle


def results_root(output: Path | None = None) -> Path:
    """The folder below which bundles are written: --output, SKTOOLS_RESULTS, sktools.yaml or ./results."""
    return Path(settings.text("results", output))


def find_bundle(result: str, place: BoardChoice) -> Bundle:
    """The result that a command line names. Raises UsageError if there is none."""
    from sktools.pipeline import results

    board, engine = settings.text("board", place.board), settings.text("engine", place.engine)
    return results.find_bundle(result, results_root(), board, engine, console.warning)
