"""The cycle model against published cycles of hand-written code: `python benchmarks/cycle_model.py`.

Prices the recordings of tests/boards/published_functions.json and prints the validation table of docs/cycle-model.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tabulate import tabulate

from sktools.partial import temporary_folder

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.boards.pricing import FUNCTIONS, Priced, cost_table, errors, priced_functions


def summary(functions: tuple[Priced, ...]) -> list[list[object]]:
    """Group, number of functions, mean, standard deviation, least and largest error, without and with R7."""
    groups = {
        "all": list(functions),
        "aligned": [row for row in functions if row.is_aligned],
        "aligned, data in flash": [row for row in functions if row.is_aligned and row.has_flash_data],
        "misaligned": [row for row in functions if not row.is_aligned],
    }
    rows: list[list[object]] = []
    for name, own in groups.items():
        mean, deviation, least, largest = errors(own)
        high = errors(own, high=True)
        ours = [f"{mean:+.2f} %", f"{deviation:.2f}", f"{least:+.1f} to {largest:+.1f}"]
        rows.append([name, len(own), *ours, f"{high[0]:+.2f} %", f"{high[2]:+.1f} to {high[3]:+.1f}"])
    return rows


def main() -> None:
    with temporary_folder() as folder:
        functions = priced_functions(cost_table(Path(folder)))
    heads = ["functions", "n", "mean error", "sd", "range, %", "at most: mean", "range, %"]
    print(tabulate(summary(functions), heads, tablefmt="github"))
    print()
    rows = [
        [
            *(row.name, row.source, f"{row.published:,.1f}", f"{row.cycles:,}", f"{row.cycles / row.published:.3f}"),
            *(f"{row.high:,}", f"{row.misaligned:.2f}"),
        ]
        for row in functions
    ]
    heads = ["function", "source", "published", "model", "ratio", "at most", "misaligned wide"]
    print(tabulate(rows, heads, tablefmt="github", disable_numparse=True))
    print()
    for letter, where in json.loads(FUNCTIONS.read_text(encoding="utf-8"))["sources"].items():
        print(f"{letter}: {where}")


if __name__ == "__main__":
    main()
