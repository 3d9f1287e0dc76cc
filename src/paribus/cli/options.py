"""Arguments and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from paribus.cli.language import OPTION, spoken
from paribus.errors import UsageError
from paribus.texts import LANGUAGES, text


class ReportFormat(StrEnum):
    """What a report is written as."""

    HTML = "html"
    IPYNB = "ipynb"
    MD = "md"
    PDF = "pdf"


class UpdatesWay(StrEnum):
    """The way that epochs take, see `paribus.study.update_mode`."""

    AUTO = "auto"
    STEPWISE = "stepwise"
    DELAYED = "delayed"


def _speak(language: str | None) -> None:
    """Where the commands are called without `paribus.cli.main`, which takes the option out beforehand."""
    if language is not None:
        spoken([OPTION, language])


Lang = Annotated[
    str | None,
    typer.Option(OPTION, metavar="|".join(LANGUAGES), help=text("cli.option.lang"), callback=_speak),
]
Study = Annotated[str, typer.Argument(metavar="STUDY", help=text("cli.option.study"), show_default=False)]
Variant = Annotated[
    str, typer.Argument(metavar="VARIANT", help=text("cli.option.variant"), show_default=False)
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help=text("cli.option.folder"), show_default=False)]
StudyOrFolder = Annotated[
    str, typer.Argument(metavar="STUDY|DIR", help=text("cli.option.study-or-folder"), show_default=False)
]
DoctorFolder = Annotated[
    Path | None, typer.Argument(metavar="DIR", help=text("cli.option.doctor-folder"), show_default=False)
]
Only = Annotated[list[str] | None, typer.Option("--only", metavar="NAMES", help=text("cli.option.only"))]
Seeds = Annotated[int | None, typer.Option("--seeds", metavar="N", help=text("cli.option.seeds"))]
UntilDecided = Annotated[bool, typer.Option("--until-decided", help=text("cli.option.until-decided"))]
MostSeeds = Annotated[
    int | None, typer.Option("--most-seeds", metavar="N", help=text("cli.option.most-seeds"))
]
AA = Annotated[bool, typer.Option("--aa", help=text("cli.option.aa"))]
Finding = Annotated[
    str | None, typer.Option("--finding", metavar="CODE", help=text("confirm.option.finding"))
]
Seed = Annotated[int, typer.Option("--seed", metavar="K", min=0, help=text("cli.option.seed"))]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", help=text("cli.option.workers"))]
DataDir = Annotated[Path | None, typer.Option("--data-dir", metavar="DIR", help=text("cli.option.data-dir"))]
Embedded = Annotated[bool, typer.Option("--embedded", help=text("cli.option.embedded"))]
Updates = Annotated[UpdatesWay, typer.Option("--updates", help=text("cli.option.updates"))]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help=text("cli.option.out"))]
Json = Annotated[bool, typer.Option("--json", help=text("cli.option.json"))]
Format = Annotated[ReportFormat, typer.Option("--format", help=text("cli.option.format"))]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help=text("cli.option.output"))]
ServedFolder = Annotated[
    Path, typer.Argument(metavar="DIR", help=text("live.option-folder"), show_default=False)
]
Port = Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help=text("live.option-port"))]
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help=text("live.option-host"))]
Live = Annotated[bool, typer.Option("--live", help=text("live.option-live"))]


def names(only: list[str] | None) -> list[str] | None:
    """The names in ``--only 1,2 --only 3a``; None where the option was not given.

    Example:
        >>> names(["1,2", "3a"]), names(None)
        (['1', '2', '3a'], None)
    """
    if only is None:
        return None
    return [name.strip() for part in only for name in part.split(",") if name.strip()]


def check_together(*, until_decided: bool, most_seeds: int | None, aa: bool, seeds: bool, only: bool) -> None:
    """Refuse options of `paribus run` that contradict each other.

    Raises:
        UsageError: Two of them do.
    """
    if until_decided and aa:
        raise UsageError("sequential.until-decided-and-aa")
    if until_decided and seeds:
        raise UsageError("sequential.until-decided-and-seeds")
    if most_seeds is not None and not until_decided:
        raise UsageError("sequential.most-seeds-alone")
    if aa and only:
        raise UsageError("control.with-only")
