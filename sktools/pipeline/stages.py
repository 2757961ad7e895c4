"""The stages of a run, in order. `sktools run` and `sktools.run` go through RUN; the other lists are parts of it."""

from __future__ import annotations

from dataclasses import replace

from sktools.pipeline import door, image, measure
from sktools.pipeline.stage import Stage, nothing

RUN: tuple[Stage, ...] = (
    Stage("model", "find the .tflite and its configuration", door.find_model, ends=door.model_line),
    Stage("board", "read the board's description, check clock, rate and memories", door.find_board),
    Stage("meter", "find the Joulescope, if energy is to be measured", door.find_meter),
    Stage("dataset", "look up the data set and its folder", door.find_dataset),
    Stage("build", "compile the model to C and make its image", image.build, image.build_begins, image.image_line),
    Stage("flash", "bring the image onto the board", image.flash, image.flash_begins, image.flash_line),
    Stage("frames", "read the nights, cut and quantise their frames", measure.choose_frames, measure.frames_begin),
    Stage("outputs", "check that the results can be written", measure.check_outputs),
    Stage(
        "measure",
        "run every frame on board and reference, compare, count, score",
        measure.measure,
        measure.measure_begins,
    ),
    Stage("bundle", "write the result bundle and its report", measure.write, ends=measure.bundle_line),
    Stage("parity", "fail if a byte differs from the reference", measure.check_parity),
)


def only(*names: str) -> tuple[Stage, ...]:
    """The stages of RUN with these names, in its order."""
    return tuple(stage for stage in RUN if stage.name in names)


PROFILE = tuple(stage for stage in RUN if stage.name != "flash")
"""A run on a board that holds the image already."""

BUILD = only("model", "board", "build")
"""As far as the image."""

BUILD_FW = (
    *only("model", "board"),
    Stage("verify", "compare the generated C with the reference on this machine", image.verify, image.verify_begins),
    *only("build"),
    Stage("manifest", "write down what the image is of, and that it is verified", image.write_manifest),
)
"""An image that is handed out: none is made of C that differs from the reference."""

FIND_BUILD = (*only("model", "board"), Stage("find", "find the build that an earlier command made", image.find_build))
FLASH = (*FIND_BUILD, *(replace(stage, ends=nothing) for stage in only("flash")))
"""An image that is there already, onto the board; what was done is the result, so no line says it."""
