"""--data: which folder belongs to which data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sktools.cli import settings
from sktools.errors import UsageError
from sktools.strict_yaml import suggest

if TYPE_CHECKING:
    from sktools.datasets.registry import Dataset


def open_datasets(names: Sequence[str], given: Sequence[str | Path]) -> list[Dataset]:
    """The data sets of a command line, looked up once, each with the folder of its files.

    given: 'DIR', for the one data set that needs a folder, or 'NAME=DIR'. Without any, SKTOOLS_DATA or sktools.yaml.
    Raises UsageError for an unknown data set, if it is not clear which data set a folder belongs to, and if one that
    needs a folder has none.
    """
    from sktools.datasets.feature_store import is_store
    from sktools.datasets.registry import Dataset, find_reader

    readers = {name: find_reader(name) for name in names}
    datasets = list(readers)
    needing = [name for name, reader in readers.items() if reader.needs_folder]
    found: dict[str, Path | None] = dict.fromkeys(datasets)
    plain: list[str] = []
    for item in map(str, given):
        name, equals, folder = item.partition("=")
        if equals and name in datasets:
            found[name] = Path(folder)
        elif equals and not Path(item).exists():
            raise UsageError(f"--data {item}: no data set '{name}' was named; {suggest(name, datasets)}")
        else:
            plain.append(item)
    open_names = [name for name in needing if found[name] is None]
    if not plain and open_names:
        configured = settings.optional("data")
        plain = [configured] if configured else []
    if len(plain) > 1 or (plain and len(open_names) > 1):
        raise UsageError(
            f"{len(plain)} folder(s) given for the data sets {', '.join(open_names) or 'none'}",
            "--data NAME=DIR, once for each",
        )
    if plain and open_names:
        found[open_names[0]] = Path(plain[0])
    elif plain and given and len(datasets) == 1 and is_store(Path(plain[0])):
        # Prepared features of a data set that reads no files itself.
        found[datasets[0]] = Path(plain[0])
    elif plain and given:
        _not_used(plain[0], datasets)
    missing = next((name for name in needing if found[name] is None), None)
    if missing is not None:
        raise UsageError(f"data set '{missing}' needs the folder of its files", _how_to_get(missing))
    return [Dataset(readers[name], found[name]) for name in names]


def _how_to_get(dataset: str) -> str:
    from sktools.datasets.download import SOURCES

    fetched = f"; sktools data download {dataset} --output DIR fetches them" if dataset in SOURCES else ""
    return f"--data DIR{fetched}"


def _not_used(folder: str, datasets: Sequence[str]) -> None:
    """Warns that a folder was given to data sets that read none."""
    from sktools.cli.console import console

    console.warning(f"--data {folder} is not used: {', '.join(datasets)} reads no files (--dataset names another)")
