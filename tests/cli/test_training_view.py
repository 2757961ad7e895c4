"""What a training run shows."""

from __future__ import annotations

import pytest

from sktools.cli.training_view import TrainingView
from sktools.training.progress import Progress


def test_each_of_two_trainings_in_turn_has_a_bar_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingView("training small") as view:
        for part in ("1 of 2: WAKE, CORE, DEEP, REM", "2 of 2: WAKE, SLEEP"):
            for epoch in (1, 2):
                view.update(Progress("fit", epoch, 2, {"loss": 0.5}, part))
    shown = capsys.readouterr().err
    for part in ("training small 1 of 2: WAKE, CORE, DEEP, REM", "training small 2 of 2: WAKE, SLEEP"):
        assert any(line.startswith(part) and "2 epochs" in line for line in shown.splitlines()), shown


def test_one_training_is_told_without_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingView("training small") as view:
        view.update(Progress("fit", 1, 1, {"loss": 0.5}))
    assert "training small: " in capsys.readouterr().err
