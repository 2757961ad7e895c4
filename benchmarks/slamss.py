"""The comparison network beside the zoo's: `python benchmarks/slamss.py --data DIR [--output models]`.

Trains SLAMSS for 3 and for 4 stages on the subjects that SS-3 and SS-4 were trained on (those that validated them are
trained on as well: nothing is chosen by them), scores it on the same held-out subjects, writes
OUTPUT/slamss-N/metrics.json, and prints both comparison tables and the work of each network as Markdown.
`--tables` prints from what is on disk.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tabulate import tabulate

from sktools import zoo
from sktools.datasets.registry import Dataset, open_dataset
from sktools.features.evaluation_set import evaluation_set, load_nights
from sktools.features.feature_set import find_feature_set
from sktools.metrics.complexity import flops_per_sleep_hour
from sktools.metrics.slamss import EPOCHS, slamss_costs, slamss_flops_per_sleep_hour, slamss_macs
from sktools.reports.published import SCORES, SLAMSS, SLAMSS_FLOPS_PER_EPOCH
from sktools.training.evaluation import scored
from sktools.training.slamss import slamss_logits, train_slamss
from sktools.training.tensorflow_setup import prepare_tensorflow

STAGES = (3, 4)
STEPS, BATCH = 400, 32


def measure(stages: int, datasets: list[Dataset], steps: int) -> dict[str, Any]:
    """Train and score SLAMSS for a number of stages; the document of its metrics.json."""
    config, entry = zoo.find_config(f"ss-{stages}")
    told = json.loads((entry.folder / zoo.METRICS_FILE).read_text(encoding="utf-8"))
    names = find_feature_set(config.features.set).names
    nights = [
        night for dataset in datasets for night in load_nights(config, dataset, told["training_subjects"][dataset.name])
    ]
    prepare_tensorflow(config.training.seed)

    def tell(step: int, loss: float) -> None:
        print(f"\rslamss-{stages}: step {step} of {steps}, loss {loss:.3f}", end="", file=sys.stderr, flush=True)

    model = train_slamss(nights, names, config, steps, BATCH, tell)
    print(file=sys.stderr)
    scores = {}
    for dataset in datasets:
        chosen = evaluation_set(config, dataset, subjects=told["held_out"][dataset.name])
        scores[dataset.name] = scored(chosen, slamss_logits(model, chosen.features, names), config.classes)
    return {
        "model": f"slamss-{stages}",
        "reference": SLAMSS,
        "seed": config.training.seed,
        "steps": steps,
        "batch": BATCH,
        "parameters": model.count_params(),
        "training_subjects": {dataset.name: told["training_subjects"][dataset.name] for dataset in datasets},
        "held_out": {dataset.name: told["held_out"][dataset.name] for dataset in datasets},
        "float": scores,
    }


def percent(score: dict[str, Any]) -> list[str]:
    recalls = [row["recall"] for row in score["per_class"].values()]
    return [f"{value * 100:.1f}" for value in (score["accuracy"], score["f1"], *recalls)] + [f"{score['kappa']:.3f}"]


def comparison(stages: int, folder: Path) -> str:
    """Published rows on MESA, and the measured ones by data set."""
    config, entry = zoo.find_config(f"ss-{stages}")
    ours = json.loads((entry.folder / zoo.METRICS_FILE).read_text(encoding="utf-8"))["int8"]
    theirs = json.loads((folder / f"slamss-{stages}" / zoo.METRICS_FILE).read_text(encoding="utf-8"))["float"]
    rows = [
        (row.reference + ", published", "MESA", row.accuracy, row.f1, *row.recall, "") for row in SCORES[stages]
    ] + [
        (name, dataset, *percent(score))
        for name, scores in (("SLAMSS, measured here (float)", theirs), (f"{config.name}, measured (int8)", ours))
        for dataset, score in scores.items()
    ]
    header = ("network", "data", "accuracy", "F1", *(f"recall {name}" for name in config.classes.names), "kappa")
    return str(tabulate(rows, header, tablefmt="github", disable_numparse=True))


def work() -> str:
    """Operations of SLAMSS by layer and of each network an hour of sleep, 2 a MAC."""
    layers = tabulate(
        [(cost.name, f"{cost.macs:,}") for cost in slamss_costs()] + [("in all", f"{slamss_macs():,}")],
        ("SLAMSS layer", f"MAC a window of {EPOCHS} epochs"),
        tablefmt="github",
    )
    reference = flops_per_sleep_hour(zoo.find_config("ss-4")[0].network)
    hours = [
        ("SLAMSS, as the sleep stage page counts it", SLAMSS_FLOPS_PER_EPOCH * 120),
        ("SLAMSS, a window every epoch", slamss_flops_per_sleep_hour(1)),
        (f"SLAMSS, a window every {EPOCHS} epochs", slamss_flops_per_sleep_hour(EPOCHS)),
        ("ss-4-tcn-sm", reference),
    ]
    table = tabulate(
        [(name, f"{flops / 1e6:,.2f}", f"{flops / reference:,.0f}") for name, flops in hours],
        ("network", "MFLOP an hour of sleep", "times ss-4-tcn-sm"),
        tablefmt="github",
        disable_numparse=True,
    )
    return f"{layers}\n\n{table}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of Sleep-Accel")
    parser.add_argument("--output", type=Path, default=Path("models"), metavar="DIR")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--tables", action="store_true", help="train nothing, print what is on disk")
    options = parser.parse_args()
    if not options.tables:
        if options.data is None:
            parser.error("--data DIR is needed to train")
        datasets = [open_dataset("sleep-accel", options.data), open_dataset("synthetic")]
        for stages in STAGES:
            document = measure(stages, datasets, options.steps)
            target = options.output / f"slamss-{stages}" / zoo.METRICS_FILE
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(target.name + ".partial")
            temporary.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            temporary.replace(target)
    for stages in STAGES:
        print(f"{stages} stages\n\n{comparison(stages, options.output)}\n")
    print(work())


if __name__ == "__main__":
    main()
