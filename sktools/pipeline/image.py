"""The stages that make an image of a model and bring it onto the board."""

from __future__ import annotations

import hashlib
import json

from sktools.boards.configure import AOT, build_image
from sktools.boards.driver import driver_for
from sktools.build.build import Build, load_build
from sktools.build.cache import user_costs
from sktools.build.stager import is_live
from sktools.compiler.compile import compile_model
from sktools.compiler.compiled import CompiledModel
from sktools.compiler.costs import known_costs
from sktools.errors import UsageError
from sktools.partial import replace_file
from sktools.pipeline.stage import Work
from sktools.pipeline.unchanged import inputs_digest, remember, unchanged
from sktools.profiling import verification
from sktools.profiling.live_model import with_live_stager


def build(work: Work) -> None:
    """Compiles the model and builds its image; an image that is up to date is used as it is.

    Raises ModelError, BuildError, MissingError.
    """
    inputs, found = _earlier(work)
    if found is not None:
        work.build = found
        return
    if work.options.engine != AOT:
        work.note("the interpreter's arena is found by running it once on the virtual board")
    if work.board.sdk is not None:
        work.note(f"building with {work.board.sdk.name}; the first build of a configuration compiles the SDK too")
    content = work.model.tflite.read_bytes()
    work.build = build_image(_compiled(work), work.board, content, work.folder, work.image, work.options.engine)
    if inputs is not None:
        remember(work.build, inputs)


def _earlier(work: Work) -> tuple[str | None, Build | None]:
    """The digest of the build's inputs, None if it is not known, and the build that an earlier run made of the same."""
    costs = known_costs(user_costs())
    inputs = inputs_digest(work, work.model.tflite.read_bytes(), costs, optimize_level(work))
    return inputs, unchanged(work.folder, inputs) if inputs is not None else None


def _compiled(work: Work) -> CompiledModel:
    """The model as C, compiled once, whichever stage asks first."""
    if work.compiled is None:
        compiled = compile_model(
            work.model.tflite.read_bytes(),
            name=work.model.name,
            optimize=optimize_level(work),
            costs=known_costs(user_costs()),
        )
        if work.options.engine == AOT and work.model.config is not None and is_live(work.model.config):
            compiled = with_live_stager(compiled, work.model.config, work.model.folder)
        work.compiled = compiled
    return work.compiled


def verify(work: Work) -> None:
    """Compares the generated C with the reference kernels on this machine. Raises ThresholdError if they differ."""
    if work.options.engine == AOT:
        _, found = _earlier(work)
        model = found.model if found is not None else _compiled(work)
        work.verification = verification.verify(model, work.model.tflite.read_bytes())
    else:
        work.verification = verification.Verification(0, "the image runs the interpreter's kernels, not compiled C")
    if not work.verification.verified:
        work.caution(f"the image is not verified: {work.verification.why}")


def verify_begins(work: Work) -> str:
    return f"verifying {work.model.name} against the reference kernels on this machine"


def write_manifest(work: Work) -> None:
    """manifest.json in the build's folder: what it was made of, and whether it is verified. Raises OSError."""
    built, verified = work.build, work.verification
    assert verified is not None
    images = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (built.image, built.binary) if path}
    manifest = {**verification.manifest_of(built.model, verified), "board": built.board, "image": images}
    replace_file(built.folder / "manifest.json", (json.dumps(manifest, indent=1) + "\n").encode())


def optimize_level(work: Work) -> str:
    """The level that the model is compiled at: the interpreter runs the network as it is."""
    return work.options.optimize if work.options.engine == AOT else "none"


def build_begins(work: Work) -> str:
    engine = work.options.engine
    return f"building {work.model.name} for {work.board.name} ({engine}, {optimize_level(work)})"


def image_line(work: Work) -> str:
    return str(work.build.image)


def find_build(work: Work) -> None:
    """The build that an earlier run left in the folder. Raises BuildError if there is none."""
    work.build = load_build(work.folder)


def flash(work: Work) -> None:
    """Brings the image onto the board. Raises UsageError if the build is of another model."""
    built = work.build
    if built.model.sha256 != work.model.sha256:
        raise UsageError(
            f"{built.folder} was built from model {built.model.sha256[:12]}, asked for {work.model.sha256[:12]}",
            "sktools build-fw MODEL",
        )
    work.flash_line = driver_for(work.board).flash(built)


def flash_begins(work: Work) -> str:
    if work.board.jlink is None:
        return ""
    return f"flashing {work.build.binary} through J-Link; its verification takes a while"


def flash_line(work: Work) -> str:
    return work.flash_line
