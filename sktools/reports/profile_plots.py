"""What a profile shows: latency by block, cost against the floor, memory, quantization noise."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sktools.compiler.compiled import Buffer
from sktools.profiling.profile import Profile
from sktools.reports.figures import cycles_per_mac
from sktools.reports.plots import LIMIT, PALETTE, PRIMARY, SECONDARY, Plot, bars, figure, stacked_bars
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR

FLOOR_CYCLES_PER_MAC = 0.5
"""SMLAD does two multiply-accumulates in one cycle: no Cortex-M4 code is faster."""

LARGEST_MARK, SMALLEST_MARK = 34.0, 7.0
LABELLED_SHARE = 0.15
"""Buffers of at least this share of the arena carry their name."""
ENLARGED_FROM = 0.9
"""Small buffers that all lie above this share of the arena are drawn again, enlarged."""
CHARACTERS_ACROSS = 95
"""Of a plot as wide as paper."""


@dataclass(frozen=True)
class StepCost:
    """One step of the image: what the layers fused into it compute, and what it takes.

    name, op: of the layer that the cost stands at. macs: of all its layers. cycles: mean a frame. share: of the frame.
    """

    name: str
    op: str
    kernel: str
    macs: int
    cycles: float
    share: float


def step_costs(profile: Profile) -> tuple[StepCost, ...]:
    """Every step that multiplies, in order; none where nothing counted cycles."""
    total = profile.totals.cycles
    if not total:
        return ()
    found = []
    for step in sorted({layer.step for layer in profile.layers}):
        own = [layer for layer in profile.layers if layer.step == step]
        owner = max(own, key=lambda layer: layer.cycles or 0.0)
        macs, cycles = sum(layer.macs for layer in own), sum(layer.cycles or 0.0 for layer in own)
        if macs and cycles:
            found.append(StepCost(owner.name, owner.op, owner.kernel, macs, cycles, cycles / total))
    return tuple(found)


def block_latency(profile: Profile) -> Plot | None:
    """Milliseconds an hour of sleep by block, beside the published bars where there are some."""
    if profile.totals.ms_per_sleep_hour is None:
        return None
    names = [block.name for block in profile.blocks]
    ours = [block.ms_per_sleep_hour for block in profile.blocks]
    series: dict[str, tuple[Sequence[float | None], str]] = {
        f"this run ({profile.totals.latency_kind})": (ours, PRIMARY)
    }
    published = BLOCK_MS_PER_SLEEP_HOUR.get(profile.model)
    if published:
        series["published (interpreter, measured)"] = ([published.get(name) for name in names], SECONDARY)
    return bars(names, series, "ms per hour of sleep")


def cost_per_mac(profile: Profile) -> Plot | None:
    """Cycles a MAC of every step against its MACs, with the floor of the instruction set and the network's mean.

    The area of a mark is the step's share of the frame's cycles.
    """
    steps = step_costs(profile)
    mean = cycles_per_mac(profile.totals.cycles, profile.totals.macs)
    if not steps or mean is None:
        return None
    data: list[Plot] = []
    largest = max(step.share for step in steps)
    for number, op in enumerate(dict.fromkeys(step.op for step in steps)):
        own = [step for step in steps if step.op == op]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": op,
                "x": [step.macs for step in own],
                "y": [step.cycles / step.macs for step in own],
                "text": [
                    f"<b>{step.name}</b> ({step.kernel or step.op})<br>{step.macs:,} MAC, {step.cycles:,.0f} cycles"
                    f"<br>{step.share:.1%} of the frame"
                    for step in own
                ],
                "marker": {
                    "color": PALETTE[number % len(PALETTE)],
                    "opacity": 0.75,
                    "size": [max(SMALLEST_MARK, LARGEST_MARK * (step.share / largest) ** 0.5) for step in own],
                    "line": {"width": 0},
                },
                "hovertemplate": "%{text}<br>%{y:.2f} cycles/MAC<extra></extra>",
            }
        )
    ends = [min(step.macs for step in steps) / 1.6, max(step.macs for step in steps) * 1.6]
    for name, value, dash, color in (
        (f"mean of the network, {mean:.2f}", mean, "dot", SECONDARY),
        (f"floor, {FLOOR_CYCLES_PER_MAC}", FLOOR_CYCLES_PER_MAC, "dash", LIMIT),
    ):
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": ends,
                "y": [value] * 2,
                "line": {"color": color, "dash": dash, "width": 2},
                "hoverinfo": "skip",
            }
        )
    plot = figure(data, "cycles/MAC")
    marks = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500]
    plot["layout"]["yaxis"] |= {"type": "log", "tickvals": marks, "ticktext": [f"{mark:g}" for mark in marks]}
    powers = [10**power for power in range(10)]
    names = [f"{power:,}" if power < 1e6 else f"{power // 1_000_000:,} M" for power in powers]
    plot["layout"]["xaxis"] |= {
        "type": "log", "tickvals": powers, "ticktext": names, "title": {"text": "MACs of the step"},
    }  # fmt: skip
    return plot


def memory_plan(profile: Profile) -> Plot | None:
    """Arena buffers as boxes: steps along, bytes up, small ones grey. Where small ones lie on top of a large one, their
    part is drawn again above, enlarged.
    """
    if not profile.plan:
        return None
    arena = max(buffer.offset + buffer.size for buffer in profile.plan)
    steps = max(buffer.last_step for buffer in profile.plan) + 1
    large = [buffer for buffer in profile.plan if buffer.size >= LABELLED_SHARE * arena]
    colors = itertools.cycle(color for color in PALETTE if color != SECONDARY)
    boxes = [_box(buffer, next(colors) if buffer in large else SECONDARY) for buffer in profile.plan]
    names: Plot = {
        "type": "scatter",
        "mode": "text",
        "x": [(buffer.first_step + buffer.last_step) / 2 for buffer in large],
        "y": [buffer.offset + buffer.size / 2 for buffer in large],
        "text": [_fitting(buffer, (buffer.last_step - buffer.first_step + 1) / steps) for buffer in large],
        "hoverinfo": "skip",
    }
    plot = figure([*boxes, names], "bytes of the arena", showlegend=False)
    plot["layout"]["xaxis"] |= {"title": {"text": "step"}, "showgrid": False, "zeroline": False}
    plot["layout"]["yaxis"] |= {"range": [0, arena * 1.02], "tickformat": ",d"}
    small = min((buffer.offset for buffer in profile.plan if buffer not in large), default=0)
    if small > ENLARGED_FROM * arena:
        plot["data"] += [{**box, "yaxis": "y2"} for box in boxes]
        plot["layout"]["yaxis"]["domain"] = [0.0, 0.5]
        plot["layout"]["yaxis2"] = {
            "domain": [0.6, 1.0],
            "range": [small - 0.04 * (arena - small), arena + 0.04 * (arena - small)],
            "tickformat": ",d",
            "title": {"text": "the top", "standoff": 8},
            "fixedrange": True,
            "automargin": True,
        }
    return plot


def _fitting(buffer: Buffer, share: float) -> str:
    """What a box tells of itself: its name and size as far as they fit into its share of the plot's width."""
    lines = (_ends(buffer.name), f"{buffer.size:,} bytes")
    return "<br>".join(line for line in lines if len(line) <= share * CHARACTERS_ACROSS)


