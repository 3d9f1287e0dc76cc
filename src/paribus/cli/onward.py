"""The next useful commands, by the study's real name and folder: how every command ends."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from paribus.analysis.causes.confirmation import enough, more_seeds
from paribus.analysis.comparability import Comparability
from paribus.analysis.finding import Severity
from paribus.analysis.questions.prediction import Agreement
from paribus.analysis.questions.published import Verification
from paribus.analysis.questions.verdict import Verdict
from paribus.record.run import Status
from paribus.report.commands import Commands
from paribus.report.material import Material
from paribus.report.published import more_of
from paribus.texts import text
from paribus.workflow.again import options
from paribus.workflow.confirmations import Confirmations
from paribus.workflow.diagnosis import Diagnosis
from paribus.workflow.request import Request
from paribus.workflow.review import Review

_BETWEEN, _INDENT = " · ", "  "


def say_next(screen: Console, commands: Iterable[str]) -> None:
    """Print the next useful commands in a line; nothing where there are none.

    Args:
        screen: Where to print.
        commands: In the order in which they help; empty ones are left out.
    """
    lines: list[str] = []
    for command in filter(None, commands):
        if lines and len(lines[-1]) + len(_BETWEEN) + len(command) <= screen.width - len(_INDENT):
            lines[-1] += _BETWEEN + command
        else:
            lines.append(command)
    if lines:
        screen.print(Text("\n" + text("cli.next"), style="bold"))
    for line in lines:
        screen.print(Text(_INDENT + line), soft_wrap=True)


def after_results(material: Material, *, whole: bool = False) -> list[str]:
    """Return what to do once results have been seen: go on, find causes, read all, add seeds.

    Args:
        material: Of the study.
        whole: Whether all of its details were shown.
    """
    if not material.records:
        return [material.commands.to_train("run")]
    is_running = Status.RUNNING in material.statuses
    stopped = {Status.INTERRUPTED, Status.FAILED} & material.statuses.keys()
    goes_on = [material.commands.to_train("run")] if stopped and not is_running else []
    has_problem = any(its[0] is not Severity.INFO for its in material.severities.values())
    is_open = any(
        each.can_be_settled and each.verdict is Verdict.UNDECIDED and not each.paired.overlap
        for each in material.comparisons
    ) or any(
        each.can_be_settled and not each.is_decided for each in (*material.rankings, *material.design_answers)
    )
    return [
        *goes_on,
        *([material.commands.to_read("diagnose")] if has_problem else []),
        material.commands.to_read("report"),
        *([] if whole else [material.commands.to_read("show", "--details")]),
        *([material.commands.to_train("run", "--until-decided")] if is_open and not goes_on else []),
    ]


def after_diagnosis(commands: Commands, found: Diagnosis, *, whole: bool = False) -> list[str]:
    """Return what to do once findings have been seen: put their causes to the test, read them all.

    Args:
        commands: On the study.
        found: The diagnosis.
        whole: Whether all of it was shown.
    """
    if not len(found):
        return [commands.to_read("show")]
    has_problem = any(each.severity is not Severity.INFO for each in found)
    confirm = [commands.to_train("confirm")] if has_problem else []
    return [*confirm, commands.to_read("show") if whole else commands.to_read("diagnose", "--details")]


def after_review(study: str, found: Review, request: Request, *, whole: bool) -> list[str]:
    """Return what to do once a design was reviewed: read it all, and run it.

    Args:
        study: As it was called.
        found: The review.
        request: With which options.
        whole: Whether all of it was shown.
    """
    more = [f"{called('review', study, request)} --details"] if len(found) and not whole else []
    return [*more, called("run", study, request)]


def after_confirm(commands: Commands, found: Confirmations, again: str) -> list[str]:
    """Return what to do once causes were put to the test: more seeds where they are too few, read it all.

    Args:
        commands: On the study.
        found: What came of it.
        again: The same command with all details; empty where they were shown.
    """
    if not found:
        return [commands.to_read("diagnose")]
    only = ",".join(dict.fromkeys(each.ablation.variant for each in found))
    seeds = ["run", "--only", only, "--seeds", str(enough())]
    return [
        *([commands.to_train(*seeds)] if more_seeds(found) else []),
        again,
        commands.to_read("report"),
    ]


def after_verify(commands: Commands, found: Verification, *, whole: bool) -> list[str]:
    """Return what to do once published figures were compared: run what they lack, read it all.

    Args:
        commands: On the study.
        found: The comparison.
        whole: Whether all of it was shown.
    """
    if not found.rows:
        return [commands.to_read("show")]
    agreements = {each.agreement for each in found.judgements}
    lacking: list[str] = []
    if any(row.comparability is Comparability.STAND_IN for row in found.rows):
        lacking = [replace(commands, options=()).to_train("run")]  # on the images of the source
    elif Agreement.TOO_FEW_SEEDS in agreements:
        lacking = [commands.to_train("run", "--seeds", str(more_of(found)))]
    elif Agreement.MISSING in agreements:
        lacking = [commands.to_train("run")]
    more = [] if whole else [commands.to_read("verify", "--details")]
    return [*lacking, *more, commands.to_read("report")]


def called(command: str, study: str, request: Request, *more: str) -> str:
    """Return a command on a study with those options of a request that every such command takes.

    Args:
        command: Such as ``run``.
        study: As it was called.
        request: With which options.
        more: Further words.

    Example:
        >>> called("run", "lab2", Request(embedded=True, only=["1", "2"]))
        'paribus run lab2 --embedded --only 1,2'
    """
    trains = {"run": ("threads", "device", "together", "shard"), "confirm": ("threads", "shard")}.get(
        command, ()
    )
    shared = options(request, "only", "seeds", "data_dir", "embedded", "out", *trains)
    return shlex.join(["paribus", command, study, *shared, *more])
