from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sktools.compiler.compiled import TensorSpec
from sktools.errors import DataError, UsageError
from sktools.features.evaluation_set import EvaluationSet
from sktools.profiling.inputs import from_evaluation, from_file, random_frames

SPEC = TensorSpec((1, 4, 2), 0.5, 3)


def _saved(path: Path, values: object) -> Path:
    np.save(path, values, allow_pickle=True)
    return path


def evaluation(features: np.ndarray) -> EvaluationSet:
    count, epochs, _ = features.shape
    labels = np.zeros((count, epochs), np.int64)
    return EvaluationSet(
        "synthetic", features, labels, labels >= 0, ("a",) * count, ("a",), 0, (), (), True
    )  # fmt: skip


def test_int8_is_taken_as_it_is(tmp_path: Path) -> None:
    values = np.arange(-8, 8, dtype=np.int8).reshape(2, 1, 4, 2)
    assert np.array_equal(from_file(_saved(tmp_path / "x.npy", values), SPEC).frames, values)


def test_floats_are_quantised_and_limited(tmp_path: Path) -> None:
    values = np.zeros((1, 4, 2), np.float32)
    values[0, 0] = [1.0, -1000.0]
    frames = from_file(_saved(tmp_path / "x.npy", values), SPEC).frames
    assert frames.shape == (1, 1, 4, 2)
    assert frames[0, 0, 0].tolist() == [5, -128]
    assert frames[0, 0, 1].tolist() == [3, 3]


def test_the_limit_takes_the_first(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.int8).reshape(3, 4, 2)
    assert np.array_equal(from_file(_saved(tmp_path / "x.npy", values), SPEC, 2).frames.reshape(2, 4, 2), values[:2])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.zeros((2, 4, 3), np.int8), r"has shape \[2, 4, 3\], expected \[n, 1, 4, 2\]"),
        (np.zeros((0, 4, 2), np.int8), "n of 1 or more"),
        (np.zeros((1, 4, 2), np.int32), "holds int32, expected int8 or float32"),
        (np.full((1, 4, 2), np.nan, np.float32), "not finite"),
        (np.full((1, 4, 2), 1e300), "not finite"),
        (np.array([{"a": 1}]), "is no readable .npy"),
        (np.int8(3), "has shape"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, values: object, told: str) -> None:
    with pytest.raises(DataError, match=told):
        from_file(_saved(tmp_path / "x.npy", values), SPEC)


def test_what_is_no_array_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_text("hello")
    with pytest.raises(DataError, match="is no readable"):
        from_file(tmp_path / "x.npy", SPEC)
    np.savez(tmp_path / "y.npz", a=np.zeros(3))
    with pytest.raises(DataError, match="several arrays"):
        from_file(tmp_path / "y.npz", SPEC)


@pytest.mark.parametrize(
    "header",
    ["{'descr': '|i1', 'fortran_order': False, 'shape': (1000000000000, 1, 4, 2), }",
     "{'descr': '|i1', 'fortran_order': False, 'shape': (-1, 1, 4, 2), }", "(" * 2000, "{" * 5000, "\x00"],
)  # fmt: skip
def test_strange_headers_are_refused(tmp_path: Path, header: str) -> None:
    length = len(header).to_bytes(2, "little")
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + length + header.encode() + bytes(64))
    with pytest.raises(DataError, match="is no readable"):
        from_file(tmp_path / "x.npy", SPEC)


def test_damaged_files_are_frames_or_one_error(tmp_path: Path) -> None:
    random, path = np.random.default_rng(0), tmp_path / "x.npy"
    whole = _saved(path, random.normal(size=(3, 1, 4, 2)).astype(np.float32)).read_bytes()
    ends = Counter[str]()
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(int(random.integers(1, 4))):
            content[int(random.integers(len(content)))] = int(random.integers(256))
        path.write_bytes(content[: int(random.integers(len(content)))] if random.random() < 0.2 else content)
        try:
            assert from_file(path, SPEC).frames.shape[1:] == SPEC.shape
            ends["read"] += 1
        except DataError as error:
            assert "\n" not in error.message
            ends["refused"] += 1
    assert min(ends["read"], ends["refused"]) > 40


def test_random_frames_are_the_same_every_time() -> None:
    assert np.array_equal(random_frames(SPEC, 3).frames, random_frames(SPEC, 3).frames)


def test_frames_of_an_evaluation_set() -> None:
    found = from_evaluation(evaluation(np.zeros((3, 4, 2), np.float32)), SPEC, 2)
    assert found.frames.shape == (2, 1, 4, 2)
    assert (found.frames == SPEC.zero_point).all()
    assert "synthetic" in found.source
    with pytest.raises(UsageError, match="4 x 3 do not fit"):
        from_evaluation(evaluation(np.zeros((3, 4, 3), np.float32)), SPEC)
