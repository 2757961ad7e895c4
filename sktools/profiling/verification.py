"""Whether the compiler's C computes what the reference does: run on this machine before an image is handed out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import sktools
from sktools.boards.board import load_board
from sktools.boards.driver import driver_for
from sktools.build.build import build_firmware
from sktools.build.cache import NoHomeError, cache_folder
from sktools.build.export import Vector, vectors_of
from sktools.build.project import project_files
from sktools.build.target import Target
from sktools.compiler.compiled import CompiledModel, TensorSpec
from sktools.compiler.reference import Reference
from sktools.errors import BuildError, LinkError, MissingError, ModelError, ThresholdError
from sktools.partial import replace_file, temporary_folder
from sktools.profiling.device import BoardDevice
from sktools.profiling.parity import Int8Array
from sktools.profiling.provenance import package_versions
from sktools.profiling.session import measure

RANDOM_FRAMES, SEED = 4, 0
_JUDGES = ("ai-edge-litert", "tflite-micro")


@dataclass(frozen=True)
class Verification:
    """frames: how many were compared and found equal at every layer. why: the reason if none was, else empty."""

    frames: int
    why: str = ""

    @property
    def verified(self) -> bool:
        return not self.why

    @property
    def line(self) -> str:
        """For people."""
        if self.verified:
            return f"true: {self.frames} frames on this machine, every layer equal to the reference kernels"
        return f"false: {self.why}"

    def document(self) -> dict[str, Any]:
        """For --json and manifest.json."""
        reason = {} if self.verified else {"not_verified_because": self.why}
        return {"verified": self.verified, "verified_frames": self.frames, **reason}


def verify(model: CompiledModel, tflite: bytes) -> Verification:
    """Compares the generated C, compiled for this machine, with the reference kernels at every observable layer.

    A success is remembered for exactly this C, these judges and these frames. Without a host compiler or a judge, or if
    a judge refuses the model or aborts on it, the result says why nothing was compared.
    Raises ThresholdError if a byte differs.
    """
    target = load_board("host").target
    known = _place(model, target, tflite)
    frames = verification_frames(model.input)
    if known is not None and known.is_file():
        return Verification(len(frames))
    try:
        oracle = Reference(tflite)
        with _on_this_machine(model, tflite) as device:
            measurement = measure(model, device, oracle, frames)
    except (MissingError, ModelError, BuildError, LinkError) as error:
        return Verification(0, error.message)
    parities = {index: parity for index, parity in enumerate(measurement.layers) if parity and parity.mismatched}
    if parities or measurement.output_parity.mismatched:
        first = model.layers[min(parities)].name if parities else "the output"
        raise ThresholdError(
            f"the compiled C is wrong: it differs from the reference kernels, first in {first}; no image is made",
            "please report it with the .tflite; --optimize none or another level may avoid it",
        )
    if known is not None:
        _remember(known, len(frames))
    return Verification(len(frames))


def manifest_of(model: CompiledModel, verification: Verification) -> dict[str, Any]:
    """What manifest.json says of compiled C, in a build's folder and in an exported library's."""
    return {
        "sktools": sktools.__version__,
        "model": model.name,
        "model_sha256": model.sha256,
        "contract": model.contract,
        "optimize": model.optimize,
        **verification.document(),
    }


def own_vectors(model: CompiledModel, tflite: bytes) -> tuple[Vector, ...]:
    """Frames of a self-test with the C's own answers, for want of a judge; none without a host compiler either."""
    try:
        with _on_this_machine(model, tflite) as device:
            return vectors_of(lambda frame: device.run(frame).output, model.input.shape)
    except (MissingError, BuildError, LinkError):
        return ()


@contextmanager
def _on_this_machine(model: CompiledModel, tflite: bytes) -> Iterator[BoardDevice]:
    host = load_board("host")
    with temporary_folder() as folder:
        build = build_firmware(model, host.target, tflite, folder / "host")
        with driver_for(host).open(build) as session:
            yield BoardDevice(session, model.output)


def verification_frames(spec: TensorSpec) -> Int8Array:
    """int8 [n, *input]: random frames, then constant ones: lowest, highest, the zero point, and both ends in turn."""
    random = np.random.default_rng(SEED).integers(-128, 128, (RANDOM_FRAMES, spec.elements))
    edges = [np.full(spec.elements, value) for value in (-128, 127, spec.zero_point)]
    in_turn = np.where(np.arange(spec.elements) % 2, -128, 127)
    return np.stack([*random, *edges, in_turn]).astype(np.int8).reshape(-1, *spec.shape)


def _place(model: CompiledModel, target: Target, tflite: bytes) -> Path | None:
    """Where a success is remembered; None if this user has no place for it."""
    digest = hashlib.sha256()
    for path, content in sorted(project_files(model, target, tflite).items()):
        digest.update(f"{path} {len(content)}\n".encode() + content)
    versions: Mapping[str, str] = package_versions()
    digest.update(json.dumps([versions.get(name) for name in _JUDGES]).encode())
    digest.update(verification_frames(model.input).tobytes())
    try:
        return cache_folder() / "verified" / f"{digest.hexdigest()[:32]}.json"
    except NoHomeError:
        return None


def _remember(place: Path, frames: int) -> None:
    with suppress(OSError):  # a cache that cannot be written costs the time of the next verification
        replace_file(place, json.dumps({"frames": frames}).encode())
