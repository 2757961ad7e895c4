"""Places activations and scratch in the arena: lifetimes, in-place operation, offsets, and the lower bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from sktools.compiler.call import Call
from sktools.compiler.compiled import Buffer, MemoryPlan

ALIGNMENT = 4
"""Fast kernels read whole words."""


class Region(Enum):
    INPUT = "input"
    OUTPUT = "output"
    ARENA = "arena"


@dataclass(frozen=True)
class Place:
    """Where a tensor's bytes begin."""

    region: Region
    offset: int


@dataclass(frozen=True)
class Step:
    """What one timed call does; call.output is the activation that stands afterwards.

    members: the operators it computes, by index, in order. aliases: (tensor, source) pairs of the same bytes, the
    source being an earlier tensor or the call's output.
    """

    members: tuple[int, ...]
    call: Call
    aliases: tuple[tuple[int, int], ...] = ()

    @property
    def left_behind(self) -> frozenset[int]:
        """The tensors whose bytes stand where the call wrote: its output and the output's aliases."""
        found = {self.call.output}
        for alias, source in self.aliases:
            if source in found:
                found.add(alias)
        return frozenset(found)


@dataclass(frozen=True)
class Placement:
    """plan: the arena; places: of every tensor that has bytes; scratch: arena offset per step (None: none)."""

    plan: MemoryPlan
    places: Mapping[int, Place]
    scratch: tuple[int | None, ...]


@dataclass
class _Storage:
    """Bytes shared by tensors that follow each other in place."""

    region: Region
    size: int
    first: int
    last: int
    name: str


def place_tensors(
    steps: Sequence[Step], sizes: Mapping[int, int], names: Mapping[int, str], graph_input: int, graph_output: int
) -> Placement:
    """sizes: bytes per tensor; names: for the plan's buffers."""
    last_read = _last_reads(steps, graph_output)
    output_class = _output_class(steps, graph_output)
    storages: list[_Storage] = [_Storage(Region.INPUT, sizes[graph_input], 0, 0, "input")]
    of = {graph_input: 0}
    for number, step in enumerate(steps):
        for alias, source in step.aliases:
            if source in of:
                of[alias] = of[source]
        operands = [operand for operand in step.call.inputs if isinstance(operand, int)]
        for operand in operands:
            storages[of[operand]].last = number
        output = step.call.output
        if output in output_class:
            of[output] = _add(storages, _Storage(Region.OUTPUT, sizes[output], number, len(steps) - 1, "output"))
        elif _may_overwrite(step.call, of, storages, last_read, number, output_class):
            storage = storages[of[operands[0]]]
            storage.size, storage.last = max(storage.size, sizes[output]), number
            storage.name = f"{storage.name} > {names[output]}"
            of[output] = of[operands[0]]
        else:
            of[output] = _add(storages, _Storage(Region.ARENA, sizes[output], number, number, names[output]))
        for alias, source in step.aliases:
            of[alias] = of[source]
    return _assign_offsets(steps, storages, of)


def _add(storages: list[_Storage], storage: _Storage) -> int:
    storages.append(storage)
    return len(storages) - 1


def _last_reads(steps: Sequence[Step], graph_output: int) -> dict[int, int]:
    """Last step that reads a tensor or an alias of it."""
    root: dict[int, int] = {}
    last = {graph_output: len(steps)}
    for step in steps:
        for alias, source in step.aliases:
            root[alias] = root.get(source, source)
    for number, step in enumerate(steps):
        for operand in step.call.inputs:
            if isinstance(operand, int):
                last[root.get(operand, operand)] = max(last.get(root.get(operand, operand), 0), number)
    for alias, source in root.items():
        last[alias] = last[source] = max(last.get(alias, 0), last.get(source, 0))
    return last


def _output_class(steps: Sequence[Step], graph_output: int) -> set[int]:
    """The model's output and the tensors whose bytes it is."""
    found = {graph_output}
    for step in reversed(steps):
        for alias, source in reversed(step.aliases):
            if alias in found:
                found.add(source)
    return found


def _may_overwrite(
    call: Call,
    of: Mapping[int, int],
    storages: Sequence[_Storage],
    last_read: Mapping[int, int],
    number: int,
    output_class: set[int],
) -> bool:
    if not call.in_place or not isinstance(call.inputs[0], int):
        return False
    source = call.inputs[0]
    return (
        storages[of[source]].region is Region.ARENA
        and source not in output_class
        and last_read[source] == number
        and call.inputs.count(source) == 1
    )


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _assign_offsets(steps: Sequence[Step], storages: Sequence[_Storage], of: Mapping[int, int]) -> Placement:
    """Largest first, each at the lowest offset free over its whole lifetime; scratch, which lives for a step, last."""
    buffers: dict[int, Buffer] = {
        index: Buffer(storage.name, 0, storage.size, storage.first, storage.last)
        for index, storage in enumerate(storages)
        if storage.region is Region.ARENA
    }
    scratch = {
        -1 - number: Buffer(f"scratch of step {number}", 0, step.call.scratch, number, number)
        for number, step in enumerate(steps)
        if step.call.scratch
    }
    pending = {**buffers, **scratch}
    placed: dict[int, Buffer] = {}
    for key in sorted(pending, key=lambda key: (key < 0, -pending[key].size, pending[key].first_step, key)):
        buffer = pending[key]
        rivals = sorted((other for other in placed.values() if _overlap(buffer, other)), key=lambda other: other.offset)
        offset = 0
        for other in rivals:
            if offset + buffer.size <= other.offset:
                break
            offset = max(offset, _aligned(other.offset + other.size))
        placed[key] = replace(buffer, offset=offset)
    arena = max((_aligned(buffer.offset + buffer.size) for buffer in placed.values()), default=0)
    bound = max(
        (
            sum(_aligned(b.size) for b in placed.values() if b.first_step <= number <= b.last_step)
            for number in range(len(steps))
        ),
        default=0,
    )
    places = {
        tensor: Place(storages[index].region, placed[index].offset if index in placed else 0)
        for tensor, index in of.items()
    }
    ordered = tuple(sorted(placed.values(), key=lambda buffer: (buffer.first_step, buffer.offset)))
    offsets = tuple(placed[-1 - number].offset if -1 - number in placed else None for number in range(len(steps)))
    written = max(
        (
            step.call.stack
            + max((b.offset + b.size for b in placed.values() if b.first_step <= number <= b.last_step), default=0)
            for number, step in enumerate(steps)
        ),
        default=0,
    )
    return Placement(MemoryPlan(arena, bound, ordered, max(arena, written)), places, offsets)


def _overlap(a: Buffer, b: Buffer) -> bool:
    return a.first_step <= b.last_step and b.first_step <= a.last_step
