"""Nights replayed into the stager of a built firmware: its features, bytes and answers are the host's."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sktools.boards.board import load_board
from sktools.boards.configure import ImageOptions, build_image
from sktools.boards.driver import Session, driver_for
from sktools.build.build import Build, build_firmware
from sktools.build.stager import is_live
from sktools.compiler.compile import compile_model
from sktools.compiler.reference import Reference
from sktools.datasets.recording import Recording, Signal
from sktools.datasets.synthetic_raw import draw_raw_night
from sktools.errors import DataError, LinkError, UsageError
from sktools.features.fs_watch_14 import FS_WATCH_14, NAMES
from sktools.link.framing import PAYLOAD_MAX
from sktools.link.messages import MessageType
from sktools.metrics.clock import fit_clock, write_clock
from sktools.model_config import FeaturesConfig, LiveConfig, ModelConfig, PriorConfig
from sktools.profiling.live import (
    DELAYS_MINUTES,
    Costs,
    DeviceNight,
    EpochReport,
    Judge,
    by_lag,
    compare_nights,
    device_accuracy,
    host_accuracy,
    live_rows,
    replay,
)
from sktools.profiling.live_model import live_decision, with_live_stager
from sktools.profiling.live_night import Drop, LiveNight, Replay, live_night, off_wrist
from sktools.zoo import resolve
from tests.support.stub_sdk import make_sdk
from tests.support.tools import needs_arm_gcc, needs_cc, needs_qemu

EPOCHS = 150
PRIOR = PriorConfig(
    (62.0, 8.0, 0.5, 0.0, 0.0, 0.0, 0.6, 0.0, 0.0, 0.7, -2.0, -1.0, 2.5, 4.0),
    (5.0, 4.0, 0.3, 2.0, 2.0, 2.0, 0.4, 0.6, 0.4, 0.5, 2.0, 1.6, 1.3, 1.2),
    240.0,
)
AS_IT_WAS = Replay()
CHAIN_BUDGET = 100_000
"""Model cycles per epoch from heart rates and counts to features: the issue's 0.1 M."""


def recording(subject: str = "made", epochs: int = EPOCHS) -> Recording:
    generator = np.random.default_rng(5)
    times = np.cumsum(generator.uniform(2.0, 8.0, 30 * epochs)) - 40.0
    times = times[times < 30.0 * epochs + 20.0]
    rates = 60 + 8 * np.sin(times / 900) + generator.normal(0, 2, len(times)).round()
    counts = np.where(generator.random(epochs) < 0.2, generator.exponential(20, epochs), 0.0)
    return Recording(
        "made",
        subject,
        generator.choice(np.array([0, 1, 2, 3, 5], np.int8), epochs),
        {
            "heart_rate": Signal(times, rates, "bpm"),
            "activity_counts": Signal(30.0 * np.arange(epochs), counts, "counts"),
        },
    )


@dataclasses.dataclass(frozen=True)
class Subject:
    """A model with a live feature set, compiled with its stager."""

    config: ModelConfig
    build: Build
    judge: Judge

    def night(self, how: Replay, epochs: int = EPOCHS) -> LiveNight:
        return live_night(recording(epochs=epochs), self.config, self.build.model.input, how)

    def replayed(self, night: LiveNight) -> tuple[DeviceNight, Costs, list[EpochReport]]:
        costs, seen = Costs(), []
        with driver_for(load_board(self.build.board)).open(self.build) as session:
            device = replay(night, session, self.build.model, costs, self.judge.lags, seen.append)
        return device, costs, seen


def live_model(board: str, folder: Path) -> Subject:
    found = resolve("ss-3")
    assert found.config is not None
    config = dataclasses.replace(
        found.config,
        features=FeaturesConfig(FS_WATCH_14.name, "causal", 6.0, PRIOR),
        live=LiveConfig(2.5),
        temperature=1.5,
    )
    write_clock(folder / "clock.json", fit_clock([np.repeat([0, 1, 2], 40)], config.classes.names))
    tflite = found.tflite.read_bytes()
    plain = compile_model(tflite, name="ss-3")
    decision = live_decision(plain, config, folder)
    assert len(decision.prior) > 1
    model = with_live_stager(plain, config, folder)
    build = build_firmware(model, load_board(board).target, tflite, folder / board)
    return Subject(config, build, Judge(decision, model.output.scale, config.temperature, config.classes.names, 5))


