"""Other people's int8 models, each compiled, run and compared with the oracle: `python benchmarks/foreign.py`.

Prints one row per file: refused and why, or how many bytes differ. Exits with 1 if a byte differs. `--board host` is
the quick pass. `--resume FILE` keeps each row in FILE as it is made, and skips the files that it holds already.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

import sktools
from sktools.errors import ModelError

MODELS = Path(__file__).resolve().parent.parent.parent / "shared" / "models-foreign"
MANY_MACS = 20_000_000
"""Above this one frame is run, not two."""

Row = dict[str, str | int | None]


def measure(path: Path, board: str, optimize: str) -> Row:
    """The row of one file. Errors other than a refusal are raised: they are faults."""
    from sktools.compiler import compile_model

    started = time.monotonic()
    row: Row = {"file": path.name, "state": "right", "note": "", "different": None, "cycles": None}
    try:
        compiled = compile_model(path.read_bytes(), name=path.stem, optimize=optimize)
    except ModelError as error:
        return {**row, "state": "refused", "note": error.message}
    frames = 1 if sum(layer.macs for layer in compiled.layers) > MANY_MACS else 2
    with tempfile.TemporaryDirectory() as folder:
        try:
            bundle = sktools.run(
                path,
                board=board,
                optimize=optimize,
                frames=frames,
                output=f"{folder}/results",
                build_folder=f"{folder}/build",
            )
        except sktools.ParityError as error:
            bundle = error.bundle
            row["state"] = "wrong"
        except ModelError as error:
            return {**row, "state": "no oracle", "note": error.message}
        profile = bundle.profile.to_json()
    return {
        **row,
        "different": profile["parity"]["mismatched"],
        "cycles": profile["totals"]["cycles"],
        "arena": profile["memory"]["arena_bytes"],
        "flash": profile["memory"]["flash_bytes"],
        "seconds": round(time.monotonic() - started),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=MODELS)
    parser.add_argument("--board", default="virtual")
    parser.add_argument("--optimize", default="balanced")
    parser.add_argument("--resume", type=Path, metavar="FILE")
    choice = parser.parse_args()
    files = sorted(choice.folder.glob("*.tflite"))
    if not files:
        print(f"{choice.folder} holds no .tflite", file=sys.stderr)
        return 2
    known: dict[str, Row] = {}
    if choice.resume and choice.resume.is_file():
        known = {row["file"]: row for row in map(json.loads, choice.resume.read_text().splitlines())}
    for path in files:
        if path.name in known:
            continue
        row = known[path.name] = measure(path, choice.board, choice.optimize)
        print(f"{path.name}: {row['state']} {row['note']}", file=sys.stderr, flush=True)
        if choice.resume:
            with choice.resume.open("a") as file:
                file.write(json.dumps(row) + "\n")
    rows = [known[path.name] for path in files]
    print(tabulate(rows, headers="keys", intfmt=","))
    states = [str(row["state"]) for row in rows]
    print(", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)), f"of {len(rows)}")
    return 1 if "wrong" in states else 0


if __name__ == "__main__":
    sys.exit(main())
