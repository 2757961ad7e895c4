"""Compiled C is compared with the reference before it is handed out; what cannot be compared says why."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sktools.compiler.compile import compile_model
from sktools.errors import EXIT_THRESHOLD, MissingError, ThresholdError
from sktools.profiling import verification
from sktools.profiling.verification import own_vectors, verification_frames, verify
from sktools.reference_process import reference_process
from tests.compiler.test_reference import ABORTS, dense_between_products
from tests.support.random_network import Family, random_network
from tests.support.tools import needs_cc

SMALL = Family(frames=32, filters=(8,), depths=(1,), dilations=(1,), classes=2, seed=3)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def without_tflite_micro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    stub = tmp_path / "stub" / "tflite_micro"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("raise ImportError('not installed')\n")
    monkeypatch.setenv("PYTHONPATH", str(stub.parent))
    reference_process().close()  # the next one finds the stub
    yield
    reference_process().close()


@needs_cc
def test_sound_c_is_verified_and_that_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    tflite = random_network(SMALL)
    model = compile_model(tflite, name="small")
    first = verify(model, tflite)
    assert first.document() == {"verified": True, "verified_frames": len(verification_frames(model.input))}

    def must_not_build(*_: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(verification, "build_firmware", must_not_build)
    assert verify(model, tflite) == first
    changed = dataclasses.replace(model, sources={**model.sources, "note.h": "/* other sources */\n"})
    with pytest.raises(AssertionError, match="built again"):
        verify(changed, tflite)


@needs_cc
def test_wrong_c_ends_with_the_exit_code_of_parity() -> None:
    other = compile_model(random_network(dataclasses.replace(SMALL, seed=4)), name="small")
    with pytest.raises(ThresholdError, match="differs from the reference kernels, first in ") as caught:
        verify(other, random_network(SMALL))
    assert caught.value.exit_code == EXIT_THRESHOLD


def test_without_a_host_compiler_nothing_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise MissingError("cc is not installed")

    tflite = random_network(SMALL)
    model = compile_model(tflite, name="small")
    monkeypatch.setattr(verification, "build_firmware", missing)
    found = verify(model, tflite)
    assert found.document() == {
        "verified": False,
        "verified_frames": 0,
        "not_verified_because": "cc is not installed",
    }
    assert own_vectors(model, tflite) == ()


@needs_cc
@pytest.mark.usefixtures("without_tflite_micro")
def test_without_tflite_micro_a_dense_layer_is_not_verified() -> None:
    tflite, _ = dense_between_products()
    model = compile_model(tflite, name="dense")
    found = verify(model, tflite)
    assert not found.verified and "tflite-micro" in found.why
    assert len(own_vectors(model, tflite)) == 2


@needs_cc
def test_a_judge_that_aborts_judges_nothing() -> None:
    found = verify(compile_model(ABORTS, name="sum"), ABORTS)
    assert not found.verified and "SIGABRT" in found.why


def test_the_frames_reach_the_ends_of_the_range() -> None:
    frames = verification_frames(compile_model(random_network(SMALL), name="small").input)
    assert {-128, 127} <= {int(value) for frame in frames for value in np.unique(frame)}
    assert any((frame == -128).all() for frame in frames) and any((frame == 127).all() for frame in frames)
