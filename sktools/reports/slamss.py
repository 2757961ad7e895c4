"""The comparison network SLAMSS on the zoo's own held-out nights, as benchmarks/slamss.py measured it, and its work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from sktools.metrics.slamss import EPOCHS, slamss_flops_per_sleep_hour
from sktools.model_config import EPOCHS_PER_HOUR
from sktools.reports.published import SLAMSS_FLOPS_PER_EPOCH


def slamss_metrics(stages: int) -> Mapping[str, Any]:
    """models/slamss-N/metrics.json: `float` holds the scores by data set; empty where the network was not trained."""
    file = resources.files("sktools.models").joinpath(f"slamss-{stages}", "metrics.json")
    try:
        found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def slamss_work() -> list[tuple[str, float]]:
    """Ways to count its work, and the floating-point operations an hour of sleep by each."""
    return [
        ("SLAMSS (published count)", SLAMSS_FLOPS_PER_EPOCH * EPOCHS_PER_HOUR),
        ("SLAMSS, a window every epoch", slamss_flops_per_sleep_hour(1)),
        (f"SLAMSS, a window every {EPOCHS} epochs", slamss_flops_per_sleep_hour(EPOCHS)),
    ]
