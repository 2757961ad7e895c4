"""Shows that a change of the compiler or of the kernels leaves the images of the zoo as they were.

    python benchmarks/same_images.py build BEFORE     (with the tree before the change)
    python benchmarks/same_images.py build AFTER      (with the tree after it)
    python benchmarks/same_images.py compare BEFORE AFTER

`build` makes the virtual board's firmware of each model and runs one random frame, which gives the cycles of each step.
`compare` prints one row per image: whether the loaded bytes are the same (objcopy -O binary, no debug data), how many
functions have the same bytes in the object files (what the linker fills in is masked, and a function may have another
name), and whether cycles per step, arena and flash are equal. It exits with 1 if something differs; with --renamed the
loaded bytes may differ, because a file of another name moves its functions to other addresses.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tabulate import tabulate

from sktools.boards.board import load_board
from sktools.boards.driver import driver_for
from sktools.build.build import Build, build_firmware, load_build
from sktools.compiler import compile_model
from sktools.zoo import entries, resolve

COUNTS = "counts.json"
LEVELS = ("balanced", "none", "speed", "size")

WIDE = {2: 4, 10: 4, 30: 4, 47: 4, 48: 4, 3: 4}
"""ARM relocation -> bytes that the linker fills in: ABS32, THM_CALL, THM_JUMP24, THM_MOVW, THM_MOVT, REL32."""


def build(folder: Path, models: list[str], levels: list[str]) -> None:
    board = load_board("virtual")
    for model in models:
        tflite = resolve(model).tflite.read_bytes()
        for level in levels:
            compiled = compile_model(tflite, name=model, optimize=level)
            made = build_firmware(compiled, board.target, tflite, folder / f"{model}-{level}")
            with driver_for(board).open(made) as session:
                frame = np.random.default_rng(0).integers(-128, 128, compiled.input.elements).astype(np.int8)
                session.run(frame.tobytes(), with_crc=False)
                cycles = [count.cycles for count in session.counts()]
            (made.folder / COUNTS).write_text(json.dumps(cycles) + "\n")
            print(f"{model} {level}: {sum(cycle or 0 for cycle in cycles):,} cycles", flush=True)


def loaded_bytes(image: Path) -> bytes:
    binary = image.with_suffix(".loaded")
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", str(image), str(binary)], check=True)
    return binary.read_bytes()


def functions(build: Build) -> Iterator[bytes]:
    """Bytes of each function that the linker kept of the model, its kernels and the runtime; each is a section."""
    from elftools.elf.elffile import ELFFile

    kept = {symbol.name for symbol in build.sizes().symbols if symbol.kind == "function"}
    for path in sorted((build.folder / "obj").rglob("*.o")):
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            for section in elf.iter_sections():
                if not section.name.startswith(".text.") or section.name.removeprefix(".text.") not in kept:
                    continue
                code = bytearray(section.data())
                relocations = elf.get_section_by_name(f".rel{section.name}")
                for relocation in relocations.iter_relocations() if relocations else ():
                    start, wide = relocation["r_offset"], WIDE[relocation["r_info_type"]]
                    code[start : start + wide] = bytes(wide)
                yield bytes(code)


def compare(before: Path, after: Path, renamed: bool) -> bool:
    """Prints the table; True if everything is the same."""
    rows, same = [], True
    names = sorted(path.parent.name for path in before.glob(f"*/{COUNTS}"))
    if not names:
        sys.exit(f"{before} holds no builds: python benchmarks/same_images.py build {before}")
    for name in names:
        old, new = load_build(before / name), load_build(after / name)
        loaded = loaded_bytes(old.image) == loaded_bytes(new.image)
        there, here = Counter(functions(old)), Counter(functions(new))
        cycles = [json.loads((build.folder / COUNTS).read_text()) for build in (old, new)]
        sizes = [build.sizes() for build in (old, new)]
        checks = {
            "loaded bytes": loaded,
            "functions": there == here,
            "cycles": cycles[0] == cycles[1],
            "arena": old.model.plan == new.model.plan,
            "flash": sizes[0].flash_bytes == sizes[1].flash_bytes,
        }
        same &= all(equal for check, equal in checks.items() if not (renamed and check == "loaded bytes"))
        kept, other = (there & here).total(), (there - here).total() + (here - there).total()
        rows.append(
            [
                name,
                "same" if loaded else "other",
                f"{kept} same" + (f", {other} other" if other else ""),
                f"{sum(cycles[1]):,} in {len(cycles[1])} steps" if checks["cycles"] else "other",
                f"{new.model.plan.written_bytes:,}" if checks["arena"] else "other",
                f"{sizes[1].flash_bytes:,}" if checks["flash"] else "other",
            ]
        )
    print(tabulate(rows, ["image", "loaded bytes", "functions", "cycles", "arena", "flash"]))
    print("the same" if same else "NOT the same")
    return same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="build each model and run a frame")
    building.add_argument("folder", type=Path)
    building.add_argument("models", nargs="*", help="default: every model of the zoo")
    building.add_argument("--level", action="append", choices=LEVELS, help="default: balanced and none")
    comparing = commands.add_parser("compare", help="compare two folders of builds")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument("--renamed", action="store_true", help="loaded bytes may differ")
    arguments = parser.parse_args()
    if arguments.command == "build":
        models = arguments.models or [entry.name for entry in entries() if entry.trained]
        build(arguments.folder, models, arguments.level or ["balanced", "none"])
    else:
        sys.exit(0 if compare(arguments.before, arguments.after, arguments.renamed) else 1)


if __name__ == "__main__":
    main()
