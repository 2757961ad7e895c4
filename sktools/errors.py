"""The errors a user sees: what is wrong, what to try next, and the exit code that says it to a script."""

from __future__ import annotations

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_THRESHOLD = 3
EXIT_MISSING = 4
EXIT_INTERRUPTED = 130

LONGEST_MESSAGE = 590


class SktoolsError(Exception):
    """Something the user can act on.

    message: one line, what is wrong and what was found or is supported instead. File names, and what files and boards
    say, may stand in it as they are: whatever does not print is escaped here.
    hint: one line, the next command to try; empty when there is none.
    exit_code: what the command line ends with (docs/commands.md): 1, 2, 3 or 4.
    """

    exit_code = EXIT_FAILURE

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = _shortened(printable(message))
        self.hint = printable(hint)
        super().__init__(self.message)


def printable(text: str) -> str:
    """Text from outside as a piece of one line: what would break it or steer a terminal is escaped."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class UsageError(SktoolsError):
    """A wrong option, name or configuration value."""

    exit_code = EXIT_USAGE


class ModelError(SktoolsError):
    """A model file that is damaged, or holds what the compiler does not support."""


class DataError(SktoolsError):
    """A recording, feature file or array that cannot be used."""


class BuildError(SktoolsError):
    """The firmware project did not compile or does not fit the chip."""


class LinkError(SktoolsError):
    """The board does not answer, answers late or garbled, or runs something else."""


class ThresholdError(SktoolsError):
    """A parity, accuracy or regression threshold is not met."""

    exit_code = EXIT_THRESHOLD


class MissingError(SktoolsError):
    """A tool, board, SDK, data set or optional package is not there."""

    exit_code = EXIT_MISSING


def _shortened(text: str) -> str:
    """What a message quotes may be of any length; its beginning and end tell enough."""
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:380]} ... {text[-180:]}"
