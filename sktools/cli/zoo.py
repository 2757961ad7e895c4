"""sktools zoo: the models that ship with sktools."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import click

from sktools.cli.console import console, summary
from sktools.cli.options import machine_readable, talk


@click.group(short_help="the models that ship with sktools")
def command() -> None:
    """The model zoo: the packaged models and those in ./models."""


@command.command("list")
@machine_readable
@talk
def list_models() -> None:
    """Every model with its classes, size and whether it is trained."""
    from sktools.zoo import entries

    rows = [_row(entry.name, entry.folder, entry.origin, entry.trained) for entry in entries()]
    console.document(rows)
    if console.as_json:
        return
    from rich.table import Table

    table = Table()
    for name in ("name", "classes", "from", "trained", "held-out subjects of"):
        table.add_column(name)
    for name in ("accuracy", "kappa"):
        table.add_column(name, justify="right")
    for row in rows:
        fixed = (row["name"], ", ".join(row["classes"]), row["origin"], "yes" if row["trained"] else "no")
        scores = row["metrics"] or {"-": {}}
        for number, (dataset, score) in enumerate(scores.items()):
            figures = (f"{score[key]:.3f}" if key in score else "-" for key in ("accuracy", "kappa"))
            table.add_row(*(fixed if number == 0 else ("",) * len(fixed)), dataset, *figures)
    console.render(table)


@command.command("show")
@click.argument("model")
@machine_readable
@talk
def show(model: str) -> None:
    """One model: its network, classes, features and scores."""
    from sktools.model_config import resolved
    from sktools.zoo import find_entry

    entry = find_entry(model)
    config = entry.config()
    document = {
        **_row(entry.name, entry.folder, entry.origin, entry.trained),
        "config": resolved(config) if config else None,
    }
    console.document(document)
    if console.as_json or config is None:
        return
    network = config.network
    console.result(
        summary(
            {
                "name": entry.name,
                "description": config.description,
                "folder": entry.folder,
                "from": entry.origin,
                "trained": "yes" if entry.trained else "no",
                "input": f"{network.epochs} epochs of 30 s x {network.features} features ({config.features.set})",
                "classes": ", ".join(config.classes.names),
                "filters": _list(network.filters),
                "depths": _list(network.depths),
                "dilations": _list(network.dilations),
            }
        )
    )
    for dataset, score in (document["metrics"] or {}).items():
        console.result(
            f"{dataset}: accuracy {score['accuracy']:.3f}, kappa {score['kappa']:.3f} (held-out subjects, int8)"
        )


@command.command("page")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build") / "zoo",
    show_default=True,
    help="Folder of the page and its assets.",
)
@machine_readable
@talk
def page(output: Path) -> None:
    """Write the page "Sleep Stage Models" as Markdown, from the zoo's metrics and the results on disk."""
    from sktools.cli.files import write_bytes
    from sktools.cli.results import results_root
    from sktools.profiling.bundle import bundles
    from sktools.reports.zoo_page import DOWNLOADS, PAGE, ZooModel, choose_result, zoo_page
    from sktools.zoo import METRICS_FILE, TFLITE_FILE, entries

    found = bundles(results_root())
    models = []
    for entry in entries():
        config = entry.config()
        if config is None:
            continue
        files = {name: (entry.folder / name).read_bytes() for name in DOWNLOADS if (entry.folder / name).is_file()}
        digest = hashlib.sha256(files.get(TFLITE_FILE, b"")).hexdigest()
        metrics = json.loads(files[METRICS_FILE]) if METRICS_FILE in files else None
        models.append(ZooModel(config, metrics, choose_result(found, entry.name, digest), files))
    written = zoo_page(models)
    for name, content in written.items():
        write_bytes(output / name, content)
    console.document({"page": str(output / PAGE), "files": sorted(written)})
    console.result(f"page: {output / PAGE} ({len(written)} files)")


def _list(values: tuple[int, ...]) -> str:
    return " ".join(map(str, values))


def _row(name: str, folder: Path, origin: str, trained: bool) -> dict[str, Any]:
    from sktools.zoo import ZooEntry

    config = ZooEntry(name, folder, origin).config()
    return {
        "name": name,
        "folder": str(folder),
        "origin": origin,
        "trained": trained,
        "classes": list(config.classes.names) if config else [],
        "metrics": _metrics(folder),
    }


def _metrics(folder: Path) -> dict[str, Any] | None:
    path = folder / "metrics.json"
    if not path.is_file():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    found: dict[str, Any] = document.get("int8", {})
    return found
