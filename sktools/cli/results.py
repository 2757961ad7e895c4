"""Where results lie, and which one a command line means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sktools.cli import settings
from sktools.cli.options import Place
from sktools.errors import UsageError

if TYPE_CHECKING:
    from sktools.profiling.bundle import Bundle


def results_root(output: Path | None = None) -> Path:
    """The folder below which bundles are written: --output, SKTOOLS_RESULTS, sktools.yaml or ./results."""
    return Path(settings.text("results", output))


def find_bundle(result: str, place: Place) -> Bundle:
    """A bundle by its folder or profile.json, or the newest of a <board>-<engine> folder, a model's folder or a model.

    Raises UsageError where there is none.
    """
    from sktools.profiling.bundle import LATEST, latest_bundle, load_bundle, newest_bundle
    from sktools.strict_yaml import suggest
    from sktools.zoo import entries, matching

    path = Path(result)
    if (path / "profile.json").is_file() or (path.name == "profile.json" and path.is_file()):
        return load_bundle(path)
    if (path / LATEST).is_file():
        return newest_bundle(path)
    root = results_root()
    board = settings.text("board", place.board).removesuffix(".yaml").rpartition("/")[2]
    engine = settings.text("engine", place.engine)
    of_model = path / f"{board}-{engine}"
    if (of_model / LATEST).is_file():
        return newest_bundle(of_model)
    names = {entry.name for entry in entries()} | {child.name for child in root.glob("*") if child.is_dir()}
    stem = path.stem if path.suffix == ".tflite" else path.name if path.is_dir() else result
    matches = matching(stem, names)
    if len(matches) != 1:
        known = f"it may be {' or '.join(matches)}" if matches else suggest(stem, names)
        raise UsageError(f"'{result}' is neither a result's folder nor a model; {known}", "sktools zoo list")
    return latest_bundle(root, matches[0], board, engine)
