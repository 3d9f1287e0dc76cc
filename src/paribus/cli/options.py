"""Arguments and options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from paribus.cli import completion
from paribus.cli.language import OPTION, choose_language
from paribus.cli.safety import OPTION as NO_PYTHON
from paribus.cli.safety import refuse_code
from paribus.texts import LANGUAGES, text
from paribus.trackers import TRACKERS


class ReportFormat(StrEnum):
    """What a report is written as."""

    HTML = "html"
    IPYNB = "ipynb"
    MD = "md"
    PDF = "pdf"


class ExportFormat(StrEnum):
    """What results are taken elsewhere as."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    CARD = "card"
    TENSORBOARD = "tensorboard"
    MLFLOW = "mlflow"
    WANDB = "wandb"


class SheetFormat(StrEnum):
    """What an exercise sheet is written as."""

    MD = "md"
    IPYNB = "ipynb"
    HTML = "html"
    PDF = "pdf"


class JobKinds(StrEnum):
    """What runs the shards of a study."""

    SLURM = "slurm"
    RAY = "ray"
    GITHUB = "github"


class UpdateModes(StrEnum):
    """How epochs are computed, see `paribus.study.update_mode`."""

    AUTO = "auto"
    STEPWISE = "stepwise"
    DELAYED = "delayed"


class DeviceNames(StrEnum):
    """Where runs are trained, see `paribus.study.device`."""

    CPU = "cpu"
    GPU = "gpu"
    AUTO = "auto"


def _argument(metavar: str, code: str, complete: Callable[..., list[str]] | None = None) -> Any:
    return typer.Argument(metavar=metavar, help=text(code), show_default=False, autocompletion=complete)


def _speak(language: str | None) -> None:
    """Set the language for commands that are called without `paribus.cli.main`, which removes the option."""
    if language is not None:
        choose_language([OPTION, language])


Lang = Annotated[
    str | None,
    typer.Option(OPTION, metavar="|".join(LANGUAGES), help=text("cli.option.lang"), callback=_speak),
]


def _refuse(wanted: bool) -> None:
    """Refuse code for commands that are called without `paribus.cli.main`, which removes the option."""
    refuse_code([NO_PYTHON] * wanted)


