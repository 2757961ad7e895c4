"""What a build or a run is asked for: one field per argument of `sktools.build_fw` and `sktools.run`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sktools.datasets.registry import Dataset
from sktools.metrics.lights import LightsTimes
from sktools.profiling.live_night import Replay

AS_IT_WAS = Replay()
AOT = "aot"
VIRTUAL = "virtual"


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """See sktools.run; sktools.build_fw and sktools.evaluate use a part.

    None: the model's, the board's or the SDK's own.

    build_folder: of the firmware project. default_dataset: opens the data set that is used if none is named; None for
    the synthetic cohort, if it has the model's features. baselines, open_training: see sktools.evaluate; the second
    opens the data sets of these names, whose people the model was trained on, and raises MissingError if nobody said
    where they are. live: read each answer as a watch does, at every delay. stage_prior: False leaves the model's clock
    out. replay, what_if: how `sktools live` replays a night, and whether it scores other ways too.
    lights_off, lights_on: as LightsTimes. command: what the manifest says made the result.
    """

    model: str
    board: str = VIRTUAL
    engine: str = AOT
    optimize: str = "balanced"
    name: str | None = None
    clock: str | int | None = None
    baud: int | None = None
    arena_location: str | None = None
    model_location: str | None = None
    max_arena_bytes: int | None = None
    sdk: Path | None = None
    probe: str | None = None
    build_folder: Path | None = None

    dataset: str | Dataset | None = None
    default_dataset: Callable[[], Dataset] | None = None
    data: Path | None = None
    subjects: Sequence[str] | None = None
    include_training: bool = False
    inputs: Path | NDArray[Any] | None = None
    frames: int | None = None
    baselines: bool = False
    live: bool = False
    stage_prior: bool = True
    open_training: Callable[[Sequence[str]], Sequence[Dataset]] | None = None
    port: str | None = None
    joulescope: bool = False
    replay: Replay = AS_IT_WAS
    what_if: bool = False
    output: Path = Path("results")
    save_outputs: Path | None = None
    lights_off: str | None = None
    lights_on: str | None = None
    hypnogram: Path | None = None
    hypnogram_format: str | None = None
    command: Sequence[str] = ()

    @property
    def lights(self) -> LightsTimes:
        """Raises UsageError for what is no time."""
        return LightsTimes(self.lights_off, self.lights_on)
