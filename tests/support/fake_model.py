"""A compiled model written by hand, for what comes after the compiler: four steps that numpy can follow.

Step 0: a = in + 1. Step 1: b = 2 a (in place on a). Step 2, two layers fused: c = -b + 5, nothing observable.
Step 3: out = c[reversed], the output. All int8, wrapping.
"""

from __future__ import annotations

import hashlib

import numpy as np

from sktools.compiler.compiled import Buffer, CompiledModel, Layer, MemoryPlan, TensorSpec

ELEMENTS = 600
"""More than one serial frame holds."""

TFLITE = b"fake model, not a flatbuffer"

_MODEL_C = """\
#include <stddef.h>

#include "sk_model.h"
#include "sk_place.h"

enum { ELEMENTS = %(elements)d };

static int8_t input[ELEMENTS];
static int8_t output[ELEMENTS];
static int8_t guarded[2 * ELEMENTS + 2 * SK_ARENA_MARGIN];
#define ARENA (guarded + SK_ARENA_MARGIN)

static void step_0(void)
{
    for (int i = 0; i < ELEMENTS; i++) {
        ARENA[i] = (int8_t)(uint8_t)(input[i] + 1);
    }
}

static void step_1(void)
{
    for (int i = 0; i < ELEMENTS; i++) {
        ARENA[i] = (int8_t)(uint8_t)(2 * ARENA[i]);
    }
}

static void step_2(void)
{
    for (int i = 0; i < ELEMENTS; i++) {
        ARENA[ELEMENTS + i] = (int8_t)(uint8_t)(5 - ARENA[i]);
    }
}

static void step_3(void)
{
%(last_step)s
}

static const sk_layer_t layers[] = {
    {"ENC/add", "ENC", "ADD", 600, 0, ARENA, ELEMENTS},
    {"B1.1/double", "B1.1", "MUL", 1200, 1, ARENA, ELEMENTS},
    {"B1.1/negate", "B1.1", "MUL", 600, 2, NULL, 0},
    {"B1.1/offset", "B1.1", "ADD", 600, 2, NULL, 0},
    {"DEC/reverse", "DEC", "RESHAPE", 0, 3, output, ELEMENTS},
};

static const sk_step_t steps[] = {{step_0, 0}, {step_1, 1}, {step_2, SK_NO_LAYER}, {step_3, 4}};

const sk_model_t sk_model = {
    .name = "fake",
    .contract = "tflite-reference-int8",
    .sha256 = {%(sha256)s},
    .input = input,
    .input_bytes = ELEMENTS,
    .output = output,
    .output_bytes = ELEMENTS,
    .arena = (uint8_t *)ARENA,
    .arena_bytes = 2 * ELEMENTS,
    .layer_count = 5,
    .step_count = 4,
    .layers = layers,
    .steps = steps,
};
"""

REVERSE = """\
    for (int i = 0; i < ELEMENTS; i++) {
        output[i] = ARENA[2 * ELEMENTS - 1 - i];
    }"""

CRASH = """\
    *(volatile int *)0xF0000000u = output[0];"""
"""A last step that faults on the virtual board: nothing answers at that address."""

OVERFLOW = """\
    extern int sk_test_deep(int depth);
    output[0] = (int8_t)sk_test_deep(1 << 20);"""
"""A last step that runs out of stack, with DEEP_C among the sources."""

FOREVER = """\
    for (;;) {
    }"""
"""A last step that never ends."""

ENDLESS = f"""\
    *(volatile uint32_t *)0x40008000u = 1000000u; /* 40 ms of the watchdog's time; 10 s take too long */
{FOREVER}"""
"""The same on the virtual board."""


def stray(position: str) -> str:
    """A last step that also writes one byte of the arena's array; position: C expression, from the arena's start."""
    return f"{REVERSE}\n    ((volatile int8_t *)ARENA)[{position}] = 1;"


DEEP_C = """\
int sk_test_deep(int depth);
int sk_test_deep(int depth)
{
    volatile int here[16] = {depth};
    return depth == 0 ? 0 : sk_test_deep(depth - 1) + here[0];
}
"""


def fake_model(last_step: str = REVERSE, extra_sources: dict[str, str] | None = None) -> CompiledModel:
    """The model as the compiler would hand it over."""
    sha256 = hashlib.sha256(TFLITE).hexdigest()
    spec = TensorSpec((1, ELEMENTS), 0.05, -3)
    table = [
        ("ENC/add", "ENC", "ADD", 600, 0, True, True),
        ("B1.1/double", "B1.1", "MUL", 1200, 1, True, True),
        ("B1.1/negate", "B1.1", "MUL", 600, 2, True, False),
        ("B1.1/offset", "B1.1", "ADD", 600, 2, False, False),
        ("DEC/reverse", "DEC", "RESHAPE", 0, 3, True, True),
    ]
    layers = tuple(
        Layer(index, name, block, op, macs, index + 1, spec, step, owner, seen, ELEMENTS if seen else 0, "")
        for index, (name, block, op, macs, step, owner, seen) in enumerate(table)
    )
    text = _MODEL_C % {
        "elements": ELEMENTS,
        "sha256": ", ".join(f"0x{byte:02x}" for byte in bytes.fromhex(sha256)),
        "last_step": last_step,
    }
    return CompiledModel(
        name="fake",
        sha256=sha256,
        input=spec,
        output=spec,
        layers=layers,
        step_count=4,
        plan=MemoryPlan(
            2 * ELEMENTS,
            2 * ELEMENTS,
            (Buffer("a", 0, ELEMENTS, 0, 2), Buffer("c", ELEMENTS, ELEMENTS, 2, 3)),
            2 * ELEMENTS,
        ),
        sources={"model.c": text, **(extra_sources or {})},
        kernels=(),
        model_bytes=0,
    )


def reference(frame: np.ndarray) -> list[np.ndarray | None]:
    """What each step leaves, None where nothing is observable."""
    start = np.asarray(frame, np.int8).reshape(-1).astype(np.int64)
    a = _wrap(start + 1)
    b = _wrap(2 * a)
    c = _wrap(5 - b)
    return [a.astype(np.int8), b.astype(np.int8), None, c[::-1].astype(np.int8)]


def _wrap(values: np.ndarray) -> np.ndarray:
    return (values + 128) % 256 - 128
