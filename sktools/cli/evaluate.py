"""sktools evaluate: score a model on recordings, on the host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sktools.cli import settings
from sktools.cli.console import console
from sktools.cli.options import hypnogram_file, lights_times, machine_readable, no_clock, talk
from sktools.errors import MissingError, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from sktools.datasets.registry import Dataset


@click.command(short_help="score a model on recordings, on the host")
@click.argument("model")
@click.option("--dataset", metavar="NAME", help="See sktools list datasets.  [default: synthetic]")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the recordings.")
@click.option("--subjects", metavar="ID,ID", help="Only these subjects.  [default: all that it was not trained on]")
@click.option("--include-training", is_flag=True, help="Score the subjects that it was trained on too; labelled so.")
@click.option(
    "--baselines", is_flag=True, help="Score gradient-boosted trees too, fitted on the model's training people."
)
@click.option(
    "--training-data",
    multiple=True,
    metavar="DIR",
    help="Folder of the recordings that the model was trained on, or NAME=DIR.  [default: that of --data]",
)
@lights_times
@click.option("--live", is_flag=True, help="Score MODEL as a watch answers, with a row for each delay.")
@no_clock
@hypnogram_file
@machine_readable
@talk
def command(
    model: str,
    dataset: str | None,
    data: Path | None,
    subjects: str | None,
    include_training: bool,
    baselines: bool,
    training_data: tuple[str, ...],
    lights_off: str | None,
    lights_on: str | None,
    live: bool,
    no_clock: bool,
    hypnogram: Path | None,
    hypnogram_format: str | None,
) -> None:
    """Score MODEL with the reference kernels on every subject that it was not trained on.

    Beside the model stand what it must beat: one constant answer, the time since the start of the night without any
    sensor, and with --baselines gradient-boosted trees on the same features, fitted on the people that the model was
    trained on and on nobody else.

    With --live, and always for a model that is meant for a watch, each answer comes from the frame that ends now: every
    30 s the newest 2 h, with zeros for what lies before the night. The answer for an epoch is read some minutes later.
    The scores are those at the model's recommended delay; --live shows every delay.

    Sleep statistics have the names and definitions of YASA. Nights without labels get predicted ones and are not
    scored.
    """
    from sktools.cli.folders import open_datasets
    from sktools.cli.run_view import RunView
    from sktools.pipeline.evaluate import EVALUATE
    from sktools.pipeline.options import RunOptions
    from sktools.pipeline.stage import carry_out

    opened = open_datasets([settings.text("dataset", dataset)], [data] if data else [])[0]
    same = [f"{opened.name}={opened.folder}"] if opened.folder is not None else []

    def training(names: Sequence[str]) -> list[Dataset]:
        known = [item for item in same if opened.name in names]
        try:
            return open_datasets(names, training_data or known)
        except UsageError as error:
            if training_data:
                raise
            raise MissingError(f"{error.message} (--training-data DIR)", error.hint) from error

    options = RunOptions(
        model=model,
        dataset=opened,
        subjects=subjects.split(",") if subjects else None,
        include_training=include_training,
        baselines=baselines or bool(training_data),
        open_training=training,
        lights_off=lights_off,
        lights_on=lights_on,
        live=live,
        stage_prior=not no_clock,
        hypnogram=hypnogram,
        hypnogram_format=hypnogram_format,
    )
    with RunView() as view:
        work = carry_out(EVALUATE, options, view.update)
    console.document(work.score)
    if not console.as_json:
        _show(work.model.name, work.score)


def _show(name: str, score: dict[str, Any]) -> None:
    from sktools.metrics.yardsticks import first_words
    from sktools.reports.live import decision_lines, live_table
    from sktools.reports.sleep import sleep_tables
    from sktools.reports.terminal import yardstick_table
    from sktools.reports.yardsticks import yardstick_notes

    kind = " (synthetic data)" if score["synthetic"] else ""
    if score["epochs"]:
        console.result(f"{name} on {score['dataset']}{kind}: {_people(score['subjects'])}, {score['epochs']:,} epochs")
        warned = first_words(name, score)
        if warned:
            console.result(warned)
        console.render(_table(score))
        console.render(yardstick_table(name, score))
        if "live" in score:
            console.render(live_table(score))
        for line in decision_lines(score["decision"]):
            console.result(line)
        for note in yardstick_notes(score):
            console.result(note)
    if score["unlabelled_subjects"]:
        console.result(f"without labels, so not scored: {_people(score['unlabelled_subjects'])}")
    nights = [{"subject": subject, **row["sleep"]} for subject, row in score.get("by_subject", {}).items()]
    nights += [{"subject": subject, "true": None, **row["sleep"]} for subject, row in score["unlabelled"].items()]
    for part in sleep_tables(nights, score.get("sleep", {})):
        console.render(part)
    if score["left_out"]:
        console.result(f"left out: {score['left_out']} subjects that the model was trained on")
    if score["training_included"]:
        console.result(f"includes {len(score['training_included'])} subjects that the model was trained on")


def _people(subjects: Sequence[str]) -> str:
    """'1 subject', '5 subjects'."""
    return f"{len(subjects)} subject{'s' * (len(subjects) != 1)}"


def _table(score: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column("")
    for name in ("precision", "recall", "F1", "epochs"):
        table.add_column(name, justify="right")
    for name, row in score["per_class"].items():
        table.add_row(
            name, *(f"{row[key] * 100:.1f} %" for key in ("precision", "recall", "f1")), f"{row['support']:,}"
        )
    table.add_section()
    table.add_row("accuracy", "", "", f"{score['accuracy'] * 100:.1f} %", "")
    table.add_row("weighted F1", "", "", f"{score['f1'] * 100:.1f} %", "")
    table.add_row("kappa", "", "", f"{score['kappa']:.3f}", "")
    table.add_row("average precision", "", "", f"{score['average_precision'] * 100:.1f} %", "")
    return table
