"""Commands that go on with a study: the words that a user would type."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from paribus.execute.executor import LOCAL
from paribus.record import opened
from paribus.record.store import Store
from paribus.report.commands import Commands
from paribus.study.assemble import IN_PYTHON
from paribus.study.reader import builtin_names
from paribus.study.study import Study
from paribus.workflow.folders import default_folder
from paribus.workflow.request import Request


def command(source: str, folder: Path, request: Request, verb: str = "run", *more: str) -> tuple[str, ...]:
    """Return the words of the command that trains what a request still lacks, from any working directory.

    Args:
        source: The study's file or a built-in's name.
        folder: The study's folder.
        request: What was asked.
        verb: The command that asked it.
        more: Options of it that are none of the request's.

    Returns:
        The words; none where the study is neither, but was made in Python.

    Example:
        >>> command("lab2", Path("/out/lab2"), Request(embedded=True, seeds=3))
        ('paribus', 'run', 'lab2', '--out', '/out/lab2', '--embedded', '--seeds', '3')
    """
    if source not in builtin_names():
        if not Path(source).is_file():
            return ()
        source = str(Path(source).resolve())
    absolute = replace(request, data_dir=request.data_dir and request.data_dir.resolve(), out=None)
    return ("paribus", verb, source, "--out", str(folder.resolve()), *more, *options(absolute))


def options(request: Request, *fields: str) -> tuple[str, ...]:
    """Return a request as the options of a command.

    Args:
        request: What was asked.
        fields: Which of its fields the command takes; none for all.

    Example:
        >>> options(Request(embedded=True, only=["1", "2"]))
        ('--embedded', '--only', '1,2')
    """
    values: dict[str, object] = {
        "data_dir": request.data_dir,
        "embedded": request.embedded,
        "only": ",".join(request.only) if request.only else None,
        "seeds": request.seeds,
        "workers": request.workers,
        "out": request.out,
        "updates": None if request.updates == "auto" else request.updates,
        "threads": None if request.threads == 1 else request.threads,
        "device": None if request.device == "cpu" else request.device,
        "together": request.together,
        "until_decided": request.until_decided,
        "max_seeds": request.max_seeds,
        "aa": request.aa,
        "log": ",".join(request.log) if request.log else None,
        "on": None if request.on == LOCAL else request.on,
        "ray_address": request.ray_address,
        "shard": request.shard,
    }
    words: list[str] = []
    for name, value in values.items():
        if (fields and name not in fields) or value is None or value is False:
            continue
        words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return tuple(words)


def commands(study: Study, folder: Path) -> Commands:
    """Return the commands that go on with a study, with its images and in its folder.

    Args:
        study: The study.
        folder: Where its results lie.
    """
    store = Store(folder)
    asked = store.last_request()
    words = asked.command if asked else ()
    place = words.index("--data-dir") + 1 if "--data-dir" in words else 0
    is_embedded = any(used.stand_in for used in store.known_data().values())
    is_default = folder.resolve() == default_folder(study, is_embedded).resolve()
    found = Request(
        data_dir=Path(words[place]) if place else None,
        embedded=is_embedded,
        out=None if is_default else folder,
    )
    source = "" if study.source == IN_PYTHON or study.imported is not None else study.source
    if opened.is_copy(folder):  # whose study lies where this machine has no file
        return Commands(source if source in builtin_names() else "", str(opened.place(folder)))
    return Commands(source, str(folder), options(found))
