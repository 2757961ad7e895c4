"""Planes and lines that equal TFLite's ADD of two int8, for all pairs of their values."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sktools.compiler.kernels.arithmetic.lines import STEPS, Line, fit_line

SHIFT = 20
"""SK_ADD_SHIFT."""

REACH = 3
"""Slopes tried on either side of the ideal ones."""

Scale = tuple[int, int]
"""TFLite's (multiplier, shift), shift positive to the left."""


@dataclass(frozen=True)
class Plane:
    """out = saturate(floor((a * a_slope + b * b_slope + offset) / 2**SHIFT))."""

    a_slope: int
    b_slope: int
    offset: int


def sum_plane(
    scales: tuple[Scale, Scale, Scale], left_shift: int, zero_points: tuple[int, int, int], clamp: tuple[int, int]
) -> Plane | None:
    """The plane of out = a + b, or None if no plane equals the reference for all 65536 pairs of a and b.

    scales, zero_points: of a, b and out, as TFLite's ADD prepares them; clamp: the activation's int8 range.
    """
    if not _right_shifts(scales):
        return None
    steps = STEPS
    terms = [
        _rescale((steps - zero_point) << left_shift, scale)
        for scale, zero_point in zip(scales[:2], zero_points[:2], strict=True)
    ]
    wanted = np.clip(_rescale(terms[0][:, None] + terms[1][None, :], scales[2]) + zero_points[2], *clamp)
    nearest = [round(_factor(scale, scales[2], left_shift) * 2.0**SHIFT) for scale in scales[:2]]
    # A move changes the plane by no more than this, so a pair that is twice as far from binding never binds.
    slack = 4 * REACH * 128
    plane = steps[:, None] * nearest[0] + steps[None, :] * nearest[1]
    floors = _binding((wanted << SHIFT) - plane, wanted > -128, slack)
    ceilings = _binding(plane - (wanted << SHIFT) - (1 << SHIFT) + 1, wanted < 127, slack)
    moves = sorted(itertools.product(range(-REACH, REACH + 1), repeat=2), key=lambda move: abs(move[0]) + abs(move[1]))
    for move in moves:
        slopes = [value + step for value, step in zip(nearest, move, strict=True)]
        lower = int((floors.values - floors.a * move[0] - floors.b * move[1]).max(initial=-(1 << 31)))
        upper = -int((ceilings.values + ceilings.a * move[0] + ceilings.b * move[1]).max(initial=-(1 << 31)))
        offset = (lower + upper) // 2
        reach = max(abs(a * slopes[0] + b * slopes[1]) for a in (-128, 127) for b in (-128, 127)) + abs(offset)
        if lower <= upper and reach < 1 << 31:
            return Plane(slopes[0], slopes[1], offset)
    return None


def addend_line(
    addend: int,
    scales: tuple[Scale, Scale, Scale],
    left_shift: int,
    zero_points: tuple[int, int, int],
    clamp: tuple[int, int],
) -> Line | None:
    """The line of out = x + addend (int8); None if no line is exact.

    scales, zero_points: of x, addend and out, as TFLite's ADD prepares them; clamp: the activation's int8 range.
    """
    if not _right_shifts(scales):
        return None
    term = _rescale((STEPS - zero_points[0]) << left_shift, scales[0])
    constant = _rescale(np.array([addend - zero_points[1]], np.int64) << left_shift, scales[1])
    wanted = np.clip(_rescale(term + constant, scales[2]) + zero_points[2], *clamp)
    return fit_line(wanted, _factor(scales[0], scales[2], left_shift))


def _right_shifts(scales: tuple[Scale, Scale, Scale]) -> bool:
    return all(0 < multiplier < 1 << 31 and -31 <= shift <= 0 for multiplier, shift in scales)


def _factor(scale: Scale, out: Scale, left_shift: int) -> float:
    """The real factor of an input."""
    return scale[0] * 2.0 ** (scale[1] - 31 + left_shift) * out[0] * 2.0 ** (out[1] - 31)


@dataclass(frozen=True)
class _Bounds:
    """Pairs a and b, and the least offset that each one needs."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    values: NDArray[np.int64]


def _binding(values: NDArray[np.int64], counted: NDArray[np.bool_], slack: int) -> _Bounds:
    """Those of [256, 256] bounds that lie within `slack` of the greatest one that counts."""
    greatest = int(values.max(initial=-(1 << 62), where=counted))
    rows, columns = np.nonzero(counted & (values >= greatest - slack))
    return _Bounds(rows - 128, columns - 128, values[rows, columns])


def _rescale(values: NDArray[np.int64], scale: Scale) -> NDArray[np.int64]:
    """MultiplyByQuantizedMultiplier, double rounding, for shifts to the right."""
    multiplier, right = scale[0], -scale[1]
    high = (2 * values * multiplier + (1 << 31)) >> 32
    if right == 0:
        return high
    return (high - (high < 0) + (np.int64(1) << (right - 1))) >> right
