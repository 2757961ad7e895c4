"""sktools cross-validate: how well a model's recipe answers people that it did not learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import machine_readable, talk

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = ("", "kappa", "95 % over people", "above the clock", "accuracy", "recall", "stage minutes off by")


@click.command(short_help="score a model's recipe on people that it did not learn from")
@click.argument("model")
@click.option("--dataset", metavar="NAME", help="See sktools list datasets.  [default: sleep-accel]")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the recordings.")
@click.option("--folds", type=click.IntRange(min=2), default=5, show_default=True, metavar="N", help="Parts of people.")
@click.option("--seed", "seeds", type=int, multiple=True, metavar="N", help="May be given again.  [default: 42 and 7]")
@click.option("--baselines", is_flag=True, help="Fit gradient-boosted trees on the same features and folds too.")
@click.option("--hide", multiple=True, metavar="SENSOR", help="Answer without a sensor too, such as activity_counts.")
@click.option("--against", metavar="MODEL", help="Cross-validate another model too, and compare person by person.")
@click.option("--subjects", metavar="ID,ID", help="Only these people.  [default: all]")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("cross-validation"),
    show_default=True,
    help="Folder of the folds' answers; an interrupted run goes on from there.",
)
@machine_readable
@talk
def command(
    model: str,
    dataset: str | None,
    data: Path | None,
    folds: int,
    seeds: tuple[int, ...],
    baselines: bool,
    hide: tuple[str, ...],
    against: str | None,
    subjects: str | None,
    output: Path,
) -> None:
    """Train MODEL's recipe once per fold and seed, and score each person by the model that did not see them.

    Answers are int8 with the decision step; a model for a watch is scored live, at its recommended delay and others.
    Whatever is learned is learned inside each fold: priors, class weights, teachers, weights, int8 ranges.
    The trained models are not kept.
    """
    from sktools.cli.folders import open_datasets
    from sktools.cli.training_view import TrainingView
    from sktools.training.validation import ALONE, SEEDS, validate
    from sktools.training.validation_report import confusions, difference, report
    from sktools.zoo import find_config

    name = settings.text("dataset", dataset or "sleep-accel")
    (opened,) = open_datasets([name], [data] if data else [])
    people = subjects.split(",") if subjects else None
    tables, documents = {}, {}
    for wanted in [model, *([against] if against else [])]:
        config, entry = find_config(wanted)
        if entry.alias_note:
            console.warning(entry.alias_note)
        console.info(f"cross-validating {config.name} in {output}")
        with TrainingView(config.name) as view:
            runs = validate(
                config, opened, output, seeds or SEEDS, folds, hide, baselines, people, progress=view.update
            )
        tables[config.name] = confusions(runs, ALONE, len(config.classes.names))
        documents[config.name] = {"dataset": name, **report(runs, config.classes.names)}
    first, *others = documents
    document = {"model": first, **documents[first]}
    if others:
        gain = difference(tables[first], tables[others[0]])
        document["against"] = {"model": others[0], **gain, "ways": documents[others[0]]["ways"]}
    console.document(document)
    if console.as_json:
        return
    for key, found in documents.items():
        seed_names = ", ".join(map(str, found["seeds"]))
        console.result(
            f"{key} on {name}: {sum(map(len, found['folds']))} people, {found['epochs']:,} epochs, "
            f"{len(found['folds'])} folds, mean of seeds {seed_names}"
        )
        console.render(_table(found))
        after = found["calibration"]
        console.result(
            f"calibration error {after['error_before']:.3f}, {after['error']:.3f} by a temperature from the other folds"
        )
    if others:
        gain = document["against"]
        console.result(
            f"{first} less {others[0]}: kappa {gain['kappa']:+.3f}, "
            f"95 % {gain['interval'][0]:+.3f} to {gain['interval'][1]:+.3f} over people"
        )


def _table(document: dict[str, Any]) -> Table:
    from rich.table import Table

    from sktools.training.validation_report import rows

    table = Table()
    for column in COLUMNS:
        table.add_column(column)
    for row in rows(document):
        table.add_row(*row)
    return table