@pytest.fixture(scope="module")
def on_host(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return live_model("host", tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def open_session(on_host: Subject) -> Iterator[Session]:
    with driver_for(load_board("host")).open(on_host.build) as session:
        yield session


REPLAYS = {
    "plain": Replay(),
    "late, without the time": Replay(late_start=20, clock=False),
    "late, a stretch off the wrist": Replay(late_start=10, drops=(Drop("heart_rate", 20, 30),)),
    "no counts": Replay(drops=(Drop("activity_counts", 0, 1000),)),
}


@needs_cc
@pytest.mark.parametrize("name", REPLAYS)
def test_the_board_answers_as_the_host(on_host: Subject, name: str) -> None:
    night = on_host.night(REPLAYS[name])
    device, costs, seen = on_host.replayed(night)
    model, oracle = on_host.build.model, Reference(on_host.build.tflite.read_bytes())
    reference = by_lag(device.rows, model, oracle, 3, on_host.judge.lags)
    host = by_lag(night.rows, model, oracle, 3, on_host.judge.lags)
    found = compare_nights([night], [device], [reference], [host], NAMES, on_host.judge)
    assert found.parity.elements == device.by_lag.size and found.parity.mismatched == 0
    assert found.masks == 0 and found.rows <= 2
    assert min(found.share.values()) >= 0.999
    assert found.stages >= 0.995
    assert device.stager.bytes <= 6 * 1024 and device.stager.delay_epochs == 5
    assert device.refused == 0
    assert costs.cycles == {}  # the host counts nothing
    assert [report.answer.epoch for report in seen if report.answer] == list(range(night.epochs))
    off = off_wrist(night.pulse, 5)
    assert np.array_equal(device.stages == -1, off)
    assert off.any() == (name == "late, a stretch off the wrist")
    score = device_accuracy([night], [device], on_host.judge, "made")
    assert score is not None and score["epochs"] == night.epochs and score["unanswered"] == off.sum()
    rows = live_rows([night], [device.by_lag], on_host.judge, "made")
    assert [row["delay_minutes"] for row in rows] == list(DELAYS_MINUTES)
    if not off.any() and found.stages == 1:
        assert rows[DELAYS_MINUTES.index(2.5)]["kappa"] == pytest.approx(score["kappa"])
        other = host_accuracy([night], [host], on_host.judge, "made")
        assert other is not None and other["kappa"] == pytest.approx(score["kappa"])


@needs_qemu
def test_cycles_of_the_chain_on_the_virtual_board(tmp_path: Path) -> None:
    on_board = live_model("virtual", tmp_path)
    night = on_board.night(Replay(), epochs=40)
    device, costs, _ = on_board.replayed(night)
    again = on_board.replayed(night)[1]
    assert costs.cycles == again.cycles  # deterministic
    assert set(costs.cycles) == {"heart rate", "movement", "features", "network", "decision"}
    before = [sum(costs.cycles[name][i] for name in costs.cycles if name != "network") for i in range(40)]
    assert max(before) <= CHAIN_BUDGET
    oracle = Reference(on_board.build.tflite.read_bytes())
    assert np.array_equal(device.by_lag, by_lag(device.rows, on_board.build.model, oracle, 3))


@needs_cc
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from([kind for kind in MessageType if kind.name.startswith("STAGE_")]),
    payload=st.one_of(
        st.binary(max_size=PAYLOAD_MAX),
        st.builds(lambda head, tail: head + bytes([tail]) * 40, st.binary(min_size=16, max_size=16), st.integers(0, 5)),
    ),
)
def test_whatever_the_stager_is_asked_it_answers_or_refuses(
    open_session: Session, kind: MessageType, payload: bytes
) -> None:
    try:
        open_session.client.ask(kind, payload, runs=True)
    except LinkError as error:
        assert "refused" in error.message or "lost its input" in error.message
    assert open_session.client.hello().input_bytes == 240 * 14


RAW_BUDGET, RAW_BYTES = 1_000_000, 24 * 1024
"""Model cycles per epoch and bytes of state from PPG and acceleration, both at 64 Hz, to features."""


def raw_night(on_board: Subject, epochs: int, how: Replay = AS_IT_WAS) -> LiveNight:
    night = draw_raw_night([21, 1], epochs=epochs).recording
    moving = night.waveforms["acceleration"]
    # Movements of the cohort are weak: some counts are needed to tell one epoch from another.
    strong = dataclasses.replace(moving, values=(5 * (moving.values - moving.values.mean(axis=0))).clip(-7, 7))
    recorded = dataclasses.replace(night, waveforms={**night.waveforms, "acceleration": strong})
    return live_night(recorded, on_board.config, on_board.build.model.input, how)


def agrees(on_board: Subject, night: LiveNight, device: DeviceNight) -> None:
    oracle, lags = Reference(on_board.build.tflite.read_bytes()), on_board.judge.lags
    reference = by_lag(device.rows, on_board.build.model, oracle, 3, lags)
    host = by_lag(night.rows, on_board.build.model, oracle, 3, lags)
    found = compare_nights([night], [device], [reference], [host], NAMES, on_board.judge)
    assert found.parity.mismatched == found.masks == 0
    assert min(found.share.values()) >= 0.999
    assert found.stages >= 0.995
    assert device.refused == 0


@needs_cc
def test_raw_sensors_on_the_host_board(on_host: Subject) -> None:
    drops = (Drop("ppg", 12, 18), Drop("acceleration", 5, 8))
    night = raw_night(on_host, 60, Replay(late_start=3, drops=drops))
    assert night.epochs == 54 and len(night.waves) == 2 and not any(night.samples)
    assert night.valid[:, 0].any() and night.valid[:, 10].any()
    device, _, _ = on_host.replayed(night)
    agrees(on_host, night, device)
    assert (device.stages == -1).sum() >= 8
    assert device.stager.bytes <= RAW_BYTES


@needs_qemu
def test_cycles_of_the_chain_from_raw_sensors(tmp_path: Path) -> None:
    on_board = live_model("virtual", tmp_path)
    night = raw_night(on_board, 12)
    device, costs, _ = on_board.replayed(night)
    agrees(on_board, night, device)
    assert set(costs.cycles) == {"beats", "movement", "features", "network", "decision"}
    chain = [sum(costs.cycles[name][i] for name in costs.cycles if name != "network") for i in range(12)]
    assert sum(chain) / len(chain) <= RAW_BUDGET


def test_a_recording_that_the_stager_cannot_use_is_refused(tmp_path: Path) -> None:
    found = resolve("ss-3")
    assert found.config is not None and not is_live(found.config)
    compiled = compile_model(found.tflite.read_bytes(), name="ss-3")
    with pytest.raises(UsageError, match="has no live form"):
        with_live_stager(compiled, found.config, tmp_path)
    whole = dataclasses.replace(found.config, features=FeaturesConfig(FS_WATCH_14.name, "subject"))
    with pytest.raises(UsageError, match="normalised over the whole night"):
        with_live_stager(compiled, whole, tmp_path)
    config = dataclasses.replace(found.config, features=FeaturesConfig(FS_WATCH_14.name, "causal", 6.0, PRIOR))
    with pytest.raises(DataError, match="has none of heart_rate, activity_counts, ppg, acceleration"):
        live_night(Recording("made", "x", np.zeros(9, np.int8)), config, compiled.input, Replay())
    with pytest.raises(DataError, match="ends before minute 90"):
        live_night(recording(), config, compiled.input, Replay(late_start=90))


@needs_arm_gcc
def test_the_evaluation_boards_image_has_the_stager(on_host: Subject, tmp_path: Path) -> None:
    """Built with the stand-in of its SDK, whose -ffast-math must not reach the stager."""
    tflite = on_host.build.tflite.read_bytes()
    model = on_host.build.model
    build = build_image(
        model, load_board("apollo4p_evb"), tflite, tmp_path / "evb", ImageOptions(sdk=make_sdk(tmp_path / "sdk"))
    )
    names = {symbol.name for symbol in build.sizes().symbols}
    assert {"sk_stager_close", "sk_beats_push", "sk_stage_answer", "sk_stage_model"} <= names
    assert "-fno-fast-math" in (build.folder / "module.mk").read_text()
