"""sktools zoo: the models that ship with sktools."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import click

from sktools.cli import settings
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

    from sktools.metrics.yardsticks import CLOCK, computed, first_words

    warned: list[str] = []
    table = Table()
    for name in ("name", "classes", "from", "trained", "held-out subjects of"):
        table.add_column(name)
    for name in ("accuracy", "kappa", "clock's\nkappa"):
        table.add_column(name, justify="right")
    for row in rows:
        fixed = (row["name"], ", ".join(row["classes"]), row["origin"], "yes" if row["trained"] else "no")
        scores = row["metrics"] or {"-": {}}
        for number, (dataset, score) in enumerate(scores.items()):
            figures = (f"{score[key]:.3f}" if key in score else "-" for key in ("accuracy", "kappa"))
            clock = computed(score.get("yardsticks") or {}).get(CLOCK)
            beside = f"{clock['kappa']:.3f}" if clock else "-"
            table.add_row(*(fixed if number == 0 else ("",) * len(fixed)), dataset, *figures, beside)
            words = first_words(row["name"], score) if score and not score.get("synthetic") else ""
            warned += [f"{dataset}: {words}"] if words else []
    for line in warned:
        console.result(line)
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
    if entry.alias_note:
        console.warning(entry.alias_note)
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
                "normalisation": config.features.normalisation,
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


@command.command("score")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--data", multiple=True, metavar="DIR", help="Folder of the recordings, or NAME=DIR, once per data set.")
@machine_readable
@talk
def score(models: tuple[str, ...], data: tuple[str, ...]) -> None:
    """Score trained models again on their held-out people, and write metrics.json and the model card.

    Beside each model stand what it must beat: one constant answer, the clock alone, and boosted trees on the same
    features, both learned from the model's own training people. A model without clock.json gets one; its weights and
    its answers do not change.
    """
    from sktools.cli.folders import open_datasets
    from sktools.cli.training_view import TrainingView
    from sktools.reports.terminal import yardstick_table
    from sktools.training.rescoring import rescore
    from sktools.zoo import resolve

    found = {}
    for name in models:
        model = resolve(name)
        if model.alias_note:
            console.warning(model.alias_note)
        with TrainingView(f"scoring {model.name}") as view:
            metrics = rescore(model, lambda names: open_datasets(names, data), view.update)
        found[model.name] = metrics["int8"]
        if not console.as_json:
            for dataset, report in metrics["int8"].items():
                console.result(f"{model.name} on {dataset}, held-out subjects, int8")
                console.render(yardstick_table(model.name, report))
        console.result(f"wrote {model.folder}")
    console.document(found)


@command.command("pull")
@click.argument("model")
@click.option("--base", metavar="URL", help="Address of the zoo.  [default: SKTOOLS_ZOO_URL, or the published one]")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of the model.  [default: ./models/NAME]",
)
@click.option("--force", is_flag=True, help="Fetch anew, and replace what was pulled before.")
@machine_readable
@talk
def pull_model(model: str, base: str | None, output: Path | None, force: bool) -> None:
    """Fetch a published model: configuration.json, metrics.json, model.tflite and model.keras.

    Interrupted, the same command goes on where it stopped. A model that was fetched before comes from the cache. The
    folder then evaluates, builds and profiles like a model trained here.
    """
    from sktools.build.cache import cache_folder
    from sktools.zoo import LOCAL_FOLDER
    from sktools.zoo.configuration import RECORD_FILE
    from sktools.zoo.pull import BASE_URL, PullProgress, full_name, pull

    chosen = settings.optional("zoo_url", base)
    name = full_name(model, anything=chosen is not None)
    target = output or Path(LOCAL_FOLDER) / name
    with console.progress(f"pulling {name}", unit="files") as bar:

        def show(step: PullProgress) -> None:
            console.event("pull", file=step.name, done=step.files_done, total=step.files, bytes=step.bytes_done)
            bar.update(step.files_done, step.files, f"{step.name} {step.bytes_done / 1e6:,.2f} MB")

        pulled = pull(name, chosen or BASE_URL, target, cache_folder(), force, show)
    console.document({**pulled.record(), "folder": str(pulled.folder), "origin": pulled.origin})
    if pulled.origin != "network":
        where = "the cache" if pulled.origin == "cache" else f"{pulled.folder} already"
        console.info(f"in {where}, fetched {pulled.fetched}; --force fetches it anew")
    for file in pulled.files:
        console.result(f"{file.name}: {file.size:,} bytes, sha256 {file.sha256}")
    console.result(f"model: {pulled.folder} (addresses and checksums in {RECORD_FILE})")


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
    from sktools.reports.zoo_page import DOWNLOADS, PAGE, ZooModel, choose_results, zoo_page
    from sktools.zoo import TFLITE_FILE, entries

    found = bundles(results_root())
    models = []
    for entry in entries():
        config = entry.config()
        if config is None:
            continue
        files = {name: (entry.folder / name).read_bytes() for name in DOWNLOADS if (entry.folder / name).is_file()}
        digest = hashlib.sha256(files.get(TFLITE_FILE, b"")).hexdigest()
        models.append(ZooModel(config, _metrics(entry.folder), choose_results(found, entry.name, digest), files))
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
        "normalisation": config.features.normalisation if config else None,
        "metrics": (_metrics(folder) or {}).get("int8"),
    }


def _metrics(folder: Path) -> dict[str, Any] | None:
    """metrics.json, None where there is none; a published model's, of another layout, tells no scores here."""
    try:
        document = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    known = isinstance(document, dict) and "training_subjects" in document and isinstance(document.get("int8"), dict)
    return document if known else None
