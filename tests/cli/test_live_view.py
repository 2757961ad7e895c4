from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from sktools.boards.driver import StepCount
from sktools.cli.live_view import Standing, Tally, picture
from sktools.features.evaluation_set import EvaluationSet
from sktools.profiling.inputs import FrameSet, random_frames
from sktools.profiling.session import FrameReport
from tests.profiling import fakes

LABELS = np.array([[0, 1, 1, 0], [1, -1, -1, -1]])
COSTS = (StepCount(100, 120), StepCount(200, 300))


def _labelled() -> FrameSet:
    evaluation = EvaluationSet(
        "synthetic", np.zeros((2, 4, 2), np.float32), LABELS, LABELS >= 0, ("a", "a"), ("a",), 0, (), (), True
    )
    return FrameSet(fakes.frames(2), fakes.real(2), "a test", evaluation)


def _report(index: int, stages: list[int], mismatched: int = 0) -> FrameReport:
    output = np.where(np.eye(2, dtype=bool)[stages], 9, -9).astype(np.int8).reshape(1, 4, 2)
    return FrameReport(index, 2, output, COSTS, mismatched)


def test_accuracy_runs_over_scored_epochs() -> None:
    tally = Tally(fakes.model(), _labelled())
    assert tally.add(_report(0, [0, 1, 0, 0])).accuracy == 3 / 4
    assert tally.add(_report(1, [0, 0, 0, 0])).accuracy == 3 / 5


def test_blocks_are_booked_on_cost_owners_and_sorted() -> None:
    assert Tally(fakes.model(), _labelled()).add(_report(0, [0] * 4)).blocks == (("DEC", 300), ("ENC", 120))


def test_without_labels_there_is_no_accuracy() -> None:
    standing = Tally(fakes.model(), random_frames(fakes.INPUT, 2)).add(_report(0, [0] * 4, 7))
    assert standing.accuracy is None
    assert standing.line.endswith("7 bytes differ")


@pytest.mark.parametrize("accuracy", [None, 0.5])
def test_the_picture_shows_all_of_it(accuracy: float | None) -> None:
    stream = io.StringIO()
    standing = Standing(1, 4, 2.0, 0, accuracy, (("[red]DEC", 1300),), 2600)
    Console(file=stream, width=120).print(picture("profiling", standing))
    text = stream.getvalue()
    assert (
        "1/4" in text
        and "[red]DEC: 1,300 cycles" in text
        and "50% of the frame" in text
        and "2 s left" in text
        and "parity exact" in text
    )
    assert ("accuracy 50.0 %" in text) == (accuracy is not None)
