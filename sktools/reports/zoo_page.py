"""The page "Sleep Stage Models" as Markdown with its assets, from the zoo's files and the results on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sktools.metrics.complexity import flops_per_sleep_hour, parameters
from sktools.model_config import BASE_STAGES, EPOCHS_PER_HOUR, ModelConfig
from sktools.profiling.bundle import Bundle
from sktools.profiling.profile import Profile
from sktools.reports import plots, profile_plots
from sktools.reports.page import markdown_page, plot_assets
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR, SCORES, SOURCE
from sktools.reports.slamss import slamss_metrics, slamss_work
from sktools.reports.yardsticks import yardstick_rows

PAGE = "sleep-stage-models.md"
ASSETS = "assets/zoo"
DOWNLOADS: Mapping[str, str] = {
    "configuration.json": "Configuration file",
    "model.keras": "Keras model file",
    "model.tflite": "TFLite model file",
    "metrics.json": "Metrics file",
    "README.md": "Model card",
}
"""Files that the page offers, and what they are."""
COMPARED = (3, 4)
BLOCK_MODEL = "ss-4-tcn-sm"
OWN_ENGINE = "aot"
MEASURES: Mapping[str, str] = {
    "SE": "sleep efficiency, %",
    "TST": "total sleep time, min",
    "SOL": "sleep latency, min",
    "WASO": "wake after sleep onset, min",
    "REM_latency": "REM latency, min",
}


@dataclass(frozen=True)
class ZooModel:
    """A model of the page. metrics: metrics.json, None where it is not trained. files: downloads, name -> content.

    results: its newest bundle of each engine, of the very same .tflite, as choose_results picks them.
    """

    config: ModelConfig
    metrics: Mapping[str, Any] | None
    results: Sequence[Bundle]
    files: Mapping[str, bytes]

    @property
    def title(self) -> str:
        return self.config.name.upper()

    @property
    def scores(self) -> Mapping[str, Mapping[str, Any]]:
        """The int8 model's scores by data set, real recordings before generated ones."""
        found: Mapping[str, Mapping[str, Any]] = (self.metrics or {}).get("int8", {})
        return dict(sorted(found.items(), key=lambda item: (bool(item[1]["synthetic"]), item[0])))

    @property
    def result(self) -> Bundle | None:
        """The bundle of the generated C."""
        return next((bundle for bundle in self.results if bundle.profile.engine == OWN_ENGINE), None)


@dataclass(frozen=True)
class Agreement:
    """A sleep measure that is plotted by night.

    kind: stands in the plot's name. measure: the key in metrics.json. unit: of the plot's axes. scale: how many of the
    units of metrics.json are one of them.
    """

    kind: str
    title: str
    measure: str
    unit: str
    scale: float = 1.0


AGREEMENTS = (
    Agreement("efficiency", "Sleep efficiency", "SE", "%"),
    Agreement("tst", "Total sleep time", "TST", "h", scale=60.0),
    Agreement("waso", "Wake after sleep onset", "WASO", "min"),
)


def choose_results(found: Iterable[Bundle], model: str, sha256: str) -> list[Bundle]:
    """The bundles to show for a model: one an engine, of this .tflite, measured before predicted, then the newest."""
    best: dict[str, Bundle] = {}
    for bundle in found:
        profile = bundle.profile
        fits = profile.model == model and profile.model_sha256 == sha256 and profile.totals.latency_kind is not None
        if fits and (profile.engine not in best or _rank(bundle) > _rank(best[profile.engine])):
            best[profile.engine] = bundle
    return sorted(best.values(), key=lambda bundle: (bundle.profile.engine != OWN_ENGINE, bundle.profile.engine))


def _rank(bundle: Bundle) -> tuple[bool, str]:
    return bundle.profile.totals.latency_kind == "measured", bundle.profile.created


