"""The stager's contract as firmware/stager/sk_stager.h states it: gaps, clocks, order of samples, wrist, delays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stager.host import Answer, Stager, build_driver, model_text
from tests.support.tools import needs_cc

pytestmark = needs_cc

START, EPOCH, DELAY = 1_700_000_000_000, 30_000, 4
RATE, COUNTS, CLOCK = 1, 2, 4
PULSELESS, COUNTS_LATE = 4, 4
MEAN, STD = [0.0] * 14, [1.0] * 14
MOVING, STILL = 20.0, 0.0
"""Counts whose logarithm lies above and below the mean: classes 0 and 1 of the driver's network."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_driver(tmp_path_factory.mktemp("stager"), model_text(DELAY, MEAN, STD))


@pytest.fixture
def stager(program: Path) -> Iterator[Stager]:
    stager = Stager(program)
    size = stager.ask(f"init {START}")
    assert int(size.split()[1]) <= 6 * 1024
    yield stager
    stager.close()


def live(stager: Stager, first: int, count: int, moving: float = MOVING) -> list[str | Answer]:
    """Epochs with heart rates and counts; what each answered."""
    found = []
    for epoch in range(first, first + count):
        begins = START + epoch * EPOCH
        for after in range(0, EPOCH, 5000):
            assert stager.ask(f"rate {begins + after} 70") == "taken"
        assert stager.ask(f"count {begins} {moving}") == "taken"
        found.append(stager.epoch(begins + EPOCH))
    return found


def clock(minutes: float) -> float:
    """The clock's feature, as FS-WATCH-14 defines it."""
    return math.log2(1 + minutes / 15)


def answers(found: list[str | Answer]) -> list[Answer]:
    return [item for item in found if isinstance(item, Answer)]


def test_every_epoch_is_answered_once_at_the_delay_and_the_rest_at_the_end(stager: Stager) -> None:
    found = live(stager, 0, 10)
    assert found[:DELAY] == ["closed"] * DELAY
    assert [(a.epoch, a.delay) for a in answers(found)] == [(epoch, DELAY) for epoch in range(6)]
    rest = [stager.epoch(0, "rest") for _ in range(5)]
    assert rest.pop() == "none"
    assert [(a.epoch, a.delay) for a in answers(rest)] == [(6 + i, 3 - i) for i in range(4)]


def test_an_answer_is_the_networks_row_of_its_epoch(stager: Stager) -> None:
    found = []
    for epoch in range(20):
        found += live(stager, epoch, 1, STILL if epoch % 3 == 0 else MOVING)
    stages = [answer.stage for answer in answers(found)]
    assert stages[COUNTS_LATE:] == [1 if epoch % 3 == 0 else 0 for epoch in range(20 - DELAY - COUNTS_LATE)]
    found = answers(found)
    for answer in found:
        assert sum(answer.probability) == pytest.approx(1, abs=1e-6)
        assert answer.probability[answer.stage] == max(answer.probability)


def test_the_decision_adds_the_prior_of_the_time_since_bedtime(tmp_path: Path) -> None:
    stager = Stager(build_driver(tmp_path, model_text(0, MEAN, STD, prior=100)))  # of class 2, for ten epochs
    for bedtime, expected in ((None, [0] * 12), (START, [2] * 10 + [0] * 2), (START - 4 * EPOCH, [2] * 6 + [0] * 6)):
        stager.ask(f"init {START}")
        if bedtime is not None:
            stager.ask(f"bed {bedtime}")
        assert [answer.stage for answer in answers(live(stager, 0, 12))] == expected
    stager.close()


