"""How well the zoo's networks stage real nights: `python benchmarks/cross_validation.py --data DIR [MODEL ...]`.

Cross-validation over the subjects of Sleep-Accel: each is scored by a network (float) that never saw one of its
nights, and no subject of a fold chooses its weights. `--features fs-hr-14` gives the network heart rate and the time
since the start alone; `--normalisation causal` what a watch has while the night lasts. Its prior is fitted once, on
the nights that the zoo's models are trained on; those of the fold that is scored are among them.

`--overlap EPOCHS` also scores the mean of overlapping frames. `--together` trains, in every fold, one network on each
of both sets of heart-rate features, and scores their mean too; with `--teach`, their mean answers on the fold's
training nights then teach a third network, the student.

`--training-people` leaves out the people that the zoo's models hold out: to choose a recipe by. `--inner FOLDS` settles
in every fold, by folds of its own training people, what is best added to the logit of wake, and scores that too.
`--first ss-4` trains each network on the classes of ss-4 first, with another last layer, and goes on from its weights,
as a configuration with `training.first` does by itself.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from tabulate import tabulate

from sktools import zoo
from sktools.datasets.registry import Dataset, open_dataset
from sktools.features.feature_set import find_feature_set
from sktools.features.prior import fit_prior
from sktools.model_config import FeaturesConfig, ModelConfig, PriorConfig
from sktools.training.cross_validation import ALONE, STUDENT, cross_validate
from sktools.training.progress import Progress

REAL, SYNTHETIC = "sleep-accel", "synthetic"
WIDE, HEART_RATE, HEART_RATE_NIGHT = "fs-w-pa-14", "fs-hr-14", "fs-hr-night-14"


def prior_for(config: ModelConfig, datasets: list[Dataset]) -> PriorConfig:
    """Of the nights that the zoo's models are trained on."""
    feature_set = find_feature_set(config.features.set)
    tables = []
    for dataset in datasets:
        held_out = config.held_out.get(dataset.name, ())
        kept = [name for name in dataset.subjects() if name not in held_out]
        tables += [feature_set.extract(night) for night in dataset.recordings(kept)]
    return fit_prior(tables)


def configured(model: str, options: argparse.Namespace, datasets: list[Dataset]) -> ModelConfig:
    """The zoo's configuration with the features asked for."""
    config, _ = zoo.find_config(model)
    known = config.features.prior
    config = dataclasses.replace(config, features=FeaturesConfig(set=options.features, clip=config.features.clip))
    if options.normalisation == "causal":
        worth = options.prior_epochs or (known.epochs if known else PriorConfig.epochs)
        prior = dataclasses.replace(prior_for(config, datasets), epochs=worth)
        features = dataclasses.replace(config.features, normalisation="causal", prior=prior)
        config = dataclasses.replace(config, features=features)
    recipe = config.training
    if options.features != WIDE:
        # Other sets are of one sensor: there is none to lose.
        recipe = dataclasses.replace(recipe, sensor_dropout=0.0, heart_rate_only=0.0)
    recipe = dataclasses.replace(recipe, epochs=options.epochs or recipe.epochs, batch=options.batch or recipe.batch)
    if options.seed is not None:
        recipe = dataclasses.replace(recipe, seed=options.seed)
    if options.class_weight_power is not None:
        recipe = dataclasses.replace(recipe, class_weight_power=options.class_weight_power)
    if options.first is not None:
        recipe = dataclasses.replace(recipe, first=options.first)
    return dataclasses.replace(config, training=recipe)


def taught(config: ModelConfig) -> tuple[ModelConfig, tuple[ModelConfig, ...]]:
    """The student and its teachers, one of each set of heart-rate features, every one of another seed."""
    recipe = config.training
    other = dataclasses.replace(config.features, set=HEART_RATE_NIGHT)
    second = dataclasses.replace(recipe, seed=recipe.seed + 1)
    # The teachers' answers tell what is hard: the focal factor would do so twice.
    student = dataclasses.replace(recipe, seed=recipe.seed + 2, focal_gamma=0.0)
    return (
        dataclasses.replace(config, training=student),
        (config, dataclasses.replace(config, features=other, training=second)),
    )


