"""What needs attention while a study trains, each with the command to run next."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paribus.analysis.finding import Finding, Severity
from paribus.live.overview import listed
from paribus.live.state import RunState, StudyState
from paribus.record.run import Status
from paribus.texts import number, text

STALLED_EPOCHS, STALLED_SECONDS, FIRST_SECONDS = 10, 60.0, 600.0
"""A run has stalled after so many times its usual epoch, but no fewer seconds; more where none has ended."""

Findings = Mapping[str, Sequence[Finding]]
"""The findings of each variant."""


@dataclass(frozen=True)
class Command:
    """What to type, and what for."""

    what: str
    line: str


@dataclass(frozen=True)
class Alert:
    """One thing that needs attention.

    Args:
        title: What it is.
        who: The variants and their seeds.
        why: What was seen.
        commands: What to do about it.
    """

    title: str
    who: str
    why: str
    commands: tuple[Command, ...]


def alerts(now: StudyState, folder: Path, findings: Findings, clock: float) -> tuple[Alert, ...]:
    """Return what needs attention, what stops the whole study first.

    Args:
        now: The study.
        folder: Its folder, as a command names it.
        findings: Of the runs so far.
        clock: The time, in seconds since 1970.
    """
    return (
        *_stopped(now),
        *_stalled(now, clock),
        *_of_status(now, Status.FAILED, "failed", _again(now)),
        *_of_status(now, Status.DIVERGED, "diverged", (_diagnose(folder),)),
        *_found(now, folder, findings),
    )


def _stopped(now: StudyState) -> Iterator[Alert]:
    if now.phase == "stopped":
        title = text("live.alert-stopped", ended=now.ended, runs=len(now.runs))
        why = "" if now.command else text("live.same-command")
        yield Alert(title, "", why, _command("continue", now))


def _stalled(now: StudyState, clock: float) -> Iterator[Alert]:
    if now.phase != "training":
        return
    stalled = [
        run for run in now.runs if run.status is Status.RUNNING and now.waited(run, clock) > _limit(now, run)
    ]
    if stalled:
        longest = max(now.waited(run, clock) for run in stalled)
        title = text("live.alert-stalled", count=len(stalled))
        why = text("live.alert-stalled-why", minutes=number(longest / 60, ".0f"))
        yield Alert(title, _who(now, stalled), why, (*_stop(now), *_command("continue", now)))


def _limit(now: StudyState, run: RunState) -> float:
    if run.pace is None:
        return max(FIRST_SECONDS, STALLED_EPOCHS * run.predicted)
    return max(STALLED_SECONDS, STALLED_EPOCHS * run.pace)


def _of_status(now: StudyState, status: Status, name: str, commands: tuple[Command, ...]) -> Iterator[Alert]:
    runs = [run for run in now.runs if run.status is status]
    if runs:
        causes = dict.fromkeys(run.result.message for run in runs if run.result)
        title = text(f"live.alert-{name}", count=len(runs))
        yield Alert(title, _who(now, runs), next(iter(causes), ""), commands)


def _found(now: StudyState, folder: Path, findings: Findings) -> Iterator[Alert]:
    """Yield the serious findings that follow from no other; that a run diverged is seen without them."""
    by_code: dict[str, list[tuple[str, Finding]]] = {}
    for variant, found in findings.items():
        for each in found:
            if each.severity is Severity.SERIOUS and each.follows_from is None and each.code != "diverged":
                by_code.setdefault(each.code, []).append((variant, each))
    for found in by_code.values():
        who = listed([_seeds(now.names[variant], each.seeds) for variant, each in found])
        train = any(run.status is Status.RUNNING for variant, _ in found for run in now.of(variant))
        stop = _stop(now) if train else ()
        first = found[0][1]
        yield Alert(str(first.title), who, str(first.why), (_diagnose(folder), *stop))


def _who(now: StudyState, runs: Iterable[RunState]) -> str:
    by_variant: dict[str, list[int]] = {}
    for run in runs:
        by_variant.setdefault(run.names[0], []).append(run.spec.seed)
    return listed([_seeds(now.names[name], seeds) for name, seeds in by_variant.items()])


def _seeds(name: str, seeds: Sequence[int]) -> str:
    if not seeds:
        return name
    return text("live.of-seeds", count=len(seeds), variant=name, seeds=listed([str(seed) for seed in seeds]))


def _diagnose(folder: Path) -> Command:
    return Command(text("live.do-diagnose"), _line(("paribus", "diagnose", str(folder))))


def _again(now: StudyState) -> tuple[Command, ...]:
    # A process that holds the folder refuses a second one.
    return _command("again", now) if now.phase != "training" else _command("again-later", now)


def _command(name: str, now: StudyState) -> tuple[Command, ...]:
    return (Command(text(f"live.do-{name}"), _line(now.command)),) if now.command else ()


def _stop(now: StudyState) -> tuple[Command, ...]:
    if now.pid is None:
        return ()
    line = f"taskkill /PID {now.pid}" if os.name == "nt" else f"kill {now.pid}"
    return (Command(text("live.do-stop"), line),)


def _line(words: Iterable[str]) -> str:
    """Return a command as it is typed, with paths from here on where they lie below."""
    here = Path.cwd()
    near = [
        str(Path(word).relative_to(here)) if os.path.isabs(word) and Path(word).is_relative_to(here) else word
        for word in words
    ]
    return shlex.join(near)
