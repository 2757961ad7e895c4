"""report.html of a run: one self-contained file, light and dark, with plotly inline."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from sktools.profiling.profile import Profile
from sktools.reports import figures, plots

if TYPE_CHECKING:
    from markupsafe import Markup


def report_page(profile: Profile, metrics: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    """The HTML of one bundle.

    metrics: metrics.json; its `nights` (subject, true, device) give the hypnogram. provenance: manifest.json or its
    head.
    """
    classes = class_names(profile)
    night = longest_night(metrics)
    shown = {
        "blocks": plots.block_latency(profile),
        "cost": plots.cost_per_mac(profile),
        "memory": plots.memory_plan(profile),
        "sqnr": plots.layer_sqnr(profile),
        "confusion": plots.confusion(profile.accuracy["confusion"], classes) if profile.accuracy else None,
        "night": plots.hypnogram(night, classes) if night else None,
    }
    return render_page(
        "report.html.jinja",
        {name: plot for name, plot in shown.items() if plot},
        profile=profile,
        headline=figures.headline(profile),
        scores=_scores(profile),
        classes=classes,
        night=night,
        cycles_kind=figures.cycles_kind(profile),
        floor=plots.FLOOR_CYCLES_PER_MAC,
        provenance=json.dumps(provenance, indent=2, sort_keys=True),
    )


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


def longest_night(metrics: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The night with the most scored epochs, the first of them where several tie."""
    nights = metrics.get("nights") or []
    return max(nights, key=lambda night: sum(stage >= 0 for stage in night["true"]), default=None)


def _scores(profile: Profile) -> list[tuple[str, Mapping[str, Any]]]:
    if profile.accuracy is None:
        return []
    return [("device", profile.accuracy), ("host", profile.accuracy["host"])]


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


def _for_script(document: Mapping[str, Any]) -> Markup:
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
