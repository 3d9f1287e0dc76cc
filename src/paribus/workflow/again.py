"""The command that trains what a request still lacks, as it is kept for the live page."""

from __future__ import annotations

from pathlib import Path

from paribus.study.reader import builtin_names
from paribus.workflow.request import Request


def command(source: str, folder: Path, request: Request) -> tuple[str, ...]:
    """Return the words of the command that trains what a request still lacks, from any working directory.

    Args:
        source: The study's file or a built-in's name.
        folder: The study's folder.
        request: What was asked.

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
    values: dict[str, object] = {
        "--data-dir": request.data_dir.resolve() if request.data_dir else None,
        "--embedded": request.embedded,
        "--only": ",".join(request.only) if request.only else None,
        "--seeds": request.seeds,
        "--workers": request.workers,
        "--updates": None if request.updates == "auto" else request.updates,
        "--until-decided": request.until_decided,
        "--max-seeds": request.max_seeds,
        "--aa": request.aa,
    }
    words = ["paribus", "run", source, "--out", str(folder.resolve())]
    for name, value in values.items():
        if value is True:
            words.append(name)
        elif value is not None and value is not False:
            words += [name, str(value)]
    return tuple(words)