def figures(report: dict[str, Any]) -> tuple[float | str, ...]:
    low, high = report["intervals"]["kappa"]
    recalls = ", ".join(f"{name} {scores['recall']:.2f}" for name, scores in report["per_class"].items())
    return report["accuracy"], report["f1"], report["kappa"], f"{low:.3f} to {high:.3f}", recalls


def show(step: Progress) -> None:
    if step.phase == "fit":
        print(f"\r{step.done}/{step.total} training epochs", end="", file=sys.stderr, flush=True)
    elif step.phase == "skip":
        print(step.message, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["ss-2", "ss-3", "ss-4", "ss-5"], metavar="MODEL")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of Sleep-Accel")
    parser.add_argument("--features", default=WIDE, choices=(WIDE, HEART_RATE, HEART_RATE_NIGHT))
    parser.add_argument("--normalisation", default="subject", choices=("subject", "causal"))
    parser.add_argument("--prior-epochs", type=float, metavar="EPOCHS", help="of the causal normalisation")
    parser.add_argument("--training-people", action="store_true", help="without those that the zoo's models hold out")
    parser.add_argument("--no-synthetic", action="store_true", help="train on the real nights alone")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="instead of the configuration's")
    parser.add_argument("--batch", type=int, help="instead of the configuration's")
    parser.add_argument("--seed", type=int, help="instead of the configuration's")
    parser.add_argument("--class-weight-power", type=float, metavar="POWER", help="instead of the configuration's")
    parser.add_argument("--overlap", type=int, metavar="EPOCHS", help="between overlapping frames")
    parser.add_argument("--first", metavar="MODEL", help="train on the classes of another model before, as on ss-4's")
    more = parser.add_mutually_exclusive_group()
    more.add_argument(
        "--inner", type=int, default=0, metavar="FOLDS", help="settle the decision for wake by inner folds"
    )
    more.add_argument("--together", action="store_true", help=f"needs --features {HEART_RATE} and --overlap")
    more.add_argument("--teach", action="store_true", help="as --together, and a student")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to a file")
    options = parser.parse_args()
    several = options.teach or options.together
    if several and (options.features != HEART_RATE or not options.overlap or options.normalisation != "subject"):
        parser.error(f"--together and --teach need --features {HEART_RATE}, --overlap and the normalisation by subject")
    real = open_dataset(REAL, options.data)
    # The synthetic cohort has features of FS-W-PA-14, and no heart-rate series that others could be made of.
    extra = [] if options.no_synthetic or options.features != WIDE else [open_dataset(SYNTHETIC)]
    rows, documents = [], {}
    for model in options.models:
        teachers: tuple[ModelConfig, ...] = ()
        config = configured(model, options, [real, *extra])
        if several:
            student, teachers = taught(config)
            config, teachers = (student, teachers) if options.teach else (teachers[0], teachers[1:])
        held_out = config.held_out.get(REAL, ()) if options.training_people else ()
        people = [name for name in real.subjects() if name not in held_out]
        result = cross_validate(
            config,
            real,
            extra,
            options.folds,
            show,
            options.overlap,
            teachers,
            options.teach,
            people,
            options.inner,
        )
        print(file=sys.stderr)
        reports = {**result.others, STUDENT if options.teach else ALONE: result.accuracy}
        documents[config.name] = reports
        rows += [(config.name, way, *figures(report)) for way, report in sorted(reports.items())]
    header = ("model", "answered by", "accuracy", "F1", "kappa", "95 % over subjects", "recall")
    print(tabulate(rows, header, floatfmt=".3f", tablefmt="github"))
    if options.json:
        options.json.write_text(json.dumps(documents, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
