"""Sleep statistics against YASA's, agreement and intervals by hand, lights off and on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sktools.errors import DataError, UsageError
from sktools.metrics.agreement import bland_altman, bootstrap_by_subject
from sktools.metrics.classification import plain_accuracy
from sktools.metrics.lights import LightsTimes
from sktools.metrics.sleep import Lights, compare_nights, in_bed, sleep_agreement, sleep_statistics, stages_of

RECORDED = json.loads((Path(__file__).parent / "yasa_statistics.json").read_text(encoding="utf-8"))
STAGES = stages_of(("WAKE", "CORE", "DEEP", "REM"))


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: f"{len(case['names'])}-{len(case['stages'])}")
def test_every_statistic_is_yasas(case: dict[str, object]) -> None:
    """The file was recorded with YASA 0.8.1 in an environment of its own (`pip install yasa`): for each list of stages

        values = [names[stage] if stage >= 0 else "UNS" for stage in stages]
        yasa.Hypnogram(values, n_stages=len(names)).sleep_statistics()

    without the key UNS, and with null for NaN. YASA has no REM_latency.
    """
    found = sleep_statistics(np.array(case["stages"]), stages_of(case["names"]))  # type: ignore[arg-type]
    latency = found.pop("REM_latency", None)
    assert found == case["statistics"]
    if latency is not None:
        assert latency == pytest.approx(found["Lat_REM"] - found["SOL"])  # type: ignore[operator]


def test_every_statistic_is_yasas_here_too() -> None:
    yasa = pytest.importorskip("yasa")
    for case in RECORDED:
        values = [case["names"][stage] if stage >= 0 else "UNS" for stage in case["stages"]]
        found = yasa.Hypnogram(values, n_stages=len(case["names"])).sleep_statistics()
        known = {name: None if np.isnan(value) else float(value) for name, value in found.items() if name != "UNS"}
        assert known == case["statistics"]


def test_classes_get_yasas_names_and_wake_may_be_any() -> None:
    assert STAGES.names == ("WAKE", "LIGHT", "DEEP", "REM")
    found = sleep_statistics(np.array([0, 0, 1, 0]), stages_of(("sleep", "W"), 1))
    assert (found["TST"], found["WASO"], found["WAKE"]) == (1.5, 0.5, 0.5) and "%WAKE" not in found
    with pytest.raises(DataError, match="one epoch"):
        sleep_statistics(np.zeros(0, np.int64), STAGES)


def test_lights_set_the_time_in_bed() -> None:
    night = np.array([-1, -1, 0, 0, 1, 3, -1, 0, -1])
    assert in_bed(night, Lights()).tolist() == [0, 0, 1, 3, -1, 0]
    assert in_bed(night, Lights(off=90, on=180)).tolist() == [0, 1, 3]
    assert in_bed(night, Lights(off=-60, on=330)).tolist() == [-1, -1, *night.tolist(), -1, -1]
    assert sleep_statistics(in_bed(night, Lights(off=-60)), STAGES)["SOL"] == 3.0
    for lights in (Lights(off=240), Lights(off=900, on=1000), Lights(off=-300, on=-100)):
        with pytest.raises(DataError, match="between lights off"):
            in_bed(night, lights)
    with pytest.raises(UsageError, match="later"):
        Lights(off=60, on=60)


@pytest.mark.parametrize(
    ("off", "on", "start", "seconds"),
    [
        ("23:30", "07:00", "2024-03-01T23:25:30", (270.0, 27270.0)),
        ("23:30", "07:00", "2024-03-02T00:10:00", (-2400.0, 24600.0)),
        ("00:10", None, "2024-03-01T23:25:00", (2700.0, None)),
        ("2024-03-01T23:30", "430min", "2024-03-01T23:00:00", (1800.0, 25800.0)),
        ("-2.5min", "23:05", "2024-03-01T23:00:00", (-150.0, 300.0)),
        (None, "06:00", "2024-03-01T23:00:00", (None, 25200.0)),
    ],
)
def test_times_of_lights(off: str | None, on: str | None, start: str, seconds: tuple[float, float]) -> None:
    found = LightsTimes(off, on).of("a", start)
    assert (found.off, found.on) == seconds


def test_a_time_that_means_nothing_is_refused() -> None:
    for word in ("late", "25:00", "12", "23:00+02:00"):
        with pytest.raises(UsageError, match="no time of lights"):
            LightsTimes(off=word)
    with pytest.raises(UsageError, match="'anna' does not say"):
        LightsTimes(off="23:00").of("anna", "")
    assert LightsTimes(off="5min").of("anna", "") == Lights(300.0)


def test_unscored_epochs_count_for_neither_side() -> None:
    true = np.array([-1, 0, 1, 1, -1, 0, -1])
    predicted = np.array([2, 2, 0, 2, 2, 2, 0])
    night = compare_nights(true, predicted, STAGES)
    assert night["true"] is not None and night["predicted"] is not None
    assert (night["true"]["TST"], night["predicted"]["TST"], night["predicted"]["TIB"]) == (1.0, 1.5, 2.5)
    blank = compare_nights(np.full(7, -1), predicted, STAGES)
    assert blank["true"] is None and blank["predicted"] is not None and blank["predicted"]["TIB"] == 3.5
    agreement = sleep_agreement([night, blank, night])
    assert agreement["TST"] == {
        "true": 1.0, "predicted": 1.5, "subjects": 2, "bias": 0.5, "lower": 0.5, "upper": 0.5,
    }  # fmt: skip
    assert "Lat_REM" not in agreement and sleep_agreement([blank]) == {}


def test_bland_altman_by_hand() -> None:
    result = bland_altman([10, 20, 30], [12, 20, 34])
    assert (result.subjects, result.bias) == (3, 2.0)
    assert result.lower == pytest.approx(2 - 1.96 * 2) and result.upper == pytest.approx(2 + 1.96 * 2)
    assert bland_altman([1.0], [3.0]).lower is None
    with pytest.raises(DataError):
        bland_altman([], [])


def test_the_bootstrap_draws_subjects_not_epochs() -> None:
    alike = np.array([[[90, 10], [10, 90]]] * 8)
    assert bootstrap_by_subject(alike, plain_accuracy) == (0.9, 0.9)
    mixed = np.array([[[100, 0], [0, 100]]] * 4 + [[[50, 50], [50, 50]]] * 4)
    low, high = bootstrap_by_subject(mixed, plain_accuracy)
    # Half the subjects at 1, half at 0.5: the binomial spread of 8 draws is 0.5 * sqrt(0.25 / 8) = 0.088.
    assert 0.5 < low < 0.75 - 0.088 and 0.75 + 0.088 < high < 1
    assert bootstrap_by_subject(mixed, plain_accuracy) == (low, high)
