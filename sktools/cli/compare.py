"""sktools compare: two results side by side."""

from __future__ import annotations

from pathlib import Path

import click

from sktools.cli.console import console
from sktools.cli.options import BoardChoice, examples, machine_readable, place, talk


@click.command(
    short_help="two results side by side, with thresholds",
    epilog=examples(
        "sktools compare results/ss-2-tcn-sm/virtual-aot/A results/ss-2-tcn-sm/virtual-aot/B --html compare.html",
        "sktools compare before/ss-2-tcn-sm after/ss-2-tcn-sm --thresholds limits.yaml",
    ),
)
@click.argument("before")
@click.argument("after")
@click.option(
    "--thresholds",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML of limits, figure: {max_increase, max_decrease, max, min}; exit code 3 if one is not met.",
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the comparison to this file.")
@place
@machine_readable
@talk
def command(before: str, after: str, thresholds: Path | None, html: Path | None, place: BoardChoice) -> None:
    """Compare two results: bundle folders, their <board>-<engine> folders (the newest), or models (--board, --engine).

    Changes of costs are shares of the earlier result; changes of scores are differences.
    """
    from sktools.cli.files import write_text
    from sktools.cli.results import find_bundle
    from sktools.errors import ThresholdError
    from sktools.pipeline.results import compare
    from sktools.profiling.comparison import load_limits
    from sktools.reports.comparison import comparison_page, comparison_tables, title

    limits = load_limits(thresholds) if thresholds else {}
    found = compare(find_bundle(before, place), find_bundle(after, place), limits=limits)
    broken = found.violations
    if html is not None:
        write_text(html, comparison_page(found, broken, len(limits)))
        console.info(f"wrote {html}")
    console.document(found.to_json())
    console.result(title(found))
    if not console.as_json:
        for table in comparison_tables(found):
            console.result("")
            console.render(table)
    for note in found.notes:
        console.result(f"note: {note}")
    if broken:
        for line in broken[1:]:
            console.error(line)
        raise ThresholdError(broken[0], f"the limits are in {thresholds}")
    if limits:
        console.info(f"{len(limits)} figures are within the limits of {thresholds}")
