"""Fuzz what reads files: `make fuzz`; every failure can be repeated by its seed and number."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import tests.conftest  # noqa: F401 - sets the language and the caches
from tests.fuzz.checks import CHECKS, sound_folder
from tests.fuzz.contained import now, random_of, try_all

COUNTS = {"studies": 10_000, "data": 2_000, "folders": 2_000}


def say(words: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    """Try the cases and print what came of them; return 1 where one failed."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    options.add_argument("--minutes", type=float, default=20, help="after which no more cases are begun")
    options.add_argument("--part", type=float, default=1, help="of each count, such as 0.1")
    options.add_argument("--case", help="one alone, such as studies:7:123")
    for kind, count in COUNTS.items():
        options.add_argument(f"--{kind}", type=int, default=count)
    given = options.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="paribus-fuzz-") as folder:
        os.environ["PARIBUS_CACHE"] = str(Path(folder, "cache"))
        sound_folder(Path(folder, "sound"))
        if given.case:
            kind, seed, number = given.case.split(":")
            own = Path(folder, "case")
            own.mkdir()
            say(CHECKS[kind](random_of(kind, int(seed), int(number)), own))
            return 0
        say(f"seed {given.seed}")
        return _all(given, Path(folder))


def _all(given: argparse.Namespace, folder: Path) -> int:
    start, failures = now(), 0
    for kind, check in CHECKS.items():
        outcomes: Counter[str] = Counter()
        for tried in try_all(
            kind, check, given.seed, range(round(given.part * getattr(given, kind))), folder
        ):
            outcomes[tried.outcome] += 1
            if tried.outcome == "failed":
                say(f"--case {kind}:{given.seed}:{tried.number}\n  {tried.cause}")
            if now() - start > 60 * given.minutes:
                break
        failures += outcomes["failed"]
        say(
            f"{kind}: {outcomes.total()} ({dict(sorted(outcomes.items()))}), {now() - start:.0f} s",
        )
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
