"""What the program `sktools` runs first."""

from __future__ import annotations

import signal


def main() -> None:
    """Imports the command line and hands over. Ctrl-C before that ends the process by the signal: nothing has begun."""
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from sktools.cli.main import main as command_line

    if heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command_line()
