"""The commands of `paribus data`."""

from __future__ import annotations

from typing import Annotated

import typer

from paribus.cli import options
from paribus.texts import text

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help=text("cli.option.data-names"))]


@app.command("list", help=text("cli.data.list.help"), epilog=text("cli.data.list.example"))
def list_(data_dir: options.DataDir = None) -> None:
    """Show the image sets that a study may name, and where they are."""
    from paribus.cli import tables
    from paribus.data.availability import available

    tables.show_data(tables.console(), available(data_dir), ways=False)


@app.command(help=text("cli.data.fetch.help"), epilog=text("cli.data.fetch.example"))
def fetch(names: Names = None) -> None:
    """Download image sets into the cache."""
    from paribus.data.availability import fetch as download
    from paribus.study.datasets import IMAGE_SETS

    for name in names or IMAGE_SETS:
        typer.echo(text("cli.data.fetched", name=name, folder=download(name)))


@app.command(help=text("cli.data.check.help"), epilog=text("cli.data.check.example"))
def check(names: Names = None, data_dir: options.DataDir = None) -> None:
    """Read image sets and compare them with the official ones."""
    from paribus.cli import tables
    from paribus.data.availability import State
    from paribus.data.availability import check as examine
    from paribus.study.datasets import IMAGE_SETS

    found = [examine(name, data_dir) for name in names or IMAGE_SETS]
    tables.show_data(tables.console(), found, ways=bool(names))
    if any(each.state is State.DAMAGED or (names and each.state is State.MISSING) for each in found):
        raise typer.Exit(1)
