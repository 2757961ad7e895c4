"""The figures that the documentation derives, derived again."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import pytest

from sktools.boards.board import load_board
from sktools.reports.published import BLOCK_MS_PER_SLEEP_HOUR

ROOT = Path(__file__).resolve().parent.parent
CLOCK_HZ = 192e6


def _validation_rows() -> list[list[str]]:
    text = (ROOT / "docs" / "cycle-model.md").read_text(encoding="utf-8")
    rows = [line.strip("| \n").split(" | ") for line in text.splitlines() if re.match(r"\| (ENC|B\d|DEC)", line)]
    assert len(rows) == 8
    return rows


def test_the_validation_table_adds_up() -> None:
    for block, model, milliseconds, cycles, ratio in _validation_rows():
        published = BLOCK_MS_PER_SLEEP_HOUR["ss-4-tcn-sm"][block]
        assert float(milliseconds) == published
        assert float(cycles.replace(",", "")) == pytest.approx(published * 2e-3 * CLOCK_HZ, abs=0.5)
        assert float(ratio) == pytest.approx(float(model.replace(",", "")) / (published * 2e-3 * CLOCK_HZ), abs=5e-4)


def test_the_factor_is_the_inverse_of_the_mean_ratio() -> None:
    ratios = [
        float(model.replace(",", "")) / (float(milliseconds) * 2e-3 * CLOCK_HZ)
        for _, model, milliseconds, _, _ in _validation_rows()
    ]
    calibration = load_board("virtual").calibration
    assert calibration is not None
    assert calibration.factor == pytest.approx(1 / statistics.mean(ratios), rel=1e-3)
    assert statistics.pstdev(ratios) / statistics.mean(ratios) == pytest.approx(0.012, abs=5e-4)
