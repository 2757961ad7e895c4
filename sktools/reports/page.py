"""report.html of a run: one self-contained file, light and dark, with plotly inline."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from sktools.metrics.yardsticks import first_words
from sktools.profiling.profile import Profile
from sktools.reports import figures, night_plots, plots, profile_plots
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR, SOURCE
from sktools.reports.sleep import label, limits
from sktools.reports.yardsticks import yardstick_notes, yardstick_rows

if TYPE_CHECKING:
    from markupsafe import Markup


MOST_NIGHTS = 60
"""Nights that a report holds; more would make the file heavy."""


def report_page(profile: Profile, metrics: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    """The HTML of one bundle.

    metrics: metrics.json; its `nights` (subject, true, device) give the hypnograms. provenance: manifest.json or its
    head.
    """
    classes = class_names(profile) or list(map(str, metrics.get("classes") or []))
    nights = shown_nights(metrics) if classes else []
    hypnograms = [night_plots.hypnogram(night, classes) for night in nights]
    shown = {
        "blocks": profile_plots.block_latency(profile),
        "cost": profile_plots.cost_per_mac(profile),
        "use": profile_plots.memory_use(profile),
        "memory": profile_plots.memory_plan(profile),
        "sqnr": profile_plots.layer_sqnr(profile),
        "confusion": plots.confusion(profile.accuracy["confusion"], classes) if profile.accuracy else None,
        "night": hypnograms[0] if hypnograms else None,
    }
    return render_page(
        "report.html.jinja",
        {name: plot for name, plot in shown.items() if plot},
        profile=profile,
        headline=figures.headline(profile),
        scores=_scores(profile),
        first_words=first_words(profile.model, profile.accuracy) if profile.accuracy else "",
        yardstick_notes=yardstick_notes(profile.accuracy) if profile.accuracy else [],
        subjects_told=figures.subjects_told(profile.accuracy) if profile.accuracy else "",
        rem=any(name.upper() in night_plots.REM_NAMES for name in classes),
        classes=classes,
        nights=[night_plots.night_label(night) for night in nights],
        hypnograms=_for_script(hypnograms),
        sleep=metrics.get("sleep"),
        sleep_label=label,
        sleep_limits=limits,
        plan_layout=(shown["memory"] or {}).get("layout", {}),
        planned=max((buffer.offset + buffer.size for buffer in profile.plan), default=0),
        more_nights=len(metrics.get("nights") or []) - len(nights),
        cycles_kind=figures.cycles_kind(profile),
        floor=profile_plots.FLOOR_CYCLES_PER_MAC,
        published=BLOCK_MS_PER_SLEEP_HOUR.get(profile.model, {}),
        published_source=SOURCE,
        wrong=[layer.name for layer in profile.layers if layer.parity and layer.parity.mismatched],
        noisiest=min(
            (layer for layer in profile.layers if layer.sqnr_db is not None),
            key=lambda layer: layer.sqnr_db or 0.0,
            default=None,
        ),
        made_by=made_by(provenance, str(metrics.get("frames_sha256") or "")),
        provenance=json.dumps(provenance, indent=2, sort_keys=True),
    )


def made_by(provenance: Mapping[str, Any], frames_sha256: str = "") -> list[tuple[str, str]]:
    """What a reader asks first of a manifest, as names and values; what it does not hold is left out.

    frames_sha256: digest of the frames that the board was given, '' where it is not known.
    """
    tools: Mapping[str, Any] = provenance.get("tools") or {}
    packages: Mapping[str, Any] = provenance.get("packages") or {}
    images: Mapping[str, Any] = provenance.get("image") or {}
    data: Mapping[str, Any] = provenance.get("data") or {}
    version = provenance.get("sktools")
    rows = [
        ("command", " ".join(map(str, provenance.get("command") or []))),
        ("sktools", f"{version}, revision {provenance.get('git') or 'not known'}" if version else ""),
        *((str(name), str(value)) for name, value in tools.items()),
        ("flags", " ".join(map(str, provenance.get("flags") or []))),
        ("system", ", Python ".join(str(provenance[key]) for key in ("system", "python") if provenance.get(key))),
        ("packages", ", ".join(f"{name} {value}" for name, value in packages.items())),
        ("data", ", ".join(f"{name}: {value}" for name, value in data.items())),
        *((f"SHA-256 of {name}", str(value)) for name, value in images.items()),
        ("SHA-256 of the frames", frames_sha256),
    ]
    return [(name, value) for name, value in rows if value]


def render_page(template: str, plots: Mapping[str, plots.Plot], **values: object) -> str:
    """A page from a template of this folder that extends base.html.jinja.

    plots: by name; each is drawn into the element plot-<name>. The template sees their names as `shown`.
    """
    page: str = (
        _environment()
        .get_template(template)
        .render(plots=_for_script(plots), shown=set(plots), plotly=_plotly_source(), plots_js=_drawing(), **values)
    )
    return page


def class_names(profile: Profile) -> list[str]:
    """The target classes, in the order of the confusion matrix; empty where nothing was scored."""
    return list(profile.accuracy["per_class"]) if profile.accuracy else []


def shown_nights(metrics: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The nights with the most scored epochs first; where none is scored, the longest. MOST_NIGHTS at most."""
    nights: list[Mapping[str, Any]] = list(metrics.get("nights") or [])
    scored = [night for night in nights if night_plots.scored_epochs(night)]
    if scored:
        return sorted(scored, key=lambda night: -night_plots.scored_epochs(night))[:MOST_NIGHTS]
    return sorted((night for night in nights if night["device"]), key=lambda night: -len(night["device"]))[:MOST_NIGHTS]


def _scores(profile: Profile) -> list[tuple[str, Mapping[str, Any]]]:
    if profile.accuracy is None:
        return []
    return [("device", profile.accuracy), ("host", profile.accuracy["host"]), *yardstick_rows(profile.accuracy)]


def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        loader=jinja2.FunctionLoader(
            lambda name: resources.files("sktools.reports").joinpath(name).read_text(encoding="utf-8")
        ),
    )
    environment.filters |= {
        "count": figures.count,
        "decimal": figures.decimal,
        "percent": figures.percent,
        "kibibytes": figures.kibibytes,
        "duration": figures.duration,
    }
    environment.globals["cycles_per_mac"] = figures.cycles_per_mac
    return environment


def markdown_page(template: str, **values: object) -> str:
    """Markdown from a template of this folder; its filter `cell` keeps a name from being read as markup."""
    environment = _environment()
    environment.autoescape = False
    environment.lstrip_blocks = True
    environment.filters["cell"] = lambda text: re.sub(r"([|<>`*_\[\]\\])", r"\\\1", " ".join(str(text).split()))
    text: str = environment.get_template(template).render(**values)
    return text


def plot_assets(plots: Mapping[str, plots.Plot]) -> dict[str, str]:
    """Scripts for a page that cannot hold them inline, in the order of loading: file name -> text."""
    return {
        "plotly.min.js": str(_plotly_source()),
        "plots.js": f"{_drawing()}\nskShow({_for_script(plots)});\n",
    }


def _for_script(document: Mapping[str, Any] | Sequence[Any]) -> Markup:
    """JSON that may stand inside a <script>: no name in it can close the element."""
    from markupsafe import Markup

    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _drawing() -> Markup:
    from markupsafe import Markup

    return Markup(resources.files("sktools.reports").joinpath("plots.js").read_text(encoding="utf-8"))


@functools.cache
def _plotly_source() -> Markup:
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())