def _ends(name: str) -> str:
    """A buffer that many layers share in turn, by its first and last."""
    parts = name.split(" > ")
    return name if len(parts) < 3 else f"{parts[0]} … {parts[-1]}"


def _box(buffer: Buffer, color: str) -> Plot:
    left, right = buffer.first_step - 0.5, buffer.last_step + 0.5
    low, high = buffer.offset, buffer.offset + buffer.size
    return {
        "type": "scatter",
        "mode": "lines",
        "name": buffer.name,
        "x": [left, right, right, left, left],
        "y": [low, low, high, high, low],
        "fill": "toself",
        "line": {"color": color, "width": 1},
        "opacity": 0.75,
        "hoveron": "fills",
        "text": f"{_ends(buffer.name)}: {buffer.size:,} B at {buffer.offset:,}, "
        f"steps {buffer.first_step} to {buffer.last_step}",
        "hoverinfo": "text",
    }


def memory_use(profile: Profile) -> Plot:
    """Flash and RAM of the image that ran, by what they hold."""
    memory = profile.memory
    weights = min(memory.model_bytes, memory.flash_bytes)
    arena = min(memory.arena_bytes, memory.ram_bytes)
    return stacked_bars(
        {
            f"flash, {memory.flash_bytes:,} bytes": [
                ("weights and tables", weights), ("other flash", memory.flash_bytes - weights),
            ],
            f"RAM, {memory.ram_bytes:,} bytes": [
                ("arena", arena), ("other RAM", memory.ram_bytes - arena),
            ],
        },
        "bytes",
    )  # fmt: skip


def layer_sqnr(profile: Profile) -> Plot | None:
    """SQNR in dB of every observable layer."""
    layers = [layer for layer in profile.layers if layer.sqnr_db is not None]
    if not layers:
        return None
    blocks = list(dict.fromkeys(layer.block for layer in layers))
    shades = (PRIMARY, "rgba(76,120,216,0.55)")
    bar: Plot = {
        "type": "bar",
        "x": [layer.name for layer in layers],
        "y": [layer.sqnr_db for layer in layers],
        "marker": {"color": [shades[blocks.index(layer.block) % 2] for layer in layers]},
        "hovertemplate": "%{x}: %{y:.1f} dB<extra></extra>",
    }
    plot = figure([bar], "SQNR, dB", showlegend=False)
    plot["layout"]["xaxis"] |= {"tickangle": -60, "tickfont": {"size": 9}, "showgrid": False, "type": "category"}
    return plot
