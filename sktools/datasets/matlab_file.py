"""Variables of a MATLAB file, of the formats up to 7 (scipy) and of 7.3, which is HDF5 (h5py)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktools.errors import DataError, MissingError

HDF5_MARK = b"\x89HDF\r\n\x1a\n"
HEAD = 1024
LARGEST_BYTES = 64 << 20

Variable = NDArray[np.float64] | str


def read_matlab(path: Path, names: Iterable[str]) -> dict[str, Variable]:
    """The named variables that the file has: numbers as float64 [n], text as str; an empty array has no element.

    Raises DataError if the file is missing, damaged or no MATLAB file, MissingError without the library.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise DataError(f"{path}: is larger than {LARGEST_BYTES >> 20} MiB")
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    # MATLAB writes 512 bytes of its own before the HDF5.
    if HDF5_MARK in (head[:8], head[512:520]):
        return _hdf5(path, names)
    return _older(path, names)


def _older(path: Path, names: Iterable[str]) -> dict[str, Variable]:
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise MissingError("MATLAB files need SciPy, which is not installed", "pip install 'sktools[train]'") from error
    try:
        found = loadmat(path, variable_names=list(names))
        return {name: _plain(found[name]) for name in names if name in found}
    except Exception as error:  # whatever a strange file makes the parser raise
        raise DataError(f"{path}: is no MATLAB file that can be read ({type(error).__name__})") from error


def _hdf5(path: Path, names: Iterable[str]) -> dict[str, Variable]:
    try:
        import h5py
    except ImportError as error:
        raise MissingError(
            "MATLAB 7.3 files need h5py, which is not installed", "pip install 'sktools[train]'"
        ) from error
    found: dict[str, Variable] = {}
    try:
        with h5py.File(path, "r") as file:
            for name in names:
                if name not in file:
                    continue
                values = np.asarray(file[name][()])
                kind = file[name].attrs.get("MATLAB_class", b"")
                if file[name].attrs.get("MATLAB_empty", 0):
                    values = values[:0].ravel()
                if bytes(kind) == b"char":
                    found[name] = "".join(chr(int(letter)) for letter in values.ravel())
                else:
                    found[name] = _plain(values)
        return found
    except Exception as error:  # whatever a strange file makes the library raise
        raise DataError(f"{path}: is no MATLAB file that can be read ({type(error).__name__})") from error


def _plain(value: Any) -> Variable:
    array = np.asarray(value)
    if array.dtype.kind in "US":
        return "".join(map(str, array.ravel()))
    if array.dtype == object and array.size == 1:
        return _plain(array.ravel()[0])
    return np.asarray(array, np.float64).ravel()
