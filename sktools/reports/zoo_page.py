"""The page "Sleep Stage Models" as Markdown with its assets, from the zoo's files and the results on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sktools.metrics.complexity import flops_per_sleep_hour, parameters
from sktools.model_config import BASE_STAGES, ModelConfig
from sktools.profiling.bundle import Bundle
from sktools.profiling.profile import Profile
from sktools.reports import plots, profile_plots
from sktools.reports.page import markdown_page, plot_assets
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR, SCORES, SOURCE

PAGE = "sleep-stage-models.md"
ASSETS = "assets/zoo"
DOWNLOADS = ("configuration.json", "model.keras", "model.tflite", "metrics.json")
COMPARED = (3, 4)
BLOCK_MODEL = "ss-4-tcn-sm"


@dataclass(frozen=True)
class ZooModel:
    """A model of the page. metrics: metrics.json, None where it is not trained. files: downloads, name -> content.

    result: its newest bundle of the very same .tflite, one that a board measured before a predicted one; or None.
    """

    config: ModelConfig
    metrics: Mapping[str, Any] | None
    result: Bundle | None
    files: Mapping[str, bytes]

    @property
    def title(self) -> str:
        return self.config.name.upper()

    @property
    def scores(self) -> Mapping[str, Mapping[str, Any]]:
        """The int8 model's scores by data set, real recordings before generated ones."""
        found: Mapping[str, Mapping[str, Any]] = (self.metrics or {}).get("int8", {})
        return dict(sorted(found.items(), key=lambda item: (bool(item[1]["synthetic"]), item[0])))


@dataclass(frozen=True)
class Night:
    """Scored hours of a night and what was slept of them, true and by the device's answers."""

    subject: str
    scored: float
    slept: float
    slept_device: float


def choose_result(found: Iterable[Bundle], model: str, sha256: str) -> Bundle | None:
    """The bundle to show for a model: of this .tflite, measured before predicted, the newest of those."""
    own = [
        bundle
        for bundle in found
        if bundle.profile.model == model
        and bundle.profile.model_sha256 == sha256
        and bundle.profile.totals.latency_kind is not None
    ]
    return max(
        own,
        key=lambda bundle: (bundle.profile.totals.latency_kind == "measured", bundle.profile.created),
        default=None,
    )


def zoo_page(models: Sequence[ZooModel]) -> dict[str, bytes]:
    """The page's files, path -> content. What nothing on disk tells is an empty cell."""
    shown = _plots(models)
    text = markdown_page(
        "zoo_page.md.jinja",
        models=models,
        details={model.title: class_rows(model.config) for model in models},
        parameters={model.title: parameters(model.config.network) for model in models},
        flops={model.title: flops_per_sleep_hour(model.config.network) for model in models},
        shown=set(shown),
        plot_name=plot_name,
        comparisons=[(stages, SCORES[stages], _of_stages(models, stages)) for stages in COMPARED],
        kilo=kilo,
        recall=recall,
        published_source=SOURCE,
        block_model=BLOCK_MODEL.upper(),
        assets=ASSETS,
    )
    files = {PAGE: text.encode()}
    files |= {f"{ASSETS}/{name}": script.encode() for name, script in plot_assets(shown).items()}
    for model in models:
        files |= {f"{ASSETS}/{model.config.name}/{name}": content for name, content in model.files.items()}
    return files


def class_rows(config: ModelConfig) -> list[tuple[str, int, str]]:
    """Base stages, class index and label, one row a class."""
    rows = []
    for target, name in enumerate(config.classes.names):
        stages = [f"{stage}-{BASE_STAGES[stage]}" for stage, mapped in config.classes.map.items() if mapped == target]
        rows.append((", ".join(stages), target, name))
    return rows


def nights(result: Bundle | None) -> list[Night]:
    """The nights of a result whose first class is wake; epochs of 30 s."""
    found = []
    for night in (result.metrics.get("nights") or []) if result else []:
        pairs = [(true, device) for true, device in zip(night["true"], night["device"], strict=True) if true >= 0]
        if pairs:
            slept, slept_device = (sum(pair[side] != 0 for pair in pairs) / 120 for side in (0, 1))
            found.append(Night(night["subject"], len(pairs) / 120, slept, slept_device))
    return found


def plot_name(kind: str, model: ZooModel, dataset: str = "") -> str:
    """The name of a plot on the page, fit for an HTML id."""
    return "-".join(part for part in (kind, model.config.name, dataset) if part)


def kilo(value: float | None) -> str:
    """Bytes in KB of 1,024, nothing where there is no value."""
    return "" if value is None else f"{value / 1024:,.1f}"


def recall(score: Mapping[str, Any]) -> list[str]:
    """Recall by class in percent."""
    return [f"{row['recall'] * 100:.1f}" for row in score["per_class"].values()]


def _of_stages(models: Sequence[ZooModel], stages: int) -> list[ZooModel]:
    return [model for model in models if model.config.network.classes == stages]


def _plots(models: Sequence[ZooModel]) -> dict[str, plots.Plot]:
    found: dict[str, plots.Plot] = {}
    for model in models:
        for dataset, score in model.scores.items():
            matrix = plots.confusion(score["confusion"], model.config.classes.names, "answered")
            found[plot_name("confusion", model, dataset)] = matrix
        of_nights = nights(model.result)
        if of_nights and model.config.classes.names[0] == "WAKE":
            found[plot_name("efficiency", model)] = plots.agreement(
                [night.subject for night in of_nights],
                [100 * night.slept / night.scored for night in of_nights],
                [100 * night.slept_device / night.scored for night in of_nights],
                "sleep efficiency, %",
            )
            found[plot_name("tst", model)] = plots.agreement(
                [night.subject for night in of_nights],
                [night.slept for night in of_nights],
                [night.slept_device for night in of_nights],
                "total sleep time, h",
            )
        if model.config.name == BLOCK_MODEL:
            found |= _blocks(model.result.profile if model.result else None, model)
    return found


def _blocks(profile: Profile | None, model: ZooModel) -> dict[str, plots.Plot]:
    if profile is not None:
        own = profile_plots.block_latency(profile)
        return {plot_name("blocks", model): own} if own else {}
    published = BLOCK_MS_PER_SLEEP_HOUR[model.config.name]
    series = {"published (interpreter, measured)": (list(published.values()), plots.SECONDARY)}
    return {plot_name("blocks", model): plots.bars(list(published), series, "ms per hour of sleep")}