def zoo_page(models: Sequence[ZooModel]) -> dict[str, bytes]:
    """The page's files, path -> content. What nothing on disk tells is an empty cell."""
    shown = _plots(models)
    text = markdown_page(
        "zoo_page.md.jinja",
        models=models,
        details={model.title: class_rows(model.config) for model in models},
        parameters={model.title: parameters(model.config.network) for model in models},
        flops={model.title: flops_per_sleep_hour(model.config.network) for model in models},
        causal=any(model.config.features.normalisation == "causal" for model in models),
        shown=set(shown),
        plot_name=plot_name,
        comparisons=[
            (stages, SCORES[stages], slamss_metrics(stages), _of_stages(models, stages)) for stages in COMPARED
        ],
        agreements=AGREEMENTS,
        block_rows=[row for model in models if model.config.name == BLOCK_MODEL for row in block_rows(model)],
        work=slamss_work(),
        kilo=kilo,
        recall=recall,
        hundredths=hundredths,
        interval=interval,
        measures=MEASURES,
        yardstick_rows=yardstick_rows,
        hours=lambda model: f"{model.config.network.epochs / EPOCHS_PER_HOUR:g}",
        digest=lambda content: hashlib.sha256(content).hexdigest(),
        published_source=SOURCE,
        block_model=BLOCK_MODEL.upper(),
        assets=ASSETS,
        downloads=DOWNLOADS,
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


def nights(score: Mapping[str, Any], agreement: Agreement) -> list[tuple[str, float, float]]:
    """Subject, true and answered value of each night of one data set's score; those that metrics.json does not tell
    are left out.
    """
    found = []
    for subject, row in (score.get("by_subject") or {}).items():
        sleep = row.get("sleep") or {}
        true, answered = (sleep.get(side, {}).get(agreement.measure) for side in ("true", "predicted"))
        if true is not None and answered is not None:
            found.append((subject, true / agreement.scale, answered / agreement.scale))
    return found


def interval(score: Mapping[str, Any], figure: str, scale: float = 1.0, digits: int = 3) -> str:
    """' (0.50 to 0.61)', the 95 % bootstrap interval of a figure, '' where it is not told."""
    ends = (score.get("intervals") or {}).get(figure)
    return f" ({scale * ends[0]:.{digits}f} to {scale * ends[1]:.{digits}f})" if ends else ""


def plot_name(kind: str, model: ZooModel, dataset: str = "") -> str:
    """The name of a plot on the page, fit for an HTML id."""
    return "-".join(part for part in (kind, model.config.name, dataset) if part)


def block_rows(model: ZooModel) -> list[tuple[str, float | None, str, float | None]]:
    """Block, milliseconds an hour of sleep, measured or predicted, and the published milliseconds."""
    published = BLOCK_MS_PER_SLEEP_HOUR.get(model.config.name, {})
    if model.result is None:
        return [(name, None, "", value) for name, value in published.items()]
    profile = model.result.profile
    kind = profile.totals.latency_kind or ""
    return [(block.name, block.ms_per_sleep_hour, kind, published.get(block.name)) for block in profile.blocks]


def kilo(value: float | None) -> str:
    """Bytes in KiB, nothing where there is no value."""
    return "" if value is None else f"{value / 1024:,.1f}"


def hundredths(share: float | None) -> str:
    """A share of 0 to 1 in percent, nothing where there is none."""
    return "" if share is None else f"{share * 100:.1f}"


def recall(score: Mapping[str, Any]) -> list[str]:
    """Recall by class in percent."""
    return [hundredths(row["recall"]) for row in score["per_class"].values()]


def _of_stages(models: Sequence[ZooModel], stages: int) -> list[ZooModel]:
    return [model for model in models if model.config.network.classes == stages]


def _plots(models: Sequence[ZooModel]) -> dict[str, plots.Plot]:
    found: dict[str, plots.Plot] = {}
    for model in models:
        for dataset, score in model.scores.items():
            matrix = plots.confusion(score["confusion"], model.config.classes.names, "answered")
            found[plot_name("confusion", model, dataset)] = matrix
            for agreement in AGREEMENTS:
                of_nights = nights(score, agreement)
                if of_nights:
                    names, true, answered = zip(*of_nights, strict=True)
                    plot = plots.agreement(names, true, answered, agreement.unit)
                    found[plot_name(agreement.kind, model, dataset)] = plot
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
