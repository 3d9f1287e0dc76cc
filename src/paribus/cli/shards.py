"""`paribus merge` and `paribus script`: a study in parts, on machines that know nothing of each other."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paribus.cli import completion, options
from paribus.cli.printing import print_json
from paribus.texts import text

if TYPE_CHECKING:
    from rich.console import Console

    from paribus.workflow.request import Request
    from paribus.workflow.training import Sharded, Training

Folders = Annotated[
    list[Path],
    typer.Argument(metavar="DIR", help=text("shards.option-folders"), autocompletion=completion.results),
]
Into = Annotated[Path, typer.Option("--into", metavar="DIR", help=text("shards.option-into"))]
Prefer = Annotated[Path | None, typer.Option("--prefer", metavar="DIR", help=text("shards.option-prefer"))]
Shards = Annotated[int, typer.Option("--shards", metavar="N", min=1, help=text("cluster.option-shards"))]
Hours = Annotated[float, typer.Option("--hours", metavar="H", min=0.1, help=text("cluster.option-hours"))]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file to the program's."""
    app.command(help=text("shards.help"), epilog=text("shards.example"))(merge)
    app.command(help=text("cluster.help"), epilog=text("cluster.example"))(script)


def merge(folders: Folders, into: Into, prefer: Prefer = None, as_json: options.Json = False) -> None:
    """Merge folders of one study into one."""
    from paribus.cli import onward, tables
    from paribus.workflow.merging import merge as merge_folders

    found = merge_folders(folders, into=into, prefer=prefer)
    if as_json:
        print_json(found.tree)
    else:
        for line in found.lines:
            tables.say(tables.console(), line)
        folder = shlex.quote(str(found.folder))
        onward.say_next(tables.console(), [f"paribus {name} {folder}" for name in ("show", "report")])
    if not found.is_whole:
        raise typer.Exit(1)


@options.for_request("only", "seeds", "workers", "threads", "data_dir", "embedded", "out", "updates", "aa")
def script(
    kind: options.JobKind,
    study: options.Study,
    request: Request,
    shards: Shards = 10,
    hours: Hours = 4.0,
) -> None:
    """Print the job file that trains a study on a cluster."""
    from paribus.workflow.job_script import job_script

    sys.stdout.write(job_script(kind.value, study, request, shards=shards, hours=hours))


def show_trained(screen: Console, training: Training, sharded: Sharded) -> None:
    """Print how far a shard is, and how all of them become one folder; nothing is compared."""
    from paribus.cli import onward, tables
    from paribus.execute.plan import refresh
    from paribus.workflow.sharding import shard_lines

    now = refresh(training.plan, training.store)
    for line in shard_lines(training, sharded):
        tables.say(screen, line)
    ended = sum(run.is_done for run in now.runs)
    tables.say(screen, text("shards.ended", ended=ended, all=len(now.runs), missing=len(now.missing)))
    folder = training.store.folder
    whole = folder.name.removesuffix(sharded.shard.folder_ending)
    into = folder.with_name(whole if whole != folder.name else f"{folder.name}-merged")
    onward.say_next(
        screen,
        [f"paribus merge {shlex.quote(str(folder))} ... --into {shlex.quote(str(into))}"],
    )
