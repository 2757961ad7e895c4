"""Places activations and scratch in the arena: lifetimes, in-place operation, offsets, and the lower bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby

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


@dataclass(frozen=True)
class _Stage:
    """One tensor of a storage: the step that writes it, its bytes and its name."""

    first: int
    size: int
    name: str


@dataclass
class _Storage:
    """Bytes shared by tensors that follow each other in place. last: the step that reads the last of them."""

    region: Region
    stages: list[_Stage]
    last: int

    @property
    def first(self) -> int:
        return self.stages[0].first

    @property
    def size(self) -> int:
        return max(stage.size for stage in self.stages)

    def size_at(self, step: int) -> int:
        """Bytes in use while a step runs: where it writes in place, those of the tensor it reads too."""
        before = [stage for stage in self.stages if stage.first < step]
        starting = [stage for stage in self.stages if stage.first == step]
        return max(stage.size for stage in before[-1:] + starting)

    def buffers(self, offset: int) -> Iterator[Buffer]:
        """The plan's rows: one for each stretch of steps with as many bytes in use."""
        for size, steps in groupby(range(self.first, self.last + 1), self.size_at):
            first, *_, last = (*steps,) * 2
            names = [stage.name for stage in self.stages if first <= stage.first <= last]
            before = [stage.name for stage in self.stages if stage.first < first][-1:]
            yield Buffer(" > ".join(names or before), offset, size, first, last)


def place_tensors(
    steps: Sequence[Step], sizes: Mapping[int, int], names: Mapping[int, str], graph_input: int, graph_output: int
) -> Placement:
    """sizes: bytes per tensor; names: for the plan's buffers."""
    last_read = _last_reads(steps, graph_output)
    output_class = _output_class(steps, graph_output)
    storages: list[_Storage] = [_Storage(Region.INPUT, [_Stage(0, sizes[graph_input], "input")], 0)]
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
            stage = _Stage(number, sizes[output], "output")
            of[output] = _add(storages, _Storage(Region.OUTPUT, [stage], len(steps) - 1))
        elif _may_overwrite(step.call, of, storages, last_read, number, output_class):
            storage = storages[of[operands[0]]]
            storage.stages.append(_Stage(number, sizes[output], names[output]))
            storage.last = number
            of[output] = of[operands[0]]
        else:
            stage = _Stage(number, sizes[output], names[output])
            of[output] = _add(storages, _Storage(Region.ARENA, [stage], number))
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
    """Largest first, each at the lowest offset free over its whole lifetime; then scratch, which lives for a step, in
    what the tensors leave free while that step runs."""
    whole = {
        index: Buffer("", 0, storage.size, storage.first, storage.last)
        for index, storage in enumerate(storages)
        if storage.region is Region.ARENA
    }
    placed: dict[int, Buffer] = {}
    for index in sorted(whole, key=lambda index: (-whole[index].size, whole[index].first_step, index)):
        placed[index] = _at_lowest_offset(whole[index], placed.values())
    tensors = [row for index, buffer in placed.items() for row in storages[index].buffers(buffer.offset)]
    scratch = {
        number: _at_lowest_offset(Buffer(f"scratch of step {number}", 0, step.call.scratch, number, number), tensors)
        for number, step in enumerate(steps)
        if step.call.scratch
    }
    buffers = [*tensors, *scratch.values()]

    def live(number: int) -> list[Buffer]:
        return [buffer for buffer in buffers if buffer.first_step <= number <= buffer.last_step]

    arena = max((_aligned(buffer.offset + buffer.size) for buffer in buffers), default=0)
    bound = max((sum(_aligned(b.size) for b in live(number)) for number in range(len(steps))), default=0)
    written = max(
        (
            step.call.stack + max((b.offset + b.size for b in live(number)), default=0)
            for number, step in enumerate(steps)
        ),
        default=0,
    )
    places = {
        tensor: Place(storages[index].region, placed[index].offset if index in placed else 0)
        for tensor, index in of.items()
    }
    ordered = tuple(sorted(buffers, key=lambda buffer: (buffer.first_step, buffer.offset)))
    offsets = tuple(scratch[number].offset if number in scratch else None for number in range(len(steps)))
    return Placement(MemoryPlan(arena, bound, ordered, max(arena, written)), places, offsets)


def _at_lowest_offset(buffer: Buffer, placed: Iterable[Buffer]) -> Buffer:
    rivals = sorted((other for other in placed if _overlap(buffer, other)), key=lambda other: other.offset)
    offset = 0
    for other in rivals:
        if offset + buffer.size <= other.offset:
            break
        offset = max(offset, _aligned(other.offset + other.size))
    return replace(buffer, offset=offset)


def _overlap(a: Buffer, b: Buffer) -> bool:
    return a.first_step <= b.last_step and b.first_step <= a.last_step
