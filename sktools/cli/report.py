"""sktools report: a result bundle again, as tables, HTML or a picture."""

from __future__ import annotations

from pathlib import Path

import click

from sktools.cli.console import console
from sktools.cli.options import BoardChoice, examples, machine_readable, place, talk


@click.command(
    short_help="show a result bundle again",
    epilog=examples(
        "sktools report ss-2",
        "sktools report results/ss-2-tcn-sm --html report.html --svg blocks.svg",
    ),
)
@click.argument("result")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the HTML report to this file.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Write a picture of the blocks.")
@place
@machine_readable
@talk
def command(result: str, html: Path | None, svg: Path | None, place: BoardChoice) -> None:
    """Show RESULT again: a bundle's folder, or a model or its folder of results: the newest on --board and --engine."""
    from sktools.cli.files import write_text
    from sktools.cli.results import find_bundle
    from sktools.reports.page import report_page
    from sktools.reports.picture import block_picture
    from sktools.reports.terminal import terminal_report

    bundle = find_bundle(result, place)
    if html is not None:
        write_text(html, report_page(bundle.profile, bundle.metrics, bundle.manifest))
        console.info(f"wrote {html}")
    if svg is not None:
        write_text(svg, block_picture(bundle.profile))
        console.info(f"wrote {svg}")
    console.document(bundle.profile.to_json())
    if not console.as_json:
        for part in terminal_report(bundle.profile, bundle.metrics):
            console.render(part)
        console.result(f"report: {bundle.path / 'report.html'}")
