"""What do the levels of --optimize cost? Runs one model at each level and prints a table.

python examples/optimize_levels.py [MODEL [BOARD [LEVEL...]]]
"""

from __future__ import annotations

import sys

import sktools

LEVELS = ("balanced", "speed", "size", "none")


def main(model: str = "ss-2", board: str = "virtual", *levels: str) -> int:
    print(f"{model} on {board}, one frame\n")
    print(f"{'level':10}{'cycles':>14}{'flash':>12}{'RAM':>12}  bytes that differ")
    for level in levels or LEVELS:
        try:
            profile = sktools.run(model, board=board, optimize=level, frames=1).profile
        except sktools.SktoolsError as error:
            print(f"{level:10} {error.message}; {error.hint}", file=sys.stderr)
            return error.exit_code
        cycles = "not counted" if profile.totals.cycles is None else f"{profile.totals.cycles:,.0f}"
        memory = profile.memory
        print(f"{level:10}{cycles:>14}{memory.flash_bytes:>12,}{memory.ram_bytes:>12,}  {profile.parity.mismatched}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
