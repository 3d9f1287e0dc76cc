"""The next useful commands, by the study's real name and folder: how every command ends."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from paribus.analysis.finding import Severity
from paribus.analysis.questions.verdict import Verdict
from paribus.texts import text
from paribus.workflow.folders import other_folder
from paribus.workflow.request import Request
from paribus.workflow.results import Results
from paribus.workflow.review import Review

_BETWEEN, _INDENT = " · ", "  "


def say_next(screen: Console, commands: Iterable[str]) -> None:
    """Print the next useful commands in a line; nothing where there are none.

    Args:
        screen: Where to print.
        commands: In the order in which they help.
    """
    lines: list[str] = []
    for command in commands:
        if lines and len(lines[-1]) + len(_BETWEEN) + len(command) <= screen.width - len(_INDENT):
            lines[-1] += _BETWEEN + command
        else:
            lines.append(command)
    if lines:
        screen.print(Text("\n" + text("cli.next"), style="bold"))
    for line in lines:
        screen.print(Text(_INDENT + line), soft_wrap=True)


def after_results(results: Results) -> list[str]:
    """Return what to do once results have been seen: find causes, read all, add seeds.

    Args:
        results: Of the study.

    Example:
        >>> after_results(results)  # doctest: +SKIP
        ['paribus report paribus-out/lab2', 'paribus show paribus-out/lab2 --details']
    """
    folder = shlex.quote(str(results.folder))
    if not results.records:
        return [run_command(results)]
    material = results.material()
    found = material.findings.values()
    has_problem = any(each.severity is not Severity.INFO for findings in found for each in findings)
    commands = [f"paribus diagnose {folder}"] if has_problem else []
    commands += [f"paribus report {folder}", f"paribus show {folder} --details"]
    if any(each.can_be_settled and each.verdict is Verdict.UNDECIDED for each in material.comparisons):
        commands.append(f"{run_command(results)} --until-decided")
    return commands


def after_diagnosis(results: Results) -> list[str]:
    """Return what to do once findings have been seen: put their causes to the test, read them all.

    Args:
        results: Of the study.
    """
    folder = shlex.quote(str(results.folder))
    found = results.diagnose()
    if not len(found):
        return [f"paribus show {folder}"]
    has_cause = any(each.severity is not Severity.INFO for each in found)
    confirm = [run_command(results).replace("run", "confirm", 1)] if has_cause else []
    return [*confirm, f"paribus diagnose {folder} --details"]


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


def called(command: str, study: str, request: Request) -> str:
    """Return a command on a study with the options of a request.

    Args:
        command: Such as ``run``.
        study: As it was called.
        request: With which options.

    Example:
        >>> called("run", "lab2", Request(embedded=True, only=["1", "2"]))
        'paribus run lab2 --only 1,2 --embedded'
    """
    words = ["paribus", command, study]
    words += ["--only", ",".join(request.only)] if request.only else []
    words += ["--seeds", str(request.seeds)] if request.seeds else []
    words += ["--data-dir", str(request.data_dir)] if request.data_dir else []
    words += ["--embedded"] if request.embedded else []
    words += ["--out", str(request.out)] if request.out else []
    return shlex.join(words)


def run_command(results: Results) -> str:
    """Return the command that trains what a study lacks, into the same folder.

    Args:
        results: Of the study.
    """
    study, out = results.study, other_folder(results.study, results.folder)
    words = ["paribus", "run", study.source or study.name]
    words += ["--embedded"] if any(used.stand_in for used in results.data.values()) else []
    words += ["--out", out] if out else []
    return shlex.join(words)
