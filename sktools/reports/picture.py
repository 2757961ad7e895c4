"""A small SVG of a result: bars by block, for a README or a slide. Follows the reader's light or dark theme."""

from __future__ import annotations

from html import escape

from sktools.profiling.profile import Profile
from sktools.reports.figures import at_clock, count, cycles_per_mac, decimal, duration, kibibytes, percent, subjects
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR

WIDTH, LEFT, RIGHT, ROW, TOP = 760, 62, 300, 26, 104

OURS, THEIRS, RATIO = WIDTH - 200, WIDTH - 115, WIDTH - 20
"""Where the columns of figures end."""

STYLE = """
  .paper { fill: #ffffff; stroke: #dfe4ec; } .ink { fill: #1b2330; } .soft { fill: #5c6778; }
  .bar { fill: #4c78d8; } .theirs { fill: #9aa5b8; }
  text { font: 13px system-ui, "Segoe UI", Roboto, sans-serif; } .title { font-size: 17px; font-weight: 650; }
  .figure { text-anchor: end; font-variant-numeric: tabular-nums; }
  @media (prefers-color-scheme: dark) { .paper { fill: #1a1f28; stroke: #2b3340; } .ink { fill: #e7ebf2; }
    .soft { fill: #9ba7b9; } .bar { fill: #86a8f5; } }
"""


def block_picture(profile: Profile) -> str:
    """The block-latency bars with the run's main figures below, as the text of an .svg."""
    blocks = profile.blocks
    lines = _footer(profile)
    height = TOP + ROW * len(blocks) + 20 * len(lines) + 18
    published = BLOCK_MS_PER_SLEEP_HOUR.get(profile.model, {})
    longest = max([*(block.ms_per_sleep_hour or 0.0 for block in blocks), *published.values()], default=0.0) or 1.0
    room = WIDTH - LEFT - RIGHT - 24
    kind = profile.totals.latency_kind or "not counted"
    title = f"{profile.model}: {decimal(profile.totals.ms_per_sleep_hour)} ms per hour of sleep"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10"/>',
        f'<text class="ink title" x="20" y="32">{escape(title)}</text>',
        f'<text class="soft" x="20" y="54">{escape(_subtitle(profile, kind))}</text>',
    ]
    parts += _legend(kind, bool(published))
    for row, block in enumerate(blocks):
        y = TOP + ROW * row
        ratio = decimal(cycles_per_mac(block.cycles, block.macs))
        theirs = published.get(block.name)
        thick = 9 if published else 16
        parts += [
            f'<text class="ink" x="20" y="{y + 15}">{escape(block.name)}</text>',
            _bar("bar", y + 3, room * (block.ms_per_sleep_hour or 0.0) / longest, thick),
            f'<text class="ink figure" x="{OURS}" y="{y + 15}">{decimal(block.ms_per_sleep_hour, 3)}</text>',
            f'<text class="soft figure" x="{RATIO}" y="{y + 15}">{ratio}</text>',
        ]
        if theirs is not None:
            parts += [
                _bar("theirs", y + 13, room * theirs / longest, thick),
                f'<text class="soft figure" x="{THEIRS}" y="{y + 15}">{decimal(theirs, 3)}</text>',
            ]
    y = TOP + ROW * len(blocks) + 22
    parts += [f'<text class="soft" x="20" y="{y + 20 * row}">{escape(line)}</text>' for row, line in enumerate(lines)]
    return "\n".join([*parts, "</svg>", ""])


def _bar(kind: str, y: int, width: float, height: int) -> str:
    return f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{width:.1f}" height="{height}" rx="3"/>'


def _legend(kind: str, published: bool) -> list[str]:
    """What the bars and the columns of figures are."""
    y = TOP - 12
    parts = [
        f'<rect class="bar" x="{LEFT}" y="{y - 9}" width="10" height="10" rx="2"/>',
        f'<text class="soft" x="{LEFT + 16}" y="{y}">this run, {kind}</text>',
        f'<text class="soft figure" x="{OURS}" y="{y}">ms/h</text>',
        f'<text class="soft figure" x="{RATIO}" y="{y}">cycles/MAC</text>',
    ]
    if published:
        parts += [
            f'<rect class="theirs" x="{LEFT + 150}" y="{y - 9}" width="10" height="10" rx="2"/>',
            f'<text class="soft" x="{LEFT + 166}" y="{y}">published, interpreter, measured</text>',
            f'<text class="soft figure" x="{THEIRS}" y="{y}">published</text>',
        ]
    return parts


def _subtitle(profile: Profile, kind: str) -> str:
    return f"{profile.board} board, {profile.engine} engine; latency {kind} {at_clock(profile)}, by block"


def _footer(profile: Profile) -> list[str]:
    totals, memory = profile.totals, profile.memory
    lines = [
        f"{count(totals.cycles)} cycles and {count(totals.macs)} MACs for {duration(profile.frame_hours)} of sleep; "
        f"arena {kibibytes(memory.arena_bytes)}, flash {kibibytes(memory.flash_bytes)}",
        f"{profile.parity.mismatched:,} of {profile.parity.elements:,} activations differ from the reference kernels",
    ]
    score = profile.accuracy
    if score is not None:
        lines.append(
            f"device answers: accuracy {percent(score['accuracy'])}, kappa {decimal(score['kappa'], 3)} "
            f"on {subjects(score)} of {score['dataset']}{' (generated)' if score.get('synthetic') else ''}"
        )
    return lines
