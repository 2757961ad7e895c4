"""Runs frames on a device and compares every observable layer with the reference, byte by byte.

The device sends a CRC-32 of each observable activation; bytes are fetched only where that differs from the
reference's, so parity over a night costs little more than the inferences themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sktools.boards.driver import StepCount
from sktools.compiler.compiled import CompiledModel, Layer
from sktools.errors import LinkError
from sktools.profiling.parity import Int8Array, Parity, compare, crc32
from sktools.profiling.sqnr import SqnrSums

FETCH_LIMIT = 4
"""Differing activations fetched a layer. Later ones count as one differing byte: a lower bound, and noted as such."""

SQNR_FRAMES = 8
"""Frames that the quantization noise is measured on."""

FloatArray = npt.NDArray[np.floating]
FloatActivations = Callable[[FloatArray], Mapping[int, FloatArray]]


@dataclass(frozen=True)
class DeviceRun:
    """One frame's answer.

    output: int8, the model's output shape. crcs: per step the activation's CRC-32, anything where there is none.
    costs: what each step took, empty where the board counts nothing.
    """

    output: Int8Array
    crcs: tuple[int, ...]
    costs: tuple[StepCount, ...]


class Device(Protocol):
    """A board that runs the model: what the session needs of it."""

    def run(self, frame: Int8Array) -> DeviceRun:
        """Runs one frame. Raises LinkError."""

    def activation(self, frame: Int8Array, step: int) -> Int8Array:
        """The activation that stands in memory after `step` of `frame`, flat. Raises LinkError."""


class Oracle(Protocol):
    """The reference kernels."""

    def run(self, frame: Int8Array) -> Mapping[int, Int8Array]:
        """Activations int8 by tensor index, the model's output among them."""


@dataclass(frozen=True)
class Measurement:
    """outputs, host_outputs: int8 [n, *model output]. layers: parity by layer, None where not observable.

    instructions, cycles, cycles_high: mean per step; cycles_by_frame: sum per frame. Empty if the board does not count.
    sqnr: sums by layer, None where not observable or not evaluated. lower_bound: some differences were not fetched.
    """

    outputs: Int8Array
    host_outputs: Int8Array
    output_parity: Parity
    layers: tuple[Parity | None, ...]
    sqnr: tuple[SqnrSums | None, ...]
    instructions: tuple[float, ...]
    cycles: tuple[float, ...]
    cycles_high: tuple[float, ...]
    cycles_by_frame: tuple[int, ...]
    lower_bound: bool

    @property
    def frames(self) -> int:
        return len(self.outputs)


@dataclass(frozen=True)
class FrameReport:
    """What a progress display learns after each frame. output: int8, the model's output shape. costs: by step.

    mismatched: differing bytes of this frame and all before it.
    """

    index: int
    total: int
    output: Int8Array
    costs: tuple[StepCount, ...]
    mismatched: int


