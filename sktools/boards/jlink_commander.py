"""SEGGER's J-Link Commander: where it is, what it is told, and what its output means.

Its exit code alone proves nothing (a failed `connect` can end with 0), nor does the absence of a known failure: an
image counts as flashed when it says that it verified it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sktools.boards.board import JLink
from sktools.build.project import render
from sktools.errors import LinkError, MissingError, SktoolsError, UsageError
from sktools.partial import temporary_folder

PROGRAMS = ("JLinkExe", "JLink.exe")
PATH_VARIABLE = "SKTOOLS_JLINK"
GET_IT = "install the J-Link software from segger.com/downloads/jlink, or name JLinkExe in SKTOOLS_JLINK"
VERIFIED = "Verify successful."
_TIMEOUT_S = 180
_SOFTWARE_RESET = ("40000004", "1B")
"""RSTGEN SWPOI of every Apollo, with its key."""


@dataclass(frozen=True, order=True)
class Probe:
    """A J-Link on USB."""

    serial_number: str
    product: str

    def __str__(self) -> str:
        return f"{self.serial_number} ({self.product})"


@dataclass(frozen=True)
class Command:
    """One run of the Commander: `arguments` and a command file with `script`, from `folder`."""

    program: str
    arguments: tuple[str, ...]
    script: str
    folder: Path

    def __str__(self) -> str:
        """What a person would type to do the same."""
        line = shlex.join([self.program, *self.arguments, "-commandfile", "FILE"])
        return f"cd {shlex.quote(str(self.folder))}\n{line}\n\nFILE:\n{self.script}"


@dataclass(frozen=True)
class _Failure:
    """A line of output that means a failure. what, hint: for the user; the fields of `fill` stand in braces."""

    pattern: str
    kind: type[SktoolsError]
    what: str
    hint: str


_FAILURES = (
    _Failure(
        r"Could not find emulator with USB serial number",
        MissingError,
        "there is no J-Link with serial number {probe}",
        "sktools list probes",
    ),
    _Failure(
        r"Connecting to J-Link via USB\s*\.\.\.\s*FAILED|Cannot connect to (?:the )?(?:J-Link|probe)"
        r"|No (?:emulators|probes|J-Links?) (?:are )?connected",
        MissingError,
        "no J-Link answers on USB",
        "plug the board's J-Link socket in and close other debuggers; sktools list probes",
    ),
    _Failure(
        r"is unknown to this software version|Unknown device|Could not find (?:core|supported CPU)",
        LinkError,
        "the J-Link software does not know, or did not find, the device {device}",
        "update the J-Link software (7.80 or newer knows it), and check that --board names the board on the desk",
    ),
    _Failure(
        r"licen[sc]e[^\n]*\b(?:required|missing|expired|invalid|not (?:found|valid|available))"
        r"|\b(?:no|missing|invalid) (?:valid )?licen[sc]e",
        LinkError,
        "the J-Link refuses for want of a licence: {line}",
        "use the J-Link on the evaluation board, or a probe licensed for flash download",
    ),
    _Failure(
        r"(?:Cannot|Could not|Failed to) connect to (?:the )?target|Connecting to target via \w+ failed"
        r"|VTref=0\.0",
        LinkError,
        "the J-Link does not reach the chip {device}",
        "is the board powered (switch, both USB sockets), and no other board wired to the debug header? Try its reset",
    ),
    _Failure(
        r"(?:Failed|Could not|Cannot) (?:to )?open (?:data )?file|Error while opening file",
        LinkError,
        "the J-Link software cannot read the image {image}",
        "sktools build-fw MODEL --board {board}",
    ),
    _Failure(
        r"Error while programming|Programming failed[^\n]*|Failed to (?:program|erase|download)[^\n]*"
        r"|Unspecified error",
        LinkError,
        "the chip's flash cannot be written: {line}",
        "reset the board and flash again; sktools flash --dry-run shows the commands to try by hand",
    ),
    _Failure(
        r"Verify failed[^\n]*|Verification (?:error|failed)[^\n]*|Failed to verify[^\n]*",
        LinkError,
        "what stands in flash is not the image: {line}",
        "flash it again; if it stays so, the load address or the chip's protection is wrong (docs/bring-up.md)",
    ),
)


def find_commander() -> str:
    """JLinkExe (JLink.exe on Windows) on PATH, or what SKTOOLS_JLINK names.

    Raises MissingError where there is none.
    """
    named = os.environ.get(PATH_VARIABLE)
    for program in (named,) if named else PROGRAMS:
        if found := shutil.which(program):
            return found
    raise MissingError(f"flashing needs JLinkExe, and {named or 'it'} is not installed", GET_IT)


def flash_command(settings: JLink, image: Path, program: str) -> Command:
    """Loads, verifies and starts a raw flash image. Raises UsageError for a file name that cannot be passed on."""
    if re.search(r'[\s,"]', image.name) or not image.name.isprintable():
        raise UsageError(f"the J-Link software cannot take the file name {image.name!r}", "rename it")
    fields = {"image": image.name, "address": f"{settings.load_address:#x}"}
    return _command(settings, program, "flash", fields, image.resolve().parent)


def reset_command(settings: JLink, program: str) -> Command:
    """Restarts the chip as at power-up."""
    register, value = _SOFTWARE_RESET
    return _command(settings, program, "reset", {"register": register, "value": value}, Path.cwd())


def _command(settings: JLink, program: str, template: str, fields: Mapping[str, str], folder: Path) -> Command:
    link = ("-if", settings.interface, "-speed", str(settings.speed_khz))
    arguments = ("-nogui", "1", "-device", settings.device, *link)
    probe = ("-USB", settings.probe) if settings.probe else ()
    return Command(program, (*arguments, *probe), render(f"jlink/{template}.jlink.j2", fields).decode(), folder)


def run(command: Command) -> tuple[int, str]:
    """Exit code and output. Raises MissingError where the program does not start, LinkError where it does not end."""
    with temporary_folder() as folder:
        file = folder / "commands.jlink"
        file.write_text(command.script, encoding="utf-8")
        try:
            done = subprocess.run(
                [command.program, *command.arguments, "-commandfile", str(file)],
                cwd=command.folder,
                stdin=subprocess.DEVNULL,  # or it may wait for an answer to a question
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=_TIMEOUT_S,
                check=False,
            )
        except OSError as error:
            raise MissingError(f"{command.program} does not start: {error.strerror}", GET_IT) from error
        except subprocess.TimeoutExpired as error:
            raise LinkError(
                f"{command.program} did not end within {_TIMEOUT_S} s", "unplug the board, plug it in and try again"
            ) from error
    return done.returncode, done.stdout


def judge(code: int, output: str, fill: Mapping[str, str], expected: str = "") -> None:
    """Raises the error that an exit code and an output mean.

    fill: probe, device, image, board, for the messages. expected: a line without which it is a failure all the same.
    """
    for failure in _FAILURES:
        found = re.search(failure.pattern, output, re.IGNORECASE)
        if found:
            line = output[output.rfind("\n", 0, found.start()) + 1 :].splitlines()[0].strip()
            known = {**fill, "line": line}
            raise failure.kind(failure.what.format_map(known), failure.hint.format_map(known))
    if code != 0:
        raise LinkError(
            f"the J-Link software failed with exit code {code}: {_last_line(output)}",
            "sktools flash --dry-run shows the commands to try by hand",
        )
    if expected and expected not in output:
        raise LinkError(
            f"the J-Link software ended without an error and without '{expected}': {_last_line(output)}",
            "sktools flash --dry-run shows the commands to try by hand",
        )


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def list_probes(program: str | None = None) -> tuple[Probe, ...]:
    """Every J-Link on USB, by serial number.

    Raises MissingError where JLinkExe is not installed, LinkError where it fails.
    """
    program = program or find_commander()
    script = render("jlink/probes.jlink.j2", {}).decode()
    code, output = run(Command(program, ("-nogui", "1"), script, Path.cwd()))
    found = re.findall(r"Connection: USB, Serial number: (\d+), ProductName: ([^,\r\n]+)", output)
    if not found and code != 0:
        raise LinkError(f"{program} cannot list probes: {_last_line(output)}", "sktools doctor")
    return tuple(sorted(Probe(number, product.strip()) for number, product in found))


def choose_probe(settings: JLink, program: str) -> Probe:
    """The probe that was named, or the only one.

    Raises MissingError where it is not there, UsageError where none was named and there are several.
    """
    probes = list_probes(program)
    if settings.probe:
        named = [probe for probe in probes if probe.serial_number.lstrip("0") == settings.probe.lstrip("0")]
        if len(named) > 1:
            raise UsageError(
                f"{len(named)} J-Links have the serial number {settings.probe}: {_names(tuple(named))}; the J-Link "
                "software cannot choose between them",
                "unplug the others",
            )
        if named:
            return named[0]
        raise MissingError(
            f"there is no J-Link with serial number {settings.probe}; found: {_names(probes)}", "sktools list probes"
        )
    if not probes:
        raise MissingError(
            "there is no J-Link on USB",
            "plug the board's J-Link socket in; sktools doctor",
        )
    if len(probes) > 1:
        raise UsageError(f"{len(probes)} J-Links are connected: {_names(probes)}", "name one: --probe SERIAL")
    return probes[0]


def _names(probes: tuple[Probe, ...]) -> str:
    return ", ".join(map(str, probes)) or "none"
