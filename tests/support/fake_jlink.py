"""A fake JLinkExe: checks its arguments and command file line by line, and plays success or one of the known failures.

Run as a program. FAKE_JLINK is a folder: `scenario` names what to play (absent: success), `probes` has "serial product"
lines, `device` the device it accepts. It writes `calls.log`, and what it was given to flash as `flash.bin`, `address`.
The texts are what J-Link Commander 7.x and 8.x print, as public reports of it show them.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

BANNER = "SEGGER J-Link Commander V8.24 (Compiled Mar 26 2025 15:34:18)\nDLL version V8.24, compiled Mar 26 2025\n"
PROBE = "1160002134"

FAILURES: dict[str, tuple[str, str, int]] = {
    # scenario: (at which command, what is printed, exit code)
    "no-probe": ("start", "Connecting to J-Link via USB...FAILED: Cannot connect to J-Link.", 1),
    "probe-gone": ("start", "Connecting to J-Link via USB...FAILED: Could not find emulator with USB serial number", 1),
    "unknown-device": ("connect", 'The selected device "AMAP42KK-KBR" is unknown to this software version.', 1),
    "no-target": ("connect", "Connecting to target via SWD\nCannot connect to target.", 1),
    "no-target-exit-0": ("connect", "Connecting to target via SWD\nCannot connect to target.", 0),
    "unpowered": ("connect", "VTref=0.000V\nTarget connection lost", 0),
    "no-licence": ("loadbin", "****** Error: Flash download requires a license that is missing on this J-Link.", 1),
    "write-failed": ("loadbin", "****** Error: Programming failed @ address 0x00018000 (block verification error)", 1),
    "verify-mismatch": ("verifybin", "Verify failed @ address 0x0001801C.\nExpected 0C read 8A", 1),
    "verify-mismatch-exit-0": ("verifybin", "Verify failed @ address 0x0001801C.\nExpected 0C read 8A", 0),
    "silent-exit-7": ("loadbin", "", 7),
    "stops-early": ("loadbin", "Script processing completed.", 0),
}


def install(folder: Path) -> Path:
    """A program called JLinkExe in folder/bin; returns that folder, for PATH."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True, exist_ok=True)
    program = bin_folder / "JLinkExe"
    program.write_text(f"#!{sys.executable}\n" + Path(__file__).read_text())
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return bin_folder


class Wrong(Exception):
    """The program was called in a way that the real one would refuse, or that we must not."""


def main(arguments: list[str]) -> int:
    folder = Path(os.environ["FAKE_JLINK"])
    with (folder / "calls.log").open("a") as log:
        log.write(" ".join(arguments) + "\n")
    print(BANNER)
    try:
        return play(folder, arguments)
    except Wrong as error:
        print(f"fake JLinkExe: {error}")
        return 99


def play(folder: Path, arguments: list[str]) -> int:
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    if options.get("-nogui") != "1":
        raise Wrong("-nogui 1 is missing: it would open a window")
    lines = Path(options["-commandfile"]).read_text().splitlines()
    if lines == ["ShowEmuList USB", "q"]:
        return show(folder)
    command, text, code = FAILURES.get(read(folder / "scenario") or "", ("", "", 0))
    check_arguments(folder, options)
    if lines[0] != "ExitOnError 1":
        raise Wrong("the script does not begin with ExitOnError 1")
    if lines[-1] != "q":
        raise Wrong("the script does not end with q")
    if command == "start":
        print(text)
        return code
    print(f"Connecting to J-Link via USB...O.K.\nS/N: {options.get('-USB', PROBE)}\nLicense(s): GDB\nVTref=1.980V")
    loaded = ""
    connected = False
    for line in lines[1:]:
        name, _, rest = line.partition(" ")
        print(f"J-Link>{line}")
        if name == command:
            print(text)
            return code
        if name == "connect":
            connected = True
            print(f'Device "{options["-device"]}" selected.\nCortex-M4 identified.')
        elif not connected:
            raise Wrong(f"'{line}' before connect")
        elif name == "loadbin":
            loaded = load(folder, rest)
        elif name == "verifybin":
            if rest != loaded:
                raise Wrong(f"verifybin {rest} is not what was loaded: {loaded}")
            print("Verify successful.")
        elif name == "r":
            (folder / "reset").write_text("r")
        elif name == "w4" and rest == "40000004 1B":
            (folder / "reset").write_text("w4")
        elif name not in ("sleep", "q"):
            raise Wrong(f"unknown command '{line}'")
    print("Script processing completed.")
    return 0


def check_arguments(folder: Path, options: dict[str, str]) -> None:
    device = read(folder / "device") or "AMAP42KK-KBR"
    wanted = {"-device": device, "-if": "SWD", "-speed": "4000", "-USB": PROBE}
    for option, value in wanted.items():
        if options.get(option) != value:
            raise Wrong(f"{option} is {options.get(option)}, expected {value}")


def load(folder: Path, rest: str) -> str:
    match = re.fullmatch(r"(\S+), (0x[0-9a-f]+)", rest)
    if match is None:
        raise Wrong(f"loadbin {rest}: expected a file and an address")
    try:
        content = Path(match[1]).read_bytes()
    except OSError:
        print("Failed to open file.")
        sys.exit(1)
    (folder / "flash.bin").write_bytes(content)
    (folder / "address").write_text(match[2])
    print(f"Downloading file [{match[1]}]...\nJ-Link: Flash download: Program & Verify speed: 28 KB/s\nO.K.")
    return rest


def show(folder: Path) -> int:
    probes = read(folder / "probes")
    lines = [PROBE + " J-Link-OB-Apollo4-CortexM"] if probes is None else probes.splitlines()
    for number, line in enumerate(lines):
        serial, _, product = line.partition(" ")
        print(f"J-Link[{number}]: Connection: USB, Serial number: {serial}, ProductName: {product}")
    return 0


def read(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
