"""A chip's memories, and whether what is to lie in each of them fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sktools.errors import BuildError, UsageError
from sktools.strict_yaml import suggest


@dataclass(frozen=True)
class MemoryRegion:
    """Addresses [origin, origin + length). holds: what may be placed there: code, model, data, arena, stack.

    sections: content ("arena", "model") -> the section that brings it here, where the linker does not by itself.
    """

    name: str
    origin: int
    length: int
    holds: tuple[str, ...]
    sections: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, address: object) -> bool:
        return isinstance(address, int) and self.origin <= address < self.origin + self.length


@dataclass(frozen=True)
class Content:
    """Something that needs memory. name: as messages call it. region: where it is to lie."""

    name: str
    bytes: int
    region: str


def find_region(regions: Sequence[MemoryRegion], name: str | None, content: str, board: str) -> MemoryRegion:
    """The region for `content`: the one of that name (upper or lower case), or the first that may hold it.

    Raises UsageError where there is no such region or it cannot hold the content, naming those that can.
    """
    able = [region for region in regions if content in region.holds]
    if not able:
        raise UsageError(f"board {board} describes no memory for the {content}")
    if name is None:
        return able[0]
    for region in able:
        if region.name.upper() == name.upper():
            return region
    names = [region.name for region in able]
    if any(region.name.upper() == name.upper() for region in regions):
        raise UsageError(f"{name} of {board} cannot hold the {content}; it can lie in {', '.join(names)}")
    raise UsageError(f"board {board} has no memory '{name}' for the {content}; {suggest(name.upper(), names)}")


def check_fit(regions: Iterable[MemoryRegion], contents: Iterable[Content], board: str) -> None:
    """Raises BuildError naming the first memory that is too small, with the figures of all that it was to hold."""
    contents = tuple(contents)
    for region in regions:
        own = [content for content in contents if content.region == region.name and content.bytes]
        needed = sum(content.bytes for content in own)
        if needed > region.length:
            figures = ", ".join(f"{content.name} {content.bytes:,}" for content in own)
            raise BuildError(
                f"{region.name} of {board} has {region.length:,} bytes, {needed:,} are to lie there: {figures}",
                "--arena-location, --model-location, or --optimize size",
            )
