"""Ctrl-C while the program is still importing its command line."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

_SLOW = """\
import signal, sys, time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "sktools.cli.main":
            print("importing", flush=True)
            time.sleep(60)
if sys.argv[1] == "ignored":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.meta_path.insert(0, Slow())
from sktools.cli.entry import main
main()
"""


def test_it_ends_by_the_signal_without_a_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SLOW, "heard"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None and running.stderr is not None
        assert running.stdout.readline() == b"importing\n"
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == -signal.SIGINT
        assert running.stderr.read() == b""


def test_what_a_shell_runs_in_the_background_goes_on_not_hearing_it() -> None:
    with subprocess.Popen([sys.executable, "-c", _SLOW, "ignored"], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stdout.readline() == b"importing\n"
        running.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.2)
        running.kill()


def test_it_hands_over_and_hears_ctrl_c_again() -> None:
    script = (
        "import signal\n"
        "from sktools.cli import entry, main\n"
        "main.main = lambda: print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
        "entry.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "sktools", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sktools, version ")
