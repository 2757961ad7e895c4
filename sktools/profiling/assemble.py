"""A measurement and what is known of model and image, joined into a Profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sktools.boards.driver import Counter
from sktools.compiler.compiled import CompiledModel
from sktools.profiling import energy
from sktools.profiling.parity import Parity
from sktools.profiling.power import InferenceEnergy
from sktools.profiling.profile import (
    SCHEMA_VERSION,
    AppliedCalibration,
    BlockProfile,
    LayerProfile,
    MemoryUse,
    ParityTotals,
    Profile,
    Totals,
)
from sktools.profiling.session import Measurement


@dataclass(frozen=True)
class Setting:
    """What was measured where. frame_hours: hours of sleep one frame covers. created: ISO 8601, UTC, 'Z'."""

    model: str
    engine: str
    board: str
    clock_hz: float | None
    created: str
    frame_hours: float
    sqnr_reference: str | None
    counter: Counter
    calibration: AppliedCalibration | None
    memory: MemoryUse
    energy: InferenceEnergy | None = None
    notes: tuple[str, ...] = ()


def assemble(
    setting: Setting, model: CompiledModel, measurement: Measurement, accuracy: Mapping[str, Any] | None
) -> Profile:
    """The profile of one measuring session."""
    layers = tuple(_layer(setting, model, measurement, index) for index in range(len(model.layers)))
    totals = _totals(setting, layers, measurement)
    observed = sum((layer.parity for layer in layers if layer.parity), Parity())
    if not model.layers[model.output_layer].observable:
        observed += measurement.output_parity
    notes = list(setting.notes)
    if measurement.lower_bound:
        notes.append("parity.mismatched is a lower bound: only the first differing activations of a layer were fetched")
    return Profile(
        schema_version=SCHEMA_VERSION,
        model=setting.model,
        model_sha256=model.sha256,
        engine=setting.engine,
        board=setting.board,
        optimize=model.optimize,
        contract=model.contract,
        clock_hz=setting.clock_hz,
        created=setting.created,
        frame_hours=setting.frame_hours,
        sqnr_reference=setting.sqnr_reference,
        counter=setting.counter,
        calibration=setting.calibration,
        totals=totals,
        memory=setting.memory,
        layers=layers,
        blocks=blocks(layers, setting.frame_hours),
        parity=ParityTotals(measurement.frames, observed.elements, observed.mismatched, observed.max_abs_diff),
        accuracy=accuracy,
        plan=model.plan.buffers,
        notes=tuple(notes),
    )


def blocks(layers: Sequence[LayerProfile], frame_hours: float) -> tuple[BlockProfile, ...]:
    """Sums of the layers by block, in the order in which the blocks first appear."""
    names = list(dict.fromkeys(layer.block for layer in layers))
    counted = all(layer.cycles is not None for layer in layers)
    bounded = all(layer.cycles_high is not None for layer in layers)
    timed = all(layer.latency_us is not None for layer in layers)
    total = sum(layer.cycles or 0.0 for layer in layers)
    found = []
    for name in names:
        own = [layer for layer in layers if layer.block == name]
        cycles = sum(layer.cycles or 0.0 for layer in own)
        latency = sum(layer.latency_us or 0.0 for layer in own) / 1e3
        found.append(
            BlockProfile(
                name=name,
                macs=sum(layer.macs for layer in own),
                cycles=cycles if counted else None,
                cycles_high=sum(layer.cycles_high or 0.0 for layer in own) if bounded else None,
                latency_ms=latency if timed else None,
                ms_per_sleep_hour=latency / frame_hours if timed else None,
                share=cycles / total if counted and total else None,
                parity=sum((layer.parity for layer in own if layer.parity), Parity()),
            )
        )
    return tuple(found)


def _layer(setting: Setting, model: CompiledModel, measurement: Measurement, index: int) -> LayerProfile:
    layer = model.layers[index]
    instructions = _booked(measurement.instructions, layer.step, layer.cost_owner)
    cycles = _booked(measurement.cycles, layer.step, layer.cost_owner)
    sums = measurement.sqnr[index]
    latency = _milliseconds(setting, cycles)
    return LayerProfile(
        index=layer.index,
        name=layer.name,
        block=layer.block,
        op=layer.op,
        macs=layer.macs,
        instructions=instructions,
        cycles=cycles,
        cycles_high=_booked(measurement.cycles_high, layer.step, layer.cost_owner),
        latency_us=None if latency is None else latency * 1e3,
        observable=layer.observable,
        parity=measurement.layers[index],
        sqnr_db=None if sums is None else sums.decibel,
        step=layer.step,
        kernel=layer.kernel,
    )


def _booked(means: Sequence[float], step: int, owner: bool) -> float | None:
    """A step's mean on its cost owner, 0 on the step's other layers, None where nothing counted."""
    if not means:
        return None
    return means[step] if owner else 0.0


def _milliseconds(setting: Setting, cycles: float | None) -> float | None:
    if cycles is None or setting.clock_hz is None:
        return None
    factor = setting.calibration.factor if setting.calibration else 1.0
    return cycles * factor / setting.clock_hz * 1e3


def _totals(setting: Setting, layers: Sequence[LayerProfile], measurement: Measurement) -> Totals:
    cycles = sum(measurement.cycles) if measurement.cycles else None
    latency = _milliseconds(setting, cycles)
    hourly = None if latency is None else latency / setting.frame_hours
    figure, kind, note = _energy(setting, hourly)
    return Totals(
        macs=sum(layer.macs for layer in layers),
        instructions=sum(measurement.instructions) if measurement.instructions else None,
        cycles=cycles,
        cycles_high=sum(measurement.cycles_high) if measurement.cycles_high else None,
        cycles_min=min(measurement.cycles_by_frame) if measurement.cycles_by_frame else None,
        cycles_max=max(measurement.cycles_by_frame) if measurement.cycles_by_frame else None,
        latency_ms=latency,
        latency_kind=None if latency is None else ("predicted" if setting.calibration else "measured"),
        ms_per_sleep_hour=hourly,
        energy_uj_per_sleep_hour=figure,
        energy_kind=kind,
        energy_note=note,
    )


def _energy(setting: Setting, hourly_ms: float | None) -> tuple[float | None, str | None, str]:
    """uJ an hour of sleep, whether that is measured or estimated, and how."""
    if setting.energy is not None:
        return setting.energy.microjoules / setting.frame_hours, "measured", setting.energy.note
    if hourly_ms is None or setting.clock_hz is None:
        return None, None, ""
    if not energy.known_at(setting.clock_hz):
        return None, None, f"no power is published at {setting.clock_hz / 1e6:.0f} MHz"
    return energy.estimated_microjoules(hourly_ms), "estimated", energy.NOTE
