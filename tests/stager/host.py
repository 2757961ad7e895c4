"""The stager compiled for this machine with ASan and UBSan, told what to do line by line."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGER = ROOT / "firmware" / "stager"
RUNTIME = ROOT / "firmware" / "runtime"
DRIVER = Path(__file__).with_name("driver.c")
FLAGS = ("-std=c99", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Wdouble-promotion")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
DECISION = ROOT / "firmware" / "decision"
MODEL = """
static const int16_t prior[] = {{0, 0, {prior}, 0, 0, 0}};
static const sk_stager_model_t stage_model = {{
    .decision = {{.classes = CLASSES, .rows = 2, .epochs_per_row = 10, .prior = prior}},
    .delay_epochs = {delay}, .clip = 6.0f,
    .normal = {{.mean = {{{mean}}}, .std = {{{std}}}, .epochs = {epochs}f, .fixed = {fixed}}},
    .input_scale = 0.05f, .input_zero_point = 3, .logit_scale = 0.1f, .network = &network,
}};
"""


def build_driver(folder: Path, model: str) -> Path:
    """The driver with `model` as the text of its model.h."""
    (folder / "model.h").write_text(model)
    program = folder / "driver"
    sources = map(str, sorted(STAGER.glob("*.c")))
    subprocess.run(
        [
            "cc",
            *FLAGS,
            *SANITIZERS,
            f"-I{folder}",
            f"-I{STAGER}",
            f"-I{RUNTIME}",
            f"-I{DECISION}",
            str(DRIVER),
            *sources,
            "-o",
            program,
        ],
        check=True,
        capture_output=True,
    )
    return program


def model_text(
    delay: int, mean: Iterable[float], std: Iterable[float], epochs: float = 0.0, fixed: int = 0, prior: int = 0
) -> str:
    """The text of model.h. Normalisation as sk_watch_normal_t has it."""
    return MODEL.format(
        delay=delay,
        mean=", ".join(f"{float(value)!r}f" for value in mean),
        std=", ".join(f"{float(value)!r}f" for value in std),
        epochs=float(epochs),
        fixed=fixed,
        prior=prior,
    )


@dataclass(frozen=True)
class Answer:
    epoch: int
    stage: int
    sensors: int
    delay: int
    probability: tuple[float, ...]


class Stager:
    """A running driver."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, line: str) -> str:
        """The answer to one line. AssertionError with the sanitizer's report if the driver died."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self._process.stdout.readline()
        if not answer:
            _, report = self._process.communicate()
            raise AssertionError(f"the driver died at {line!r}:\n{report}")
        return answer.strip()

    def epoch(self, time: int, what: str = "epoch") -> str | Answer:
        return parsed(self.ask(f"{what} {time}"))

    def close(self) -> None:
        self._process.communicate(timeout=10)


def play(program: Path, lines: Iterable[str]) -> list[str]:
    """What a driver prints for these lines, all at once. CalledProcessError with the report if it dies."""
    text = "\n".join(lines) + "\n"
    done = subprocess.run([program], input=text, text=True, capture_output=True, check=True)
    return done.stdout.splitlines()


def parsed(text: str) -> str | Answer:
    words = text.split()
    if words[0] != "answered":
        return text
    epoch, stage, sensors, delay = map(int, words[1:5])
    return Answer(epoch, stage, sensors, delay, tuple(map(float, words[5:])))
