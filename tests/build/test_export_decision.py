"""The decision step of an exported library answers as Python's does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from sktools.build.export import ExportedDecision, library_files, random_vectors
from sktools.compiler.compile import compile_model
from sktools.metrics.decision import Decision
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_cc

ROWS, CLASSES = 32, 3
MAIN = """
#include <stdio.h>
#include "tiny.h"
int main(void)
{
    int8_t stages[TINY_ROWS];
    int epoch;
    if (fread(tiny_input(), 1, TINY_INPUT_BYTES, stdin) != TINY_INPUT_BYTES || scanf("%d", &epoch) != 1) {
        return 1;
    }
    tiny_invoke();
    tiny_decide(epoch, stages);
    return fwrite(stages, 1, sizeof stages, stdout) != sizeof stages;
}
"""


@needs_cc
@pytest.mark.parametrize("with_prior", [True, False])
def test_the_library_decides_as_python_does(tmp_path: Path, with_prior: bool) -> None:
    network = random_network(Family(frames=ROWS, filters=(8,), depths=(1,), dilations=(1,), classes=CLASSES, seed=7))
    prior = np.random.default_rng(1).integers(-40, 40, (4, CLASSES)).astype(np.int16)[: 4 * with_prior]
    exported = ExportedDecision(("WAKE", "NREM", "REM"), ROWS, 10, tuple(tuple(row) for row in prior.tolist()))
    model = compile_model(network, name="tiny", optimize="none")
    vectors = random_vectors(network, 3)
    for path, content in library_files(model, vectors, decision=exported).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert "tiny_decide\n" in (tmp_path / "exports.txt").read_text()
    (tmp_path / "try.c").write_text(MAIN)
    sources = [*(tmp_path / "src").rglob("*.c"), tmp_path / "try.c"]
    folders = {source.parent for source in (tmp_path / "src").rglob("*.h")} | {tmp_path / "include"}
    kernels = tmp_path / "src" / "kernels"
    command = ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", *(f"-I{folder}" for folder in {*folders, kernels})]
    subprocess.run([*command, *map(str, sources), "-o", str(tmp_path / "try")], check=True, capture_output=True)
    decision = Decision(CLASSES, 10, prior)
    for vector in vectors:
        output = np.array(vector.expected, np.int8).reshape(ROWS, CLASSES)
        for epoch in (-5, 0, 17, 500, -(1 << 31)):
            given = np.array(vector.input, np.int8).tobytes() + f"{epoch}\n".encode()
            answer = subprocess.run([tmp_path / "try"], input=given, check=True, capture_output=True).stdout
            plain = epoch == -(1 << 31)
            wanted = (
                output.argmax(axis=1).astype(np.int8) if plain else decision.decide(output, epoch + np.arange(ROWS))
            )
            assert answer == wanted.tobytes()
