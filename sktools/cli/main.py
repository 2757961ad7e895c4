"""The command `sktools`: finds the subcommand's module, runs it, turns every error into one line and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

import sktools
from sktools.cli.console import console, prepare_streams, reset
from sktools.errors import EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_USAGE, SktoolsError

COMMANDS: dict[str, str] = {
    "run": "build, flash, profile and report a model: the whole way in one command",
    "check": "whether a model is supported, with which kernels",
    "build-fw": "compile a model into a firmware image",
    "flash": "put the image onto the board",
    "profile": "measure a model on a board, layer by layer, against the reference",
    "live": "replay nights into a board's stager and draw its stages as they come",
    "report": "show a result bundle again",
    "compare": "two results side by side, with thresholds",
    "tune": "measure every kernel that could compute a model's layers",
    "size": "RAM and flash of a model: arena plan, sections, symbols",
    "export": "write a model's files for use elsewhere: C library, .tflite, C array",
    "evaluate": "score a model on recordings, on the host",
    "train": "train, quantize and evaluate a network",
    "cross-validate": "score a model's recipe on people that it did not learn from",
    "data": "fetch recordings and prepare feature stores",
    "zoo": "the models that ship with sktools",
    "monitor": "show what a board sends, our frames decoded",
    "list": "boards, ports, probes, models, data sets",
    "doctor": "what is installed, and what a board still needs",
}
"""Subcommand -> its line in the help. The module is sktools.cli.<name with _>, the object `command`."""


ONLY_HELP: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""A group without its command: the message is the help. click before 8.2 shows it and raises nothing."""


class LazyGroup(click.Group):
    """A group whose subcommands are imported when they run, so that `sktools --help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"sktools.cli.{cmd_name.replace('-', '_')}")
        found: click.Command = module.command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            from sktools.strict_yaml import suggest

            ctx.fail(f"no command '{name}'; {suggest(name, COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="Exit codes: 0 ok, 1 failure, 2 usage, 3 parity or threshold not met, 4 missing tool or board, "
    "130 interrupted.",
)
@click.version_option(sktools.__version__, prog_name="sktools")
def cli() -> None:
    """Sleep-stage networks from wrist recordings to a measured microcontroller.

    MODEL is a zoo name (ss-2 is short for ss-2-tcn-sm) or the path of a .tflite.

    \b
    sktools zoo list      the models
    sktools run ss-2      build, measure and report one on an emulated Cortex-M4F
    sktools doctor        what is installed, and what a board still needs
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point. Ends the process with the exit code that says how it went."""
    prepare_streams()
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line (sys.argv where None) and returns its exit code; only -vv shows a traceback."""
    reset()
    try:
        result: Any = cli.main(args=None if arguments is None else list(arguments), standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except SktoolsError as error:
        _trace()
        console.event("error", message=error.message)
        console.error(error.message, error.hint)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except ONLY_HELP as error:
        console.usage(error.format_message())
        return EXIT_USAGE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        console.error(" ".join(error.format_message().split()), f"{context.command_path} --help" if context else "")
        return EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        console.error("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout has gone (as in `sktools ... | head`): leave quietly, also at interpreter shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILURE
    except OSError as error:
        _trace()
        where = f"{error.filename}: " if error.filename else ""
        hint = "free some space and run it again" if error.errno == errno.ENOSPC else ""
        console.error(f"{where}{error.strerror or error}", hint)
        return EXIT_FAILURE
    except MemoryError:
        _trace()
        console.error("not enough memory")
        return EXIT_FAILURE
    except Exception as error:
        _trace()
        text = " ".join(str(error).split())[:300]
        console.error(
            f"internal error: {type(error).__name__}: {text}", "run it again with -vv and report the traceback"
        )
        return EXIT_FAILURE


def _trace() -> None:
    if console.verbosity >= 2:
        traceback.print_exc()


if __name__ == "__main__":
    main()
