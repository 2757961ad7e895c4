"""Hostile .tflite files: a model or one clear error, and a model that is accepted computes what the reference does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.hostile.limits import check_memory, run_limited
from tests.hostile.outcomes import Outcome, essence, outcome
from tests.hostile.reference_child import frame_for
from tests.hostile.sanitized import Trouble, run_sanitized
from tests.hostile.seeds import seeds
from tests.soak.table import Amount, Figures, shards
from tests.support.tools import needs_cc

SHARDS = 20

_READ_ALL = """\
import json, sys, time
from collections import Counter
from tests.hostile.outcomes import outcome
first, count = int(sys.argv[1]), int(sys.argv[2])
counts, bugs = Counter(), []
for number in range(first, first + count):
    result = outcome(number)
    counts['bug' if result.bug else 'refused' if result.model is None else 'accepted'] += 1
    if result.bug:
        bugs.append(f'file {number} ({result.mutation}): {result.bug}')
print(json.dumps([counts, bugs[:5]]))
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    shards(metafunc, SHARDS)


@pytest.mark.timeout(3600)
def test_mutated_files_end_in_a_model_or_one_clear_error(shard: int, amount: Amount, figures: Figures) -> None:
    """In one process a shard, whose memory is measured; a hang ends it."""
    count = amount(400, 100_000 // SHARDS)
    ended = run_limited(_READ_ALL, str(shard * count), str(count), seconds=3000)
    assert ended.status == 0, ended.error
    counts, bugs = json.loads(ended.output)
    figures(
        "model files read, planned and emitted",
        files=count,
        accepted=counts.get("accepted", 0),
        refused=counts.get("refused", 0),
        crashes_and_unclear_errors=counts.get("bug", 0),
    )
    assert not bugs, "\n".join(bugs)
    assert counts["accepted"] > count // 20
    assert counts["refused"] > count // 3
    check_memory(ended)


@pytest.mark.parametrize("number", [55670, 65606])
def test_files_that_were_a_traceback_once(number: int) -> None:
    """Shapes swapped around a spread convolution: tensors without any axis where four are looked for."""
    ended = run_limited(_READ_ALL, str(number), "1", seconds=300)
    assert ended.status == 0, ended.error
    assert json.loads(ended.output)[1] == []


@needs_cc
@pytest.mark.timeout(3600)
def test_accepted_files_compute_what_the_reference_does(
    shard: int, amount: Amount, figures: Figures, tmp_path: Path
) -> None:
    chosen = _accepted(shard, amount(5, 500 // SHARDS))
    for result in chosen:
        (tmp_path / f"{result.number}.tflite").write_bytes(result.content)
    subprocess.run(
        [sys.executable, "-m", "tests.hostile.reference_child", str(tmp_path)],
        check=True,
        capture_output=True,
        timeout=1200,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    counts, troubles = Counter[str](), []
    for result in chosen:
        verdict, trouble = _compare(result, tmp_path)
        counts[verdict] += 1
        if trouble:
            troubles.append(f"file {result.number} ({result.mutation}): {trouble}")
    figures(
        "accepted model files compiled under ASan and UBSan, compared with the reference",
        files=len(chosen),
        equal=counts["equal"],
        refused_by_the_reference=counts["refused"],
        the_reference_crashed=counts["crashed"],
        different_or_stopped_by_a_sanitizer=counts["wrong"],
    )
    assert not troubles, "\n".join(troubles)
    assert counts["equal"] > len(chosen) // 2


def _accepted(shard: int, count: int) -> list[Outcome]:
    """Files of this shard whose C differs from the sound ones' and from each other's, no mutation too often."""
    found: list[Outcome] = []
    seen, mutations = {essence(model) for model in _sound_models()}, Counter[str]()
    for number in range(shard * 1_000_000 + 500_000, (shard + 1) * 1_000_000 + 500_000):
        result = outcome(number)
        if result.model is None or mutations[result.mutation] > count // 8 or essence(result.model) in seen:
            continue
        seen.add(essence(result.model))
        mutations[result.mutation] += 1
        found.append(result)
        if len(found) == count:
            return found
    raise AssertionError("too few files are accepted")


def _sound_models() -> list:
    from sktools.compiler import OPTIMIZE_LEVELS, compile_model

    return [compile_model(seed, name="hostile", optimize=level) for seed in seeds() for level in OPTIMIZE_LEVELS]


def _compare(result: Outcome, folder: Path) -> tuple[str, str]:
    """equal, refused, crashed (the reference, both) or wrong; and what is wrong."""
    model = result.model
    assert model is not None
    try:
        activations, output = run_sanitized(model, frame_for(model.input.elements), folder / f"build-{result.number}")
    except Trouble as trouble:
        return "wrong", str(trouble)
    note = json.loads((folder / f"{result.number}.json").read_text())
    if note["ended"] != "ran":
        return note["ended"], ""
    expected = np.load(folder / f"{result.number}.npz")
    seen = {str(layer.tensor): activations[layer.index] for layer in model.layers if layer.observable}
    seen["output"] = output
    different = [tensor for tensor, values in seen.items() if not np.array_equal(values, expected[tensor].ravel())]
    return ("wrong", f"tensors {different} differ ({model.optimize})") if different else ("equal", "")