NoPython = Annotated[
    bool,
    typer.Option(NO_PYTHON, help=text("cli.option.no-python"), callback=_refuse),
]
Study = Annotated[str, _argument("STUDY", "cli.option.study", completion.studies)]
JobKind = Annotated[JobKinds, _argument("|".join(JobKinds), "cluster.option-kind")]
Variant = Annotated[str, _argument("VARIANT", "cli.option.variant", completion.variants)]
StudyOrFolder = Annotated[
    str, _argument("STUDY|DIR", "cli.option.study-or-folder", completion.studies_or_results)
]
FirstStudy = Annotated[str, _argument("FIRST", "diff.option-first", completion.studies_or_results)]
SecondStudy = Annotated[str, _argument("SECOND", "diff.option-second", completion.studies_or_results)]
StudiesOrFolders = Annotated[
    list[str], _argument("STUDY|DIR...", "cli.option.studies-or-folders", completion.studies_or_results)
]
DoctorFolder = Annotated[
    str | None, _argument("STUDY|DIR", "cli.option.doctor-folder", completion.studies_or_results)
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="NAMES", help=text("cli.option.only"), autocompletion=completion.only),
]
Seeds = Annotated[int | None, typer.Option("--seeds", metavar="N", help=text("cli.option.seeds"))]
OnWorkers = Annotated[str | None, typer.Option("--on", metavar="N[xT]", help=text("cluster.option-on"))]
Power = Annotated[bool, typer.Option("--power", help=text("cli.option.power"))]
UntilDecided = Annotated[bool, typer.Option("--until-decided", help=text("cli.option.until-decided"))]
MaxSeeds = Annotated[int | None, typer.Option("--max-seeds", metavar="N", help=text("cli.option.max-seeds"))]
AA = Annotated[bool, typer.Option("--aa", help=text("cli.option.aa"))]
Log = Annotated[
    list[str] | None,
    typer.Option(
        "--log",
        metavar="|".join(TRACKERS),
        help=text("trackers.option-log"),
        autocompletion=completion.trackers,
    ),
]
On = Annotated[
    str,
    typer.Option(
        "--on", metavar="local|ray", help=text("executor.option-on"), autocompletion=completion.executors
    ),
]
RayAddress = Annotated[
    str | None, typer.Option("--ray-address", metavar="HOST:PORT", help=text("executor.option-ray-address"))
]
Shard = Annotated[str | None, typer.Option("--shard", metavar="K/N", help=text("shards.option-shard"))]
Finding = Annotated[
    str | None, typer.Option("--finding", metavar="CODE", help=text("confirm.option.finding"))
]
Seed = Annotated[int, typer.Option("--seed", metavar="K", min=0, max=2**32 - 1, help=text("cli.option.seed"))]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", help=text("cli.option.workers"))]
Threads = Annotated[str, typer.Option("--threads", metavar="N|auto", help=text("cli.option.threads"))]
Device = Annotated[
    DeviceNames, typer.Option("--device", metavar="|".join(DeviceNames), help=text("cli.option.device"))
]
Together = Annotated[
    str | None, typer.Option("--together", metavar="N|auto", help=text("cli.option.together"))
]
DataDir = Annotated[Path | None, typer.Option("--data-dir", metavar="DIR", help=text("cli.option.data-dir"))]
Embedded = Annotated[bool, typer.Option("--embedded", help=text("cli.option.embedded"))]
Updates = Annotated[
    UpdateModes, typer.Option("--updates", metavar="|".join(UpdateModes), help=text("cli.option.updates"))
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help=text("cli.option.out"))]
Details = Annotated[
    str | None, typer.Option("--details", metavar="[SECTIONS]", help=text("cli.option.details"))
]
AllDetails = Annotated[bool, typer.Option("--details", help=text("cli.option.all-details"))]
Json = Annotated[bool, typer.Option("--json", help=text("cli.option.json"))]
Format = Annotated[
    ReportFormat, typer.Option("--format", metavar="|".join(ReportFormat), help=text("cli.option.format"))
]
ExportAs = Annotated[
    ExportFormat, typer.Option("--format", metavar="|".join(ExportFormat), help=text("export.format"))
]
ExportOut = Annotated[Path | None, typer.Option("--out", metavar="PATH", help=text("export.out"))]
ExportRuns = Annotated[bool, typer.Option("--runs", help=text("export.runs"))]
ExportVariant = Annotated[
    str | None,
    typer.Option(
        "--variant", metavar="NAME", help=text("export.variant"), autocompletion=completion.variants
    ),
]
ExportSeed = Annotated[int | None, typer.Option("--seed", metavar="K", min=0, help=text("export.seed"))]
Author = Annotated[str, typer.Option("--author", metavar="TEXT", help=text("cli.option.author"))]
Both = Annotated[bool, typer.Option("--both", help=text("cli.option.both"))]
Appendix = Annotated[bool, typer.Option("--appendix", help=text("cli.option.appendix"))]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help=text("cli.option.output"))]
ServedFolder = Annotated[str, _argument("STUDY|DIR", "live.option-folder", completion.studies_or_results)]
Port = Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help=text("live.option-port"))]
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help=text("live.option-host"))]
Live = Annotated[bool, typer.Option("--live", help=text("live.option-live"))]
Name = Annotated[str, _argument("NAME", "new.name")]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="STUDY", help=text("new.from"), autocompletion=completion.builtin_studies),
]
Imported = Annotated[str, _argument("FILE|DIR|URL", "imported.option-source")]
ImportMap = Annotated[Path | None, typer.Option("--map", metavar="FILE", help=text("imported.option-map"))]
ImportReference = Annotated[
    str, typer.Option("--reference", metavar="VARIANT", help=text("imported.option-reference"))
]
Experiment = Annotated[
    str, typer.Option("--experiment", metavar="NAME", help=text("imported.option-experiment"))
]
SchemaFile = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help=text("reference.schema.output"))
]
Topic = Annotated[str | None, _argument("TOPIC", "reference.help.topic", completion.topics)]
Key = Annotated[str | None, _argument("KEY", "reference.help.key", completion.keys)]
Markdown = Annotated[bool, typer.Option("--markdown", help=text("reference.help.markdown"))]