def measure(
    model: CompiledModel,
    device: Device,
    oracle: Oracle,
    frames: Int8Array,
    *,
    real: FloatArray | None = None,
    float_activations: FloatActivations | None = None,
    on_frame: Callable[[FrameReport], None] = lambda report: None,
) -> Measurement:
    """Runs each frame on the device and on the reference.

    frames: int8 [n, *model input]. real, float_activations: the frames' real values and what gives their float
    activations by tensor index, for the SQNR of the first SQNR_FRAMES frames.
    Raises LinkError where the device's answers do not fit the model or contradict themselves.
    """
    parities = {index: Parity() for index, layer in enumerate(model.layers) if layer.observable}
    sqnr: dict[int, SqnrSums] = {}
    fetched = dict.fromkeys(parities, 0)
    output_parity = Parity()
    outputs, host_outputs, costs = [], [], []
    lower_bound = False
    output_layer = range(len(model.layers))[model.output_layer]
    output_tensor = model.layers[output_layer].tensor

    for number, (frame, expected) in enumerate(zip(frames, _ahead(oracle, frames), strict=True)):
        answer = device.run(frame)
        if len(answer.crcs) != model.step_count:
            raise LinkError(f"the board reported {len(answer.crcs)} steps, the model has {model.step_count}")
        for at in parities:
            layer = model.layers[at]
            reference = expected[layer.tensor]
            if answer.crcs[layer.step] == crc32(reference):
                parities[at] += Parity(reference.size)
            elif fetched[at] < FETCH_LIMIT:
                fetched[at] += 1
                parities[at] += _differences(device, frame, layer, reference, answer.crcs[layer.step])
            else:
                lower_bound = True
                parities[at] += Parity(reference.size, 1, 1)
        host = expected[output_tensor].reshape(model.output.shape)
        device_output = answer.output.reshape(model.output.shape)
        output_parity += compare(device_output, host)
        costs.append(answer.costs)
        outputs.append(device_output)
        host_outputs.append(host)
        if float_activations is not None and real is not None and number < min(SQNR_FRAMES, len(real)):
            _accumulate(sqnr, model, float_activations(real[number]), expected)
        on_frame(
            FrameReport(
                number, len(frames), device_output, answer.costs, _mismatched(parities, output_parity, output_layer)
            )
        )

    if output_layer in parities and output_parity.mismatched > parities[output_layer].mismatched:
        # The bytes that were sent are the answer, whatever the board says of those it kept.
        parities[output_layer] = output_parity
    instructions, cycles, cycles_high, by_frame = _mean_costs(costs, model.step_count)
    return Measurement(
        outputs=np.stack(outputs).reshape(len(outputs), *model.output.shape),
        host_outputs=np.stack(host_outputs).reshape(len(outputs), *model.output.shape),
        output_parity=output_parity,
        layers=tuple(parities.get(index) for index in range(len(model.layers))),
        sqnr=tuple(sqnr.get(index) for index in range(len(model.layers))),
        instructions=instructions,
        cycles=cycles,
        cycles_high=cycles_high,
        cycles_by_frame=by_frame,
        lower_bound=lower_bound,
    )


def _ahead(oracle: Oracle, frames: Int8Array) -> Iterator[Mapping[int, Int8Array]]:
    """The oracle's answers in order; it works on the next frame while the device has this one."""
    with ThreadPoolExecutor(1) as pool:
        following = [pool.submit(oracle.run, frame) for frame in frames[:1]]
        for number in range(len(frames)):
            expected = following.pop().result()
            following += [pool.submit(oracle.run, frame) for frame in frames[number + 1 : number + 2]]
            yield expected


def _mismatched(parities: Mapping[int, Parity], output: Parity, output_layer: int) -> int:
    """Differing bytes so far; the output is also a layer's activation, and counts once."""
    layers = sum(parity.mismatched for index, parity in parities.items() if index != output_layer)
    return layers + max(output.mismatched, parities.get(output_layer, Parity()).mismatched)


def _differences(device: Device, frame: Int8Array, layer: Layer, reference: Int8Array, crc: int) -> Parity:
    activation = device.activation(frame, layer.step)
    if activation.size != reference.size:
        raise LinkError(f"layer {layer.name}: the board sent {activation.size} bytes, the model has {reference.size}")
    if crc32(activation) != crc:
        raise LinkError(
            f"layer {layer.name}: the board's CRC-32 and the bytes it sent disagree",
            "reset the board and profile again",
        )
    return compare(activation, reference)


def _accumulate(
    sums: dict[int, SqnrSums],
    model: CompiledModel,
    real: Mapping[int, FloatArray],
    quantised: Mapping[int, Int8Array],
) -> None:
    for index, layer in enumerate(model.layers):
        if layer.observable and layer.tensor in real:
            levels = quantised[layer.tensor].astype(np.float64) - layer.output.zero_point
            sums[index] = sums.get(index, SqnrSums()).add(real[layer.tensor], layer.output.scale * levels)


def _mean_costs(
    costs: Sequence[Sequence[StepCount]], steps: int
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], tuple[int, ...]]:
    if not any(costs):
        return (), (), (), ()
    for number, frame in enumerate(costs):
        if len(frame) != steps:
            raise LinkError(f"the counter saw {len(frame)} steps of frame {number}, the model has {steps}")
    instructions = _mean_by_step([[step.instructions for step in frame] for frame in costs])
    cycles = _mean_by_step([[step.cycles for step in frame] for frame in costs])
    by_frame = tuple(sum(step.cycles or 0 for step in frame) for frame in costs) if cycles else ()
    return instructions, cycles, _mean_by_step([[step.cycles_high for step in frame] for frame in costs]), by_frame


def _mean_by_step(table: Sequence[Sequence[int | None]]) -> tuple[float, ...]:
    if any(value is None for frame in table for value in frame):
        return ()
    return tuple(sum(value or 0 for value in column) / len(table) for column in zip(*table, strict=True))
