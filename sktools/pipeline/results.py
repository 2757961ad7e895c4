"""`sktools.compare`, and which result a name means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from sktools import zoo
from sktools.errors import UsageError
from sktools.pipeline.options import AOT, VIRTUAL
from sktools.profiling import comparison
from sktools.profiling.bundle import LATEST, Bundle, latest_bundle, load_bundle, newest_bundle
from sktools.profiling.comparison import Comparison, Limit, load_limits, violations
from sktools.strict_yaml import suggest


def compare(
    before: str | Path | Bundle,
    after: str | Path | Bundle,
    *,
    limits: str | Path | Mapping[str, Limit] | None = None,
    results: str | Path = "results",
    board: str = VIRTUAL,
    engine: str = AOT,
) -> Comparison:
    """What changed from one result to another: `sktools compare`.

    before, after: a result that run() returned, its folder or profile.json, a <board>-<engine> folder (the newest of
    it), or a model's name (its newest on `board` and `engine` below `results`).
    limits: a YAML file of thresholds by figure, or Limits by figure.

    Returns the comparison: `figures`, `blocks` and `layers`, each a Delta with before, after, change and ratio; and
    `violations`, one line per limit that is not met. Raises UsageError if the two results cannot be compared.
    """
    first, second = (
        found if isinstance(found, Bundle) else find_bundle(str(found), Path(results), board, engine)
        for found in (before, after)
    )
    found = comparison.compare(first.profile, second.profile)
    bounds = load_limits(Path(limits)) if isinstance(limits, str | Path) else limits or {}
    return replace(found, violations=violations(found, bounds))


def find_bundle(
    result: str, root: Path, board: str, engine: str, note: Callable[[str], None] = lambda text: None
) -> Bundle:
    """A bundle by its folder or profile.json, or the newest of a <board>-<engine> folder, a model's folder or a model.

    root: the folder below which bundles are written. note: called with what to tell a user who asked for a retired
    model. Raises UsageError if there is none.
    """
    path = Path(result)
    if (path / "profile.json").is_file() or (path.name == "profile.json" and path.is_file()):
        return load_bundle(path)
    if (path / LATEST).is_file():
        return newest_bundle(path)
    board = board.removesuffix(".yaml").rpartition("/")[2]
    of_model = path / f"{board}-{engine}"
    if (of_model / LATEST).is_file():
        return newest_bundle(of_model)
    names = {entry.name for entry in zoo.entries()} | {child.name for child in root.glob("*") if child.is_dir()}
    stem = path.stem if path.suffix == ".tflite" else path.name if path.is_dir() else result
    matches = zoo.matching(stem, names)
    retired = not matches
    if retired:
        matches = zoo.successors(stem)
    if len(matches) != 1:
        known = f"it may be {' or '.join(matches)}" if matches else suggest(stem, names)
        raise UsageError(f"'{result}' is neither a result's folder nor a model; {known}", "sktools zoo list")
    if retired:
        note(zoo.retired_note(stem, matches[0]))
    return latest_bundle(root, matches[0], board, engine)