def test_the_night_may_be_longer_than_the_frame(stager: Stager) -> None:
    """16 h: every epoch answered, in order, from its own row."""
    found: list[str | Answer] = []
    for epoch in range(1920):
        begins = START + epoch * EPOCH
        stager.ask(f"rate {begins + 1000} 60")
        stager.ask(f"count {begins} {STILL if epoch % 3 == 0 else MOVING}")
        found.append(stager.epoch(begins + EPOCH))
    answered = answers(found)
    assert [a.epoch for a in answered] == list(range(1920 - DELAY))
    assert all(a.stage == ((a.epoch - COUNTS_LATE) % 3 == 0) for a in answered[COUNTS_LATE:])


def test_late_early_and_bad_samples_are_said_so_and_change_nothing(stager: Stager) -> None:
    assert stager.ask(f"count {START - 1} 3") == "late"
    assert stager.ask(f"rate {START - 60_001} 70") == "late"
    assert stager.ask(f"rate {START - 60_000} 70") == "taken"  # a heart rate holds for a minute
    assert stager.ask(f"rate {START + EPOCH} 70") == "early"
    assert stager.ask(f"rate {START + 2000} 70") == "taken"
    assert stager.ask(f"rate {START + 1999} 70") == "late"
    assert stager.ask(f"rate {START + 2000} 72") == "taken"  # two values of one time
    for bad in ("nan", "inf", "-inf", "0", "29.9", "221", "1e30"):
        assert stager.ask(f"rate {START + 3000} {bad}") == "refused"
    for bad in ("nan", "-1", "inf"):
        assert stager.ask(f"count {START + 3000} {bad}") == "refused"
    assert stager.ask(f"count {START} 1") == "taken"  # the order is each sensor's own
    assert stager.epoch(START + EPOCH - 1) == "waiting"
    assert stager.epoch(START + EPOCH) == "closed"
    assert stager.ask(f"rate {START + EPOCH - 1} 70") == "late"
    assert stager.ask(f"rate {START + EPOCH} 70") == "taken"


def test_an_epoch_says_which_sensors_it_had(stager: Stager) -> None:
    stager.ask(f"rate {START} 70")
    stager.epoch(START + EPOCH)
    stager.ask(f"bed {START}")
    stager.ask(f"count {START + EPOCH} 1")
    stager.epoch(START + 2 * EPOCH)
    assert [a.sensors for a in answers(live(stager, 2, DELAY))] == [RATE, COUNTS | CLOCK]


def test_without_a_bedtime_the_clock_is_missing(stager: Stager) -> None:
    live(stager, 0, 1)
    assert int(stager.ask("row").split()[1]) >> 13 == 0
    stager.ask(f"bed {START - 3_600_000}")
    live(stager, 1, 1)
    row = stager.ask("row").split()
    assert int(row[1]) >> 13 == 1
    assert float(row[2 + 13]) == pytest.approx(clock(60.5), abs=1e-6)


def test_a_bedtime_to_come_is_no_clock_yet(stager: Stager) -> None:
    stager.ask(f"bed {START + 2 * EPOCH}")
    live(stager, 0, 2)
    assert int(stager.ask("row").split()[1]) >> 13 == 0
    live(stager, 2, 1)
    assert float(stager.ask("row").split()[2 + 13]) == 0


def test_off_the_wrist_there_is_no_answer(stager: Stager) -> None:
    live(stager, 0, 2)
    stager.ask(f"worn {START + 2 * EPOCH + 10_000} 0")  # for most of the third epoch
    live(stager, 2, 2)
    stager.ask(f"worn {START + 4 * EPOCH + 10_000} 1")  # for a third of the fifth
    found = answers(live(stager, 4, 10))
    assert {a.epoch: a.stage for a in found if a.stage < 0} == {2: -1, 3: -1}
    assert all(a.probability == (0, 0, 0) for a in found if a.stage < 0)


def test_a_missing_pulse_is_off_the_wrist_from_its_first_epoch_on(stager: Stager) -> None:
    live(stager, 0, 3)
    found: list[str | Answer] = []
    for epoch in range(3, 13):
        stager.ask(f"count {START + epoch * EPOCH} 0")
        found.append(stager.epoch(START + (epoch + 1) * EPOCH))
    runs = int(stager.ask("runs").split()[1])
    assert runs == 3  # of epochs 0 to 2 alone
    found += live(stager, 13, 8)
    assert [a.epoch for a in answers(found) if a.stage < 0] == list(range(3, 13))


