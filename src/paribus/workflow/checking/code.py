"""The code of a hand-in, run only where the teacher asks for it: no network, bounded time and memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, cast

from paribus.errors import UsageError
from paribus.study import reading
from paribus.texts import text
from paribus.workflow.checking.folder import refused

MEMORY = 8 * 2**30
SECONDS = 300
FILE_BYTES = 256 * 2**20
_MAX_SCRIPT = 16 * 2**20
_LINES = 20
_ALONE = ("--map-root-user", "--net", "--pid", "--fork", "--kill-child")
_START = """\
import runpy, sys
from paribus.workflow.checking.limited import limit
limit({memory}, {seconds}, {file_bytes})
sys.argv = [{file!r}]
runpy.run_path({file!r}, run_name="__main__")
"""


def check_isolation() -> str:
    """Return the command that starts a process without a network.

    Raises:
        UsageError: This machine has none that this user may use; then no code of a hand-in is run.
    """
    command = shutil.which("unshare")
    if command is not None:
        done = subprocess.run(  # noqa: S603 - the system's own
            [command, "--map-root-user", "--net", "true"], capture_output=True, check=False
        )
        if done.returncode == 0:
            return command
    raise UsageError("check.no-isolation")


def run_code(place: Path, seconds: int = SECONDS) -> tuple[str, ...]:
    """Run the notebook or the script of a hand-in on a copy of it, and return what came of it, in sentences.

    Args:
        place: The hand-in.
        seconds: How long it may take.

    Raises:
        UsageError: No process without a network can be started.
    """
    unshare = check_isolation()
    if why := refused(place):
        return (text("check.code-not-run", reason=why),)
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    found = [each for each in files if each.suffix.lower() in (".ipynb", ".py") and each.is_file()]
    if not found:
        return (text("check.code-none"),)
    with TemporaryDirectory(prefix="paribus-code-", ignore_cleanup_errors=True) as folder:
        script = Path(folder, "handin.py")
        try:
            script.write_text(_source(found[0]), encoding="utf-8")
        except (OSError, ValueError):
            return (text("check.code-not-run", reason=text("check.no-notebook", file=found[0].name)),)
        return _run(unshare, script, Path(folder), found[0].name, seconds)


def _source(file: Path) -> str:
    """Return a script, or the code cells of a notebook in their order, without what only IPython runs."""
    content = reading.read_bytes(file, _MAX_SCRIPT)
    if file.suffix.lower() == ".py":
        return content.decode(errors="replace")
    lines: list[str] = []
    cells = reading.parse_object(content).get("cells")
    for cell in cast("list[Any]", cells) if isinstance(cells, list) else []:
        if isinstance(cell, dict) and cast("dict[str, Any]", cell).get("cell_type") == "code":
            source = cast("dict[str, Any]", cell).get("source", "")
            words = "".join(map(str, cast("list[Any]", source))) if isinstance(source, list) else str(source)
            lines += [line for line in words.splitlines() if not line.lstrip().startswith(("%", "!"))]
    return "\n".join(lines) + "\n"


def _run(unshare: str, script: Path, folder: Path, name: str, seconds: int) -> tuple[str, ...]:
    start = _START.format(memory=MEMORY, seconds=seconds, file_bytes=FILE_BYTES, file=script.name)
    kept = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "PARIBUS_CACHE", "SYSTEMROOT")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    environment |= {"HOME": str(folder), "TMPDIR": str(folder), "MPLBACKEND": "agg"}
    if "PYTHONPATH" in environment:  # relative ones would lead elsewhere
        parts = environment["PYTHONPATH"].split(os.pathsep)
        environment["PYTHONPATH"] = os.pathsep.join(str(Path(part).absolute()) for part in parts if part)
    with TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - what the teacher asked for
            [
                unshare,
                "--map-root-user",
                "--net",
                "--pid",
                "--fork",
                "--kill-child",
                sys.executable,
                "-c",
                start,
            ],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return (text("check.code-too-long", file=name, seconds=seconds),)
        said.seek(0, os.SEEK_END)
        said.seek(max(0, said.tell() - 20_000))
        last = said.read().decode(errors="replace").splitlines()[-_LINES:]
    outcome = "ran" if code == 0 else "failed"
    return (text(f"check.code-{outcome}", file=name, status=code), *last)
