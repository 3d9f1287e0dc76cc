"""The watcher's process, `python -m paribus.trackers.watcher FOLDER TRACKER [PLACE]`.

It follows a study's folder and sends a tracker what is new. Standard input says when the training has ended;
it then sends the rest and ends. Where its input ends before, the process that trains has gone, and so does
this one, at once: what it has sent it has remembered. On what was standard output it says, a line of JSON
each, that it is alive and in the end what it has done.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import IO

from filelock import FileLock

from paribus.record import files
from paribus.trackers.sender import Making, Sender
from paribus.trackers.sent import FOLDER
from paribus.trackers.to_mlflow import ADDRESS, FILE

END = "end"
"""What standard input says when everything is written that will be."""
_PAUSE, _LONGEST = 1.0, 30.0  # seconds between two looks at the folder, and after failures
_TRIES = 2  # after the end
_WRITTEN = {
    "tensorboard": ("tensorboard",),
    "mlflow": (FILE, *(f"{FILE}-{part}" for part in ("journal", "wal", "shm")), "mlruns"),
    "wandb": ("wandb",),
}
"""Where in a study's folder trackers write."""
_NICENESS = 10  # so that what trains goes first


def making(kind: str, folder: Path, place: Path | None) -> Making:
    """Return what makes a tracker, once a study's name is known.

    Args:
        kind: Its name, of `TRACKERS`.
        folder: The study's.
        place: Where files are written in place of the study's folder.
    """
    if kind == "tensorboard":
        from paribus.trackers.to_tensorboard import TensorBoard

        return lambda _study: TensorBoard(place or folder / "tensorboard")
    if kind == "mlflow":
        importlib.import_module("mlflow.tracking")  # takes seconds, in which no server is asked yet
        from paribus.trackers.to_mlflow import MLflow

        return partial(MLflow, folder)
    from paribus.trackers.to_wandb import WandB

    return partial(WandB, folder)


def places(kind: str) -> tuple[str, ...]:
    """Return the names in a study's folder that the export to a tracker writes.

    Example:
        >>> places("wandb")
        ('trackers', 'trackers/wandb.lock', 'trackers/wandb.json', 'wandb')
    """
    return (FOLDER, f"{FOLDER}/{kind}.lock", f"{FOLDER}/{kind}.json", *_WRITTEN[kind])


def watch(
    folder: Path, kind: str, make: Making, ended: Event, say: IO[str], *, is_remote: bool = False
) -> None:
    """Send what is new until the training has ended, then the rest, and say what was done.

    Args:
        folder: The study's; it has a study in it.
        kind: The tracker's name.
        make: Makes the tracker.
        ended: Set when nothing more is written.
        say: Takes the lines.
        is_remote: Whether a server is asked already when the tracker is made.
    """

    def progressed() -> None:
        print(json.dumps({"alive": True}), file=say, flush=True)

    if is_remote:  # from here on, silence is that of a server
        progressed()
    sender: Sender | None = None
    error: Exception | None = None
    pause, tries = _PAUSE, 0
    while tries < _TRIES:
        is_last = ended.is_set()
        try:
            sender = sender or Sender(folder, kind, make, progressed)
            sender.send()
            error = sender.error
        except Exception as failed:  # a tracker that is down
            error = failed
        if is_last and error is None:
            break
        tries += is_last
        pause = _PAUSE if error is None else min(_LONGEST, 2 * pause)
        ended.wait(pause)
    if sender is not None:
        sender.close()
        error = error or sender.error
    said = {
        "runs": sender.count if sender else 0,
        "place": sender.tracker.place if sender else "",
        "error": f"{type(error).__name__}: {error}" if error else "",
    }
    print(json.dumps(said), file=say, flush=True)


def main() -> None:
    """Watch a folder until standard input says that the training has ended, or ends itself."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    folder, kind, *place = sys.argv[1:]
    say = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not mix with the lines
    ended = Event()

    def listen() -> None:
        for line in sys.stdin:
            if line.strip() == END:
                ended.set()
                return
        os._exit(1)

    Thread(target=listen, daemon=True).start()
    path = Path(folder).resolve()
    files.refuse_links(*(path / name for name in places(kind)))
    (path / FOLDER).mkdir(parents=True, exist_ok=True)
    with FileLock(path / FOLDER / f"{kind}.lock"):
        make = making(kind, path, Path(place[0]).resolve() if place else None)
        watch(path, kind, make, ended, say, is_remote=kind == "mlflow" and ADDRESS in os.environ)
    os._exit(0)  # whatever threads a tracker has left


if __name__ == "__main__":
    main()
