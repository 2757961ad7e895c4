"""Each fast kernel alone, at every layer shape of the zoo, on the virtual board: `python benchmarks/kernels.py`.

Behind them the kernels for what no network of the zoo has: depthwise convolutions of other than five taps, pointwise
ones without a ReLU or of more channels than the tile product's row, full 1xk ones, and norms left unfused.

Model cycles per MAC stand against the floor of 0.5 (SMLAD does two MAC in a cycle); where no MAC is done, per element
of the activation. Weights and activations are random: none of the kernels' time depends on them. Each output is
compared with the reference arithmetic on the way (tests/kernels).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sktools.model_config import NetworkConfig
from sktools.zoo import find_config
from tests.kernels import cases
from tests.kernels.cases import Case
from tests.kernels.target import run_on_target

FLOOR = 0.5
"""Cycles a MAC."""


@dataclass(frozen=True)
class Layer:
    """One kernel at one shape. unit: what the cycles are divided by, "MAC", "output" or "element"."""

    kernel: str
    shape: str
    macs: int
    units: int
    unit: str
    case: Case


def packable(make: Callable[[int], Case | None]) -> Case:
    """The first of a series of random layers whose constants can be packed (nearly all can)."""
    return next(case for case in map(make, count()) if case is not None)


def depthwise(rows: int, channels: int, dilation: int, end: str, kernel: str = "dw5") -> Layer:
    """kernel, end: of cases.STREAMED and STREAMED_ENDS."""
    case = packable(lambda seed: cases.streamed_case(seed, rows, channels, dilation, True, kernel, end))
    taps, outputs = cases.STREAMED[kernel][0], rows * channels
    return Layer(case.kernel, f"{channels} k{taps} d{dilation}", taps * outputs, outputs, "output", case)


def any_window(rows: int, channels: int) -> Iterator[Layer]:
    """The depthwise kernel for what does not stream through registers."""
    for taps, dilation, end, factors in (
        *((taps, dilation, "relu", (-10.0, -4.5)) for taps in (3, 9) for dilation in (1, 8)),
        (9, 1, "relu", (-10.0, 0.0)),
        (9, 1, "linear", (-14.0, -1.6)),
        (9, 1, "any", (-10.0, -1.0)),
    ):
        padding = (taps - 1) // 2 * dilation
        case = cases.dw_case(0, rows, channels, dilation, taps, padding, True, factors, end)
        shape = f"{channels} k{taps} d{dilation} {end}{' steep' if factors[1] == 0 else ''}"
        outputs = rows * channels
        yield Layer(case.kernel, shape, taps * outputs, outputs, "output", case)


def any_convolution(rows: int, inputs: int, outputs: int, taps: int, end: str) -> Layer:
    """end: linear (sk_linear.h) or any."""
    exponents = (-12.0, -4.0) if end == "linear" else (0.5, 1.0)
    window = taps, 1, taps // 2
    case = packable(lambda seed: cases.any_case(seed, rows, inputs, outputs, window, taps == 1, exponents))
    macs = rows * inputs * outputs * taps
    return Layer(case.kernel, f"{inputs} -> {outputs} k{taps} {end}", macs, macs, "MAC", case)


def outside_the_zoo(rows: int) -> Iterator[Layer]:
    for kernel in cases.STREAMED:
        for end in cases.STREAMED_ENDS:
            yield depthwise(rows, 32, 4, end, kernel)
    yield from any_window(rows, 32)
    for inputs, outputs, taps, end in (
        (48, 64, 1, "any"),
        (96, 96, 1, "linear"),
        (32, 32, 5, "linear"),
        (64, 5, 9, "linear"),
    ):
        yield any_convolution(rows, inputs, outputs, taps, end)
    yield pointwise(rows, 48, 64, gated=True, end=" mixed")
    yield pointwise(rows, 48, 64, gated=True, end=" linear")
    yield decoder(rows, 96, 4, 5)
    for case in (
        packable(lambda seed: cases.lines_case(seed, rows, 32, True)),
        cases.factor_case(0, rows, 32, True),
    ):
        yield Layer(case.kernel, "32", 0, rows * 32, "element", case)


def pointwise(rows: int, inputs: int, outputs: int, gated: bool, end: str = "") -> Layer:
    """end: "", " mixed" for channels of which some are steep, " linear" without a ReLU."""
    magnitude, relu = -0.5 if end == " mixed" else -7.0, end != " linear"
    case = packable(lambda seed: cases.pointwise_case(seed, rows, inputs, outputs, True, gated, magnitude, relu))
    macs = rows * inputs * outputs
    return Layer(case.kernel, f"{inputs} -> {outputs}{end}", macs, macs, "MAC", case)


def vector(inputs: int, outputs: int) -> Layer:
    case = packable(lambda seed: cases.vector_case(seed, inputs, outputs, True))
    return Layer(case.kernel, f"{inputs} -> {outputs}", inputs * outputs, inputs * outputs, "MAC", case)


def decoder(rows: int, inputs: int, outputs: int, taps: int) -> Layer:
    case = packable(lambda seed: cases.conv_case(seed, rows, inputs, outputs, taps, 1, taps // 2, False))
    macs = rows * inputs * outputs * taps
    return Layer(case.kernel, f"{inputs} -> {outputs} k{taps}", macs, macs, "MAC", case)


def elementwise(rows: int, channels: int) -> Iterator[Layer]:
    """MEAN's sums, squeeze-excite's MUL as a pass of its own, and a skip connection."""
    elements = rows * channels
    for case in (
        cases.sums_case(0, rows, channels),
        cases.mul_case(0, rows, channels, True),
        packable(lambda seed: cases.add_case(seed, elements, True)),
    ):
        yield Layer(case.kernel, f"{channels}", 0, elements, "element", case)


def layers_of(network: NetworkConfig) -> Iterator[Layer]:
    """Every layer of an SS-N network in order; the kernels are for its kernel size of 5."""
    rows, channels = network.epochs, network.features
    yield depthwise(rows, channels, 1, "_linear")
    for filters, depth, dilation in zip(network.filters, network.depths, network.dilations, strict=True):
        for _ in range(depth):
            yield depthwise(rows, channels, dilation, "")
            yield from elementwise(rows, channels)
            yield vector(channels, network.squeezed(channels))
            yield vector(network.squeezed(channels), channels)
            yield pointwise(rows, channels, filters, gated=False)
            yield pointwise(rows, channels, filters, gated=True)
            channels = filters
    yield decoder(rows, channels, network.classes, network.kernel)


def distinct(models: list[str]) -> list[Layer]:
    found: dict[tuple[str, str], Layer] = {}
    for model in models:
        for layer in layers_of(find_config(model)[0].network):
            found.setdefault((layer.kernel, layer.shape), layer)
    for layer in outside_the_zoo(240):
        found[layer.kernel, layer.shape] = layer
    return sorted(found.values(), key=lambda layer: layer.kernel)


def main() -> None:
    parser = argparse.ArgumentParser(description="Model cycles of each fast kernel at the zoo's layer shapes.")
    parser.add_argument("models", nargs="*", default=["ss-2", "ss-3", "ss-4", "ss-5"])
    layers = distinct(parser.parse_args().models)
    with tempfile.TemporaryDirectory() as folder:
        run = run_on_target([layer.case for layer in layers], Path(folder))
    if run.wrong:
        sys.exit(f"wrong results: {', '.join(f'{layers[n].kernel} {layers[n].shape}' for n in run.wrong)}")
    rows = []
    for layer, window in zip(layers, run.windows, strict=True):
        per_mac = window.cycles / layer.macs if layer.macs else None
        rows.append(
            [
                layer.kernel,
                layer.shape,
                layer.macs or None,
                window.instructions,
                window.cycles,
                window.cycles / layer.units,
                layer.unit,
                per_mac / FLOOR if per_mac else None,
            ]
        )
    headers = ["kernel", "shape", "MAC", "instructions", "cycles", "cycles per", "", "x floor"]
    print(
        tabulate(rows, headers=headers, intfmt=",", floatfmt=("", "", ",", ",", ",", ".3f", "", ".2f"), missingval="")
    )


if __name__ == "__main__":
    main()
