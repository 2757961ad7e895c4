"""`NEURALSPOT_ROOT=DIR python -m tests.boards.record_classes`: writes published_blocks.json anew.

What the interpreter executes in each block of SS-4, by class of instruction: the recipe by which the cycle model's cost
table is held against the published latencies where there is no interpreter. Needs a QEMU of plugin API 1 or 2.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sktools.boards import virtual
from sktools.build.shipped import firmware_path
from tests.boards.test_published_latencies import INTERPRETER, RECORDED, interpreter_cycles

WAYS = (
    *("direct_refills", "other_refills", "misaligned_runs", "misaligned_wide"),
    *("overlapped", "behind_a_store", "address_just_loaded", "split_regions"),
)


def record(folder: Path) -> tuple[dict[str, int], list[str], str]:
    """Model cycles by block, the block of each step, and what the recorder wrote."""
    plugin, out = folder / "recorder.so", folder / "counts"
    subprocess.run(
        ["cc", "-std=c99", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-DSK_QEMU_API=1",
         "-I", firmware_path("cycle_model"), "-o", plugin, Path(__file__).with_name("class_recorder.c"),
         firmware_path("cycle_model", "thumb2_cost.c")],
        check=True,
    )  # fmt: skip
    counting = virtual._counting

    def with_recorder(qemu: Path, place: Path) -> Any:
        counter, records, extra = counting(qemu, place)
        return counter, records, [*extra, "-plugin", f"{plugin},out={out}"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(virtual, "_counting", with_recorder)
        cycles, steps = interpreter_cycles(folder, patch)
    return cycles, steps, out.read_text()


@dataclass
class Recorded:
    """What ran in a block. ways: refills after a direct branch and after others, misaligned runs, misaligned wide
    instructions, then the pairs as class_recorder.c writes them. executed: encoding -> how often.
    """

    ways: list[int] = field(default_factory=lambda: [0] * 8)
    executed: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def by_block(text: str, steps: list[str]) -> dict[str, Recorded]:
    """Block -> what ran in it. The last windows are the frame's."""
    windows = text.split("r ")[1:][-len(steps) :]
    found: dict[str, Recorded] = defaultdict(Recorded)
    for block, window in zip(steps, windows, strict=True):
        refills, misaligned, pairs, *rows = window.splitlines()
        ways = [*refills.split(), *misaligned.split()[1:], *pairs.split()[1:]]
        block_ways = found[block].ways
        found[block].ways = [old + int(new) for old, new in zip(block_ways, ways, strict=True)]
        for row in rows:
            encoding, count = row.split()
            found[block].executed[int(encoding, 16)] += int(count)
    return found


def classes(encodings: list[int], folder: Path) -> dict[int, str]:
    """The class of each encoding, told by binutils: mnemonic, form of the address, number of registers."""
    blob = b"".join(
        (e >> 16).to_bytes(2, "little") + ((e & 0xFFFF).to_bytes(2, "little") if (e >> 27) >= 0x1D else b"")
        for e in encodings
    )
    (folder / "blob").write_bytes(blob)
    listed = subprocess.run(
        ["arm-none-eabi-objdump", "-D", "-b", "binary", "-m", "arm", "-M", "force-thumb", folder / "blob"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    rows = re.findall(r"^ +[0-9a-f]+:\t[0-9a-f ]+\t(\S+)(.*)$", listed, re.MULTILINE)
    assert len(rows) == len(encodings)
    return {encoding: _class(*row) for encoding, row in zip(encodings, rows, strict=True)}


def _class(mnemonic: str, operands: str) -> str:
    base = re.sub(r"\.(n|w)$", "", mnemonic)
    if re.match(r"b(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)$", base):
        return "b<c>"
    registers = re.search(r"\{([^}]*)\}", operands)
    if registers:
        count = 0
        for part in registers[1].split(","):
            ends = [int(n) for n in re.findall(r"\d+", part)]
            count += ends[-1] - ends[0] + 1 if "-" in part and len(ends) == 2 else 1
        return f"{base} of {count}"
    if "[pc" in operands:
        return f"{base} literal"
    if re.search(r"\[\w+, [a-z]", operands):
        return f"{base} register offset"
    return base


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cycles, steps, text = record(folder)
        counts = by_block(text, steps)
        encodings = sorted({encoding for block in counts.values() for encoding in block.executed})
        kind = classes(encodings, folder)
    blocks = list(cycles)
    rows = []
    for name in sorted(set(kind.values())):
        members = [encoding for encoding in encodings if kind[encoding] == name]
        sums = [sum(counts[block].executed.get(e, 0) for e in members) for block in blocks]
        often = max(members, key=lambda e: sum(counts[block].executed.get(e, 0) for block in blocks))
        rows.append({"class": name, "encoding": f"{often:08x}", "executed": sums})
    document = {
        "program": f"SS-4 of the zoo, one frame, {INTERPRETER} of neuralSPOT",
        "blocks": blocks,
        **{name: [counts[block].ways[place] for block in blocks] for place, name in enumerate(WAYS)},
        "model_cycles": [cycles[block] for block in blocks],
    }
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    RECORDED.write_text(json.dumps(document)[:-1] + f', "classes": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
