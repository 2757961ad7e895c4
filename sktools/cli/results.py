"""Where results lie, and which one a command line means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sktools.cli import settings
from sktools.cli.options import Place

if TYPE_CHECKING:
    from sktools.profiling.bundle import Bundle


def results_root(output: Path | None = None) -> Path:
    """The folder below which bundles are written: --output, SKTOOLS_RESULTS, sktools.yaml or ./results."""
    return Path(settings.text("results", output))


def find_bundle(result: str, place: Place) -> Bundle:
    """A bundle by its folder or profile.json, or the newest of a <board>-<engine> folder or of a model.

    Raises UsageError where there is none.
    """
    from sktools.profiling.bundle import latest_bundle, load_bundle
    from sktools.zoo import entries

    path = Path(result)
    if (path / "profile.json").is_file() or (path.name == "profile.json" and path.is_file()):
        return load_bundle(path)
    if (path / "latest").is_file():
        return load_bundle(path / (path / "latest").read_text(encoding="utf-8").strip())
    root = results_root()
    names = {entry.name for entry in entries()} | {child.name for child in root.glob("*") if child.is_dir()}
    stem = path.stem if path.suffix == ".tflite" else result
    matches = [stem] if stem in names else sorted(name for name in names if name.startswith(f"{stem}-"))
    model = matches[0] if len(matches) == 1 else stem
    return latest_bundle(root, model, settings.text("board", place.board), settings.text("engine", place.engine))
