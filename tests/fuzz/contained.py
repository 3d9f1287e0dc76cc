"""Try cases in a process of their own, so that whatever one of them does is known, and ends it alone."""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

SECONDS = 5
"""Of the processor, that a case may take."""
MEMORY = 2**30
"""Bytes that it may take beyond what the process has at its start."""
_WALL = 120
"""Seconds without a word after which a process is ended: a case waits for something."""
_BATCH = 200
"""Cases that a process tries before the next one takes its place."""

Check = Callable[[Random, Path], str]
"""Try a case in an empty folder and return what came of it, in a word. What it raises is a failure."""


@dataclass(frozen=True)
class Tried:
    """What came of a case.

    Args:
        number: Which one.
        outcome: In a word; ``failed`` where it must not be so.
        cause: Of a failure.
    """

    number: int
    outcome: str
    cause: str = ""


class HangError(BaseException):
    """A case took too long; no ``except Exception`` stops it."""


def random_of(kind: str, seed: int, number: int) -> Random:
    """Return the generator that a case is made with, whichever were tried before it."""
    return Random(f"{kind}:{seed}:{number}")


def try_all(kind: str, check: Check, seed: int, numbers: range, folder: Path) -> Iterator[Tried]:
    """Try cases one after the other; one that ends its process, or waits, is a failure like any other.

    Args:
        kind: Of the cases.
        check: What tries one.
        seed: Of all of them.
        numbers: Which ones.
        folder: An empty one, for their files.
    """
    rest = numbers
    while rest:
        yield from _batch(kind, check, seed, rest[:_BATCH], folder)
        rest = rest[_BATCH:]


def _batch(kind: str, check: Check, seed: int, numbers: range, folder: Path) -> Iterator[Tried]:
    while numbers:
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            os.close(reads)
            _work(kind, check, seed, numbers, folder, writes)
            os._exit(0)
        os.close(writes)
        done = 0
        try:
            for line in _lines(reads):
                done += 1
                yield Tried(**json.loads(line))
        finally:  # also where no more cases are wanted
            os.close(reads)
            if done < len(numbers):
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
        if done < len(numbers):
            yield Tried(numbers[done], "failed", f"the process ended or waited (status {status})")
            done += 1
        numbers = numbers[done:]


def _lines(descriptor: int) -> Iterator[bytes]:
    left = b""
    while select.select([descriptor], [], [], _WALL)[0]:
        part = os.read(descriptor, 65536)
        if not part:
            return
        *whole, left = (left + part).split(b"\n")
        yield from whole


def _work(kind: str, check: Check, seed: int, numbers: range, folder: Path, writes: int) -> None:
    gc.freeze()
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
    signal.signal(signal.SIGPROF, _stop)
    for number in numbers:
        own = folder / f"{kind}-{number}"
        own.mkdir()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            tried = Tried(number, check(random_of(kind, seed, number), own))
        except BaseException as error:
            signal.setitimer(signal.ITIMER_PROF, 0)
            where = traceback.format_exception(error)[-1].strip()
            frame = traceback.extract_tb(error.__traceback__)[-1]
            cause = f"{where} ({Path(frame.filename).name}:{frame.lineno})"
            tried = Tried(number, "failed", cause[:2000])
        signal.setitimer(signal.ITIMER_PROF, 0)
        _emptied(own)
        os.write(writes, json.dumps(vars(tried)).encode() + b"\n")


def _stop(*_: object) -> None:
    raise HangError(f"more than {SECONDS} s of the processor")


def _emptied(folder: Path) -> None:
    for root, folders, files in os.walk(folder, topdown=False):
        for name in files:
            os.unlink(Path(root, name))
        for name in folders:
            path = Path(root, name)
            if path.is_symlink():
                os.unlink(path)
            else:
                os.rmdir(path)
    os.rmdir(folder)


def now() -> float:
    """Return the seconds on a clock that only goes forward."""
    return time.monotonic()
