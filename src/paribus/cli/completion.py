"""What the shell completes: studies, folders of results, variants, keys of a study file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from paribus.trackers import TRACKERS

OUT = Path("paribus-out")


def studies(incomplete: str) -> list[str]:
    """Return the built-in studies and the study files that begin so."""
    from paribus.study.reader import builtin_names

    folder = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    found = [
        *folder.glob("*.yaml"),
        *folder.glob("*.yml"),
        *(path for path in folder.glob("*/") if _shown(path)),
    ]
    files = sorted(f"{path}/" if path.is_dir() else str(path) for path in found)
    return _beginning(incomplete, [*builtin_names(), *files])


def _shown(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith(".")


def results(incomplete: str) -> list[str]:
    """Return the folders and the archives of results that begin so."""
    folders = sorted(str(file.parent) for file in OUT.glob("*/study.json"))
    archives = sorted(str(file) for file in Path(incomplete).parent.glob("*.zip"))
    return _beginning(incomplete, [*folders, *archives])


def studies_or_results(incomplete: str) -> list[str]:
    """Return the studies and the folders of results that begin so."""
    return [*studies(incomplete), *results(incomplete)]


def variants(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the variants of the study on the line that begin so."""
    return _beginning(incomplete, _variants(ctx))


def only(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the same for a list with commas, of which the last name is completed."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    left = [name for name in _variants(ctx) if name not in taken]
    return [f"{before}{comma}{name}" for name in _beginning(last, left)]


def trackers(incomplete: str) -> list[str]:
    """Return the trackers that begin so."""
    return _beginning(incomplete, TRACKERS)


def executors(incomplete: str) -> list[str]:
    """Return what can train, as far as it begins so."""
    from paribus.execute.executor import executor_names

    return _beginning(incomplete, executor_names())


def _variants(ctx: typer.Context) -> list[str]:
    from paribus.errors import ParibusError
    from paribus.workflow.folders import study_of

    # Where the last option has no value yet, the line is not parsed, and its arguments are left over.
    study = ctx.params.get("study") or next(iter(ctx.args), None)
    try:
        return [*study_of(str(study)).variants] if study else []
    except ParibusError:  # a study with faults completes nothing
        return []


def builtin_studies(incomplete: str) -> list[str]:
    """Return the built-in studies that begin so."""
    from paribus.study.reader import builtin_names

    return _beginning(incomplete, builtin_names())


def commands(ctx: typer.Context) -> dict[str, Any]:
    """Return the program's commands by name; Typer may carry a Click of its own, so no class is named."""
    return getattr(ctx.find_root().command, "commands", {})


def topics(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the commands, ``study`` and ``terms``."""
    return _beginning(incomplete, ["study", "terms", *commands(ctx)])


def keys(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the keys and techniques that begin so, where help on ``study`` is asked for."""
    from paribus.study.reference import known_names

    return _beginning(incomplete, known_names()) if ctx.params.get("topic") == "study" else []


def _beginning(incomplete: str, known: Iterable[str]) -> list[str]:
    return [name for name in known if name.startswith(incomplete)]
