"""Every byte of flash is accounted for once."""

from __future__ import annotations

from pathlib import Path

from sktools.boards.board import load_board
from sktools.build.build import build_firmware
from sktools.build.footprint import flash_shares
from sktools.compiler import compile_model
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_arm_gcc


@needs_arm_gcc
def test_shares_add_up_and_name_layers_and_kernels(tmp_path: Path) -> None:
    tflite = random_network(Family(frames=32))
    compiled = compile_model(tflite, name="shares")
    sizes = build_firmware(compiled, load_board("virtual").target, tflite, tmp_path / "build").sizes()
    shares = flash_shares(compiled, sizes)
    assert sum(share.bytes for share in shares) == sizes.flash_bytes
    assert all(share.bytes >= 0 for share in shares)
    weights = {share.name: share.bytes for share in shares if share.kind == "weights"}
    assert sum(weights.values()) >= compiled.model_bytes
    assert weights["B2.1/pointwise"] >= 2 * 24 * 32
    assert any(share.kind == "kernel" and share.name == "sk_tiles.c" for share in shares)
