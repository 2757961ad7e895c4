"""The benchmark of a run's time names functions that exist."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent.parent / "benchmarks" / "where_time_goes.py"


def test_every_part_is_a_function_that_a_run_calls() -> None:
    specification = importlib.util.spec_from_file_location("where_time_goes", FILE)
    assert specification is not None and specification.loader is not None
    benchmark = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = benchmark  # dataclasses look their module up
    specification.loader.exec_module(benchmark)
    for _, path in benchmark.PARTS:
        holder, name = benchmark.place(path)
        assert callable(getattr(holder, name)), path
