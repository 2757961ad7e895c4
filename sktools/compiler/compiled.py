"""What the compiler hands to every later stage: the layers, the steps that compute them, the plan and the C sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CONTRACT = "tflite-reference-int8"
"""Name of the arithmetic contract: int8 as LiteRT's BUILTIN_REF kernels compute it, 0 LSB tolerance."""


@dataclass(frozen=True)
class TensorSpec:
    """An int8 tensor at the model's edge or after a layer. real = scale * (q - zero_point)."""

    shape: tuple[int, ...]
    scale: float
    zero_point: int

    @property
    def elements(self) -> int:
        count = 1
        for extent in self.shape:
            count *= extent
        return count


@dataclass(frozen=True)
class Layer:
    """One operator of the .tflite, in execution order.

    index: position among the file's operators.
    tensor: index of its output tensor in the .tflite (the key of the reference's activations).
    step: index of the step that computes it.
    cost_owner: True for the one layer of each step that the step's cycles are booked on.
    observable: True where the activation stands in memory right after the step.
    output_bytes: bytes of that activation (0 where not observable).
    kernel: name of the C kernel variant that computes it, or "" where it costs nothing.
    """

    index: int
    name: str
    block: str
    op: str
    macs: int
    tensor: int
    output: TensorSpec
    step: int
    cost_owner: bool
    observable: bool
    output_bytes: int
    kernel: str


@dataclass(frozen=True)
class Buffer:
    """One planned arena buffer: bytes [offset, offset + size) live from first_step to last_step, both included."""

    name: str
    offset: int
    size: int
    first_step: int
    last_step: int


@dataclass(frozen=True)
class MemoryPlan:
    """Arena plan in bytes.

    arena_bytes: the array that the image reserves. written_bytes: all RAM that kernels write besides input and output,
    the rows and tables that they keep on the stack included: the figure that results report as the arena.
    """

    arena_bytes: int
    lower_bound: int
    buffers: tuple[Buffer, ...]
    written_bytes: int


@dataclass(frozen=True)
class CompiledModel:
    """A model as C.

    sha256: hex digest of the .tflite it came from.
    sources: file name -> text of the generated C (model.c, model.h, weights.c ...), compiled against
      firmware/runtime/sk_model.h and firmware/kernels/.
    kernels: file names below firmware/kernels/ that the sources need (without those not used).
    model_bytes: constant data (weights, biases, requantization tables) in bytes.
    output_layer: position in layers of the one that leaves the model's output; later ones may read it.
    """

    name: str
    sha256: str
    input: TensorSpec
    output: TensorSpec
    layers: tuple[Layer, ...]
    step_count: int
    plan: MemoryPlan
    sources: Mapping[str, str]
    kernels: tuple[str, ...]
    model_bytes: int
    optimize: str = "none"
    contract: str = CONTRACT
    notes: tuple[str, ...] = field(default=())
    output_layer: int = -1
