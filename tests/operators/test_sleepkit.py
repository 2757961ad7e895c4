"""sleepKIT's published checkpoint equals the oracle.

SLEEPKIT_CHECKPOINT names it: a .tflite, or the header that holds it, which is evb/src/model_buffer.h of
AmbiqAI/sleepkit at 9e2a241 (59,736 bytes of model).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sktools.compiler import compile_model
from tests.support.operator_networks import Network, assert_equal_to_the_oracle
from tests.support.tools import needs_cc

CHECKPOINT = os.environ.get("SLEEPKIT_CHECKPOINT", "")


def _content(path: Path) -> bytes:
    if path.suffix == ".tflite":
        return path.read_bytes()
    return bytes(int(byte, 16) for byte in re.findall(r"0x([0-9a-fA-F]{2})\b", path.read_text(encoding="utf-8")))


@needs_cc
@pytest.mark.skipif(not CHECKPOINT, reason="SLEEPKIT_CHECKPOINT does not name the checkpoint")
@pytest.mark.parametrize("optimize", ["none", "balanced"])
def test_every_layer_equals_the_oracle(optimize: str, tmp_path: Path) -> None:
    tflite = _content(Path(CHECKPOINT))
    layers = compile_model(tflite, name="sleepkit", optimize=optimize).layers
    assert {"MINIMUM", "RELU", "SPACE_TO_BATCH_ND", "SHAPE", "STRIDED_SLICE", "PACK"} <= {layer.op for layer in layers}
    assert_equal_to_the_oracle(Network("sleepkit", "checkpoint", tflite), tmp_path, optimize)
