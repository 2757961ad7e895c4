"""The README.md of a trained model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sktools.datasets.registry import Dataset, Reader
from sktools.metrics import yardsticks
from sktools.metrics.complexity import flops_per_sleep_hour, macs_per_frame, parameters
from sktools.model_config import BASE_STAGES, EPOCH_SECONDS, ModelConfig
from sktools.training.split import Split
from sktools.training.validation_summary import card_lines


def model_card(
    config: ModelConfig, datasets: Sequence[Dataset], splits: Sequence[Split], metrics: Mapping[str, Any]
) -> str:
    """Markdown: what the model does, its data and split, held-out accuracy, limits and attribution."""
    readers = {dataset.name: dataset.reader for dataset in datasets}
    network = config.network
    hours = network.epochs * EPOCH_SECONDS / 3600
    stages = {
        name: ", ".join(BASE_STAGES[stage] for stage, target in config.classes.map.items() if target == index)
        for index, name in enumerate(config.classes.names)
    }
    lines = [
        f"# {config.name}",
        "",
        f"{config.description[0].upper()}{config.description[1:]}.",
        "",
        f"- Input: {network.epochs} epochs of {EPOCH_SECONDS} s ({hours:g} h), {network.features} features of "
        f"{config.features.set.upper()}, normalised "
        + ("over the subject's whole night" if config.features.normalisation == "subject" else "causally"),
        f"- Output: logits of {', '.join(config.classes.names)} for every epoch",
        f"- {parameters(network):,} parameters, {macs_per_frame(network):,} MAC a frame, "
        f"{flops_per_sleep_hour(network) / 1e6:.2f} MFLOP an hour of sleep",
        "",
        "| class | base stages |",
        "| --- | --- |",
        *[f"| {name} | {members} |" for name, members in stages.items()],
        "",
        "## Data and split",
        "",
        "Split by subject: no night of a held-out subject was seen in training, nor used to choose weights or ranges.",
        "",
        "| data set | trained on | validation | held out | held-out ids |",
        "| --- | --- | --- | --- | --- |",
        *[
            f"| {readers[split.dataset].title} | {len(split.train)} | {len(split.validation)} | "
            f"{len(split.held_out)} | {', '.join(split.held_out)} |"
            for split in splits
        ],
        "",
        *([f"Held-out rule: {config.held_out_rule}.", ""] if config.held_out_rule else []),
        *_first(config),
        *card_lines(metrics),
        "## Accuracy on held-out subjects (int8)",
        "",
        *[
            line
            for name, report in metrics["int8"].items()
            for line in _first_words(config.name, readers[name].title, report)
        ],
        "| data set | epochs | accuracy | F1 (weighted) | kappa | average precision | "
        + " | ".join(f"recall {name}" for name in config.classes.names)
        + " |",
        "| --- |" + " --- |" * (5 + network.classes),
        *[
            row
            for name, report in metrics["int8"].items()
            for row in (_row(readers[name].title, report), *_beside(readers[name].title, report))
        ],
        "",
        *_notes(readers, metrics),
        "## Limits",
        "",
        "- Not a medical device. Not for diagnosis or treatment, nor for any decision about a person's health.",
        "- Figures on the synthetic cohort tell how well the network learns the generator, not how it stages people.",
        "- Few real nights: the spread between subjects (metrics.json, by_subject) is wide.",
        "- Accuracy flatters on unbalanced nights; read kappa and recall.",
        "- Features that a device lacks are 0; training drops sensors at random to prepare the model for that.",
        "",
        "## Attribution",
        "",
        *[f"- {readers[split.dataset].title}: {readers[split.dataset].attribution}" for split in splits],
        "",
    ]
    return "\n".join(lines)


def _first_words(model: str, title: str, report: Mapping[str, Any]) -> list[str]:
    """What a reader must know before the figures, if there is anything."""
    words = yardsticks.first_words(model, report)
    return [f"**{title}: {words}.**", ""] if words and not report["synthetic"] else []


def _first(config: ModelConfig) -> list[str]:
    first, teacher = config.training.first, config.training.teacher
    taught = [
        "Besides the labels, trees taught the network: each night was answered by trees that did not see the person.",
        "",
    ]
    if first is None:
        return taught if teacher else []
    return [
        *(taught if teacher else []),
        f"The network learnt the classes of {first} first, with another last layer, then its own from those weights; "
        "each by the whole recipe, on the same subjects.",
        "",
    ]


def _row(title: str, report: Mapping[str, Any]) -> str:
    recalls = " | ".join(f"{scores['recall']:.3f}" for scores in report["per_class"].values())
    return (
        f"| {title} | {report['epochs']} | {report['accuracy']:.3f} | {report['f1']:.3f} | "
        f"{report['kappa']:.3f} | {report['average_precision']:.3f} | {recalls} |"
    )


def _beside(title: str, report: Mapping[str, Any]) -> list[str]:
    """Rows of the yardsticks that have scores."""
    return [
        f"| {title}: {yardsticks.title(name, row)} | {report['epochs']} | {row['accuracy']:.3f} | {row['f1']:.3f} | "
        f"{row['kappa']:.3f} | | "
        + " | ".join(f"{scores['recall']:.3f}" for scores in row["per_class"].values())
        + " |"
        for name, row in yardsticks.computed(report.get("yardsticks") or {}).items()
    ]


def _notes(readers: Mapping[str, Reader], metrics: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, drop in metrics["f1_drop"].items():
        lines.append(f"Weighted F1 lost by quantization on {readers[name].title}: {drop:+.4f}.")
    for name, kappa in metrics["oracle_kappa"].items():
        lines.append(
            f"The best classifier that knows the generator reaches kappa {kappa:.3f} on {readers[name].title}."
        )
    for name, scores in metrics["causal"].items():
        whole = metrics["int8"][name]["kappa"]
        lines.append(
            "Normalised causally, as a watch must while the night lasts (running statistics from the configuration's "
            f"prior), the same weights reach kappa {scores['kappa']:.3f} instead of {whole:.3f} "
            f"on {readers[name].title}."
        )
    return [part for line in lines for part in (line, "")]
