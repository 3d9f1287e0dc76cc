"""The commands of whoever hands results on: pack, unpack, compare, and remove what may go."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from paribus.cli import completion, options
from paribus.cli.printing import print_json
from paribus.texts import text


class Policy(StrEnum):
    """Of which runs the weights are kept, see `paribus.study.model.Keep`."""

    ALL = "all"
    BEST = "best"
    NONE = "none"


ArchiveOut = Annotated[
    Path | None, typer.Argument(metavar="[FILE.zip]", help=text("archive.option-file"), show_default=False)
]
Archive = Annotated[
    Path, typer.Argument(metavar="FILE.zip", help=text("archive.option-archive"), show_default=False)
]
UnpackedTo = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help=text("archive.option-dir"), show_default=False)
]
Packed = Annotated[
    str,
    typer.Argument(
        metavar="STUDY|DIR",
        help=text("cli.option.study-or-folder"),
        show_default=False,
        autocompletion=completion.studies_or_results,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help=text("gc.option-yes"))]
KeepAs = Annotated[
    Policy | None, typer.Option("--keep", metavar="|".join(Policy), help=text("gc.option-keep"))
]
OnlyManifest = Annotated[bool, typer.Option("--manifest", help=text("archive.option-manifest"))]


def pack(
    study: Packed,
    file: ArchiveOut = None,
    manifest: OnlyManifest = False,
    embedded: options.Embedded = False,
) -> None:
    """Pack a study's results into one file."""
    from paribus.cli import tables
    from paribus.texts.quantities import file_size
    from paribus.workflow.archives import pack_results
    from paribus.workflow.folders import find_results

    packed = pack_results(find_results(study, embedded=embedded).folder, file, manifest=manifest)
    screen = tables.console()
    tables.say(screen, text("cli.report.written", file=packed.file))
    code = "archive.listed" if manifest else "archive.packed"
    size = file_size(packed.manifest.size)
    tables.say(screen, text(code, files=len(packed.manifest.files), count=packed.runs, size=size))
    if packed.left_out:
        tables.say(screen, text("archive.left-out", names=", ".join(packed.left_out)))


def diff(first: options.FirstStudy, second: options.SecondStudy, as_json: options.Json = False) -> None:
    """Compare two studies."""
    from paribus.workflow.diff import diff as compare_studies

    found = compare_studies(first, second)
    if as_json:
        print_json(found.tree)
    else:
        from paribus.cli import diff as shown
        from paribus.cli import tables

        shown.show(tables.console(), found)
    if not found.is_same:
        raise typer.Exit(1)


def gc(
    study: Packed,
    yes: Yes = False,
    keep: KeepAs = None,
    embedded: options.Embedded = False,
    as_json: options.Json = False,
) -> None:
    """Show what may go from a study's folder."""
    from paribus.workflow.folders import find_results
    from paribus.workflow.garbage import gc as collect

    folder = find_results(study, embedded=embedded).folder
    found = collect(folder, yes=yes, keep=None if keep is None else keep.value)
    if as_json:
        print_json(found.tree)
        return
    from paribus.cli import onward, tables

    screen = tables.console()
    if found.items:
        title = text("gc.title-removed" if found.removed else "gc.title")
        tables.show_table(screen, found.table, title, unwrapped={"kind"}, spare=("examples",))
    for line in found.lines:
        tables.say(screen, line)
    if found.items and not yes:
        chosen = [] if keep is None else ["--keep", keep.value]
        onward.say_next(screen, [shlex.join(["paribus", "gc", str(folder), *chosen, "--yes"])])


def unpack(archive: Archive, folder: UnpackedTo = None) -> None:
    """Write an archive's results as a folder."""
    from paribus.cli import onward, tables
    from paribus.record.store import Store
    from paribus.workflow.again import commands
    from paribus.workflow.archives import unpack_results

    written = unpack_results(archive, folder)
    screen = tables.console()
    tables.say(screen, text("cli.report.written", file=written))
    study, _ = Store(written).study()
    onward.say_next(screen, [commands(study, written).to_read("show")])