def test_a_pulse_that_misses_for_a_minute_is_still_worn(stager: Stager) -> None:
    found = live(stager, 0, 3)
    found += [stager.epoch(START + (epoch + 1) * EPOCH) for epoch in range(3, 3 + PULSELESS - 1)]
    found += live(stager, 3 + PULSELESS - 1, 6)
    assert all(a.stage >= 0 for a in answers(found))


def test_a_gap_is_closed_epoch_by_epoch(stager: Stager) -> None:
    live(stager, 0, 2)
    now = START + 300 * EPOCH
    assert stager.ask(f"rate {now} 70") == "early"
    found = [stager.epoch(now) for _ in range(299)]
    assert found.pop() == "waiting"
    assert [a.epoch for a in answers(found)] == list(range(296))
    assert all(a.stage == -1 for a in answers(found)[2:])
    assert stager.ask(f"rate {now} 70") == "taken"


def test_a_clock_that_was_set_moves_the_night(stager: Stager) -> None:
    stager.ask(f"bed {START}")
    live(stager, 0, 3)
    for delta in (7_200_000, -7_200_000 - 3_600_000):
        stager.ask(f"moved {delta}")
    begins = START + 3 * EPOCH - 3_600_000
    assert stager.ask(f"rate {begins + 1} 70") == "taken"
    assert stager.epoch(begins + EPOCH) == "closed"
    assert float(stager.ask("row").split()[2 + 13]) == pytest.approx(clock(1.5), abs=1e-6)


def test_a_step_back_that_nobody_told_loses_time_and_nothing_else(stager: Stager) -> None:
    live(stager, 0, 3)
    assert stager.ask(f"rate {START + 1000} 70") == "late"
    assert stager.epoch(START + EPOCH) == "waiting"
    assert isinstance(live(stager, 3, DELAY)[-1], Answer)


def test_a_new_night_begins_with_init(stager: Stager) -> None:
    live(stager, 0, 8)
    stager.ask(f"init {START}")
    assert live(stager, 0, DELAY) == ["closed"] * DELAY


LINES = st.one_of(
    st.tuples(st.sampled_from(["rate", "count"]), st.integers(-3, 9), st.integers(0, 29_999), st.floats(width=32)),
    st.tuples(st.sampled_from(["rate", "count"]), st.integers(0, 2), st.integers(0, 29_999), st.floats(30, 200)),
    st.tuples(st.just("epoch"), st.integers(-3, 9), st.integers(0, 29_999), st.just(0.0)),
    st.tuples(st.sampled_from(["bed", "worn"]), st.integers(-300, 9), st.integers(0, 29_999), st.integers(0, 1)),
    st.tuples(st.just("rest"), st.just(0), st.just(0), st.just(0.0)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, max_size=60))
def test_whatever_comes_epochs_are_answered_in_order_and_once(stager: Stager, lines: list[tuple]) -> None:
    stager.ask(f"init {START}")
    seen, closed = [], 0
    for word, epochs, after, value in lines:
        # Time is told relative to the open epoch, so that samples of it are frequent.
        time = START + (closed + epochs) * EPOCH + after
        answer = stager.epoch(time, f"{word}") if word in ("epoch", "rest") else stager.ask(f"{word} {time} {value}")
        closed += word == "epoch" and answer != "waiting"
        if isinstance(answer, Answer):
            seen.append(answer.epoch)
            assert -1 <= answer.stage < 3
            assert answer.stage < 0 or sum(answer.probability) == pytest.approx(1, abs=1e-5)
    assert seen == list(range(len(seen)))
    assert len(seen) <= closed