HandIn = Annotated[str, _argument("HANDIN", "check.option-handin")]
Rerun = Annotated[str, typer.Option("--rerun", metavar="N|all|none", help=text("check.option-rerun"))]
RerunEpochs = Annotated[
    int | None, typer.Option("--epochs", metavar="N", min=1, help=text("check.option-epochs"))
]
RunCode = Annotated[bool, typer.Option("--run-code", help=text("check.option-run-code"))]
Timeout = Annotated[float, typer.Option("--timeout", metavar="S", min=1, help=text("check.option-timeout"))]


SheetAs = Annotated[
    SheetFormat, typer.Option("--format", metavar="|".join(SheetFormat), help=text("sheet.option-format"))
]
WithKey = Annotated[bool, typer.Option("--key", help=text("sheet.option-key"))]


class WithDetails(TyperCommand):
    """A command whose option ``--details`` may stand alone, for all sections."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Make a call's context from its arguments, after giving the option its value."""
        from paribus.cli.report import ALL, DETAILS

        known, filled = {ALL, *DETAILS}, list[str]()
        for place, argument in enumerate(args):
            following = args[place + 1].split(",") if place + 1 < len(args) else []
            # Once the study is named, what follows can only be sections, perhaps misspelled ones.
            is_named = any(not each.startswith("-") for each in args[:place])
            can_be_sections = known.issuperset(following) or (is_named and not following[0].startswith("-"))
            stands_alone = argument == "--details" and not (following and can_be_sections)
            filled.append(f"--details={ALL}" if stands_alone else argument)
        return super().make_context(info_name, filled, *rest, **extra)


def names(only: list[str] | None) -> list[str] | None:
    """Return the names in ``--only 1,2 --only 3a``; None where the option was not given.

    Example:
        >>> names(["1,2", "3a"]), names(None)
        (['1', '2', '3a'], None)
    """
    if only is None:
        return None
    return [name.strip() for part in only for name in part.split(",") if name.strip()]


_REQUEST: Mapping[str, tuple[object, object]] = {
    "only": (Only, None),
    "seeds": (Seeds, None),
    "workers": (Workers, None),
    "threads": (Threads, 1),
    "data_dir": (DataDir, None),
    "embedded": (Embedded, False),
    "out": (Out, None),
    "updates": (Updates, UpdateModes.AUTO),
    "device": (Device, DeviceNames.CPU),
    "together": (Together, None),
    "until_decided": (UntilDecided, False),
    "max_seeds": (MaxSeeds, None),
    "aa": (AA, False),
    "log": (Log, None),
    "on": (On, "local"),
    "ray_address": (RayAddress, None),
    "shard": (Shard, None),
}
"""The option of each field of `paribus.workflow.request.Request`, and its default."""


TRAINED = (
    "only",
    "seeds",
    "workers",
    "threads",
    "data_dir",
    "embedded",
    "out",
    "updates",
    "device",
    "together",
)
"""The options of whatever plans runs or trains them."""


def for_request(*fields: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of some fields of a `Request`; they make its argument ``request``."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def call(**given: Any) -> None:
            from paribus.workflow.request import Request

            chosen = {name: given.pop(name) for name in fields}
            for name in {"only", "log"} & chosen.keys():
                chosen[name] = names(chosen[name])
            for name in ("threads", "together"):
                if str(chosen.get(name)).isdecimal():
                    chosen[name] = int(chosen[name])
            command(request=Request(**chosen), **given)

        del command.__annotations__["request"]  # a name that is imported for type checkers alone
        own = inspect.signature(command, eval_str=True).parameters.values()
        shared = [(name, *_REQUEST[name]) for name in fields]
        parameters = [(each.name, each.annotation, each.default) for each in own if each.name != "request"]
        call.__signature__ = inspect.Signature(  # pyright: ignore[reportAttributeAccessIssue]  # read by inspect
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
                for name, kind, default in (parameters[0], *shared, *parameters[1:])
            ]
        )
        return call

    return decorate
