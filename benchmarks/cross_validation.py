"""How well the zoo's networks stage real nights: `python benchmarks/cross_validation.py --data DIR [MODEL ...]`.

Cross-validation over the subjects of Sleep-Accel: each is scored by a network (float) that never saw one of its
nights, and no subject of a fold chooses its weights. `--features fs-hr-14` gives the network heart rate and the time
since the start alone; `--normalisation causal` what a watch has while the night lasts. Its prior is fitted once, on
the nights that the zoo's models are trained on; those of the fold that is scored are among them.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from tabulate import tabulate

from sktools import zoo
from sktools.datasets.registry import find_reader, recordings
from sktools.features.feature_set import find_feature_set
from sktools.features.prior import fit_prior
from sktools.model_config import FeaturesConfig, ModelConfig, PriorConfig
from sktools.training.cross_validation import cross_validate
from sktools.training.progress import Progress
from sktools.training.source import Source

REAL, SYNTHETIC = "sleep-accel", "synthetic"


def prior_for(config: ModelConfig, sources: list[Source]) -> PriorConfig:
    """Of the nights that the zoo's models are trained on."""
    feature_set = find_feature_set(config.features.set)
    tables = []
    for source in sources:
        held_out = config.held_out.get(source.dataset, ())
        kept = [name for name in find_reader(source.dataset).subjects(source.folder) if name not in held_out]
        tables += [feature_set.extract(night) for night in recordings(source.dataset, source.folder, kept)]
    return fit_prior(tables)


def configured(model: str, options: argparse.Namespace, sources: list[Source]) -> ModelConfig:
    """The zoo's configuration with the features asked for."""
    config, _ = zoo.find_config(model)
    config = dataclasses.replace(config, features=FeaturesConfig(set=options.features, clip=config.features.clip))
    if options.normalisation == "causal":
        features = dataclasses.replace(config.features, normalisation="causal", prior=prior_for(config, sources))
        config = dataclasses.replace(config, features=features)
    recipe = config.training
    if options.features != "fs-w-pa-14":
        # Other sets are of one sensor: there is none to lose.
        recipe = dataclasses.replace(recipe, sensor_dropout=0.0, heart_rate_only=0.0)
    if options.epochs:
        recipe = dataclasses.replace(recipe, epochs=options.epochs)
    return dataclasses.replace(config, training=recipe)


def show(step: Progress) -> None:
    if step.phase == "fit":
        print(f"\r{step.done}/{step.total} training epochs", end="", file=sys.stderr, flush=True)
    elif step.phase == "skip":
        print(step.message, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["ss-2", "ss-3", "ss-4", "ss-5"], metavar="MODEL")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of Sleep-Accel")
    parser.add_argument("--features", default="fs-w-pa-14", choices=("fs-w-pa-14", "fs-hr-14"))
    parser.add_argument("--normalisation", default="subject", choices=("subject", "causal"))
    parser.add_argument("--no-synthetic", action="store_true", help="train on the real nights alone")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="instead of the configuration's")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to a file")
    options = parser.parse_args()
    real = Source(REAL, options.data)
    # The synthetic cohort has features of FS-W-PA-14, and no heart-rate series that others could be made of.
    extra = [] if options.no_synthetic or options.features != "fs-w-pa-14" else [Source(SYNTHETIC)]
    rows, documents = [], {}
    for model in options.models:
        config = configured(model, options, [real, *extra])
        result = cross_validate(config, real, extra, options.folds, show).accuracy
        print(file=sys.stderr)
        documents[config.name] = result
        low, high = result["intervals"]["kappa"]
        recalls = ", ".join(f"{name} {scores['recall']:.2f}" for name, scores in result["per_class"].items())
        rows.append(
            (config.name, result["accuracy"], result["f1"], result["kappa"], f"{low:.3f} to {high:.3f}", recalls)
        )
    print(tabulate(rows, ("model", "accuracy", "F1", "kappa", "95 % over subjects", "recall"), floatfmt=".3f"))
    if options.json:
        options.json.write_text(json.dumps(documents, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
