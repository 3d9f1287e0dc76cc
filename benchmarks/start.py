"""Measure a worker's processor time from its start to its first epoch.

`python -m benchmarks.start lab2 2 --embedded`: three workers train one configuration one after the other:
with an empty cache, with what the first has kept, and with that but another seed. Other programs lengthen the
processor's time much less than the clock's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_WORKER = """
import resource, sys, time
from paribus.execute import worker
from paribus.execute.messages import Assignment

assignment = Assignment.model_validate_json(sys.stdin.readline())
worker._load_engine()
from paribus.engine import training

def report(*_):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    keras = "with Keras" if "keras.src" in sys.modules else "without Keras"
    print(f"{time.process_time():.2f} s of the processor, {peak:.0f} MiB, {keras}")
    raise SystemExit

training.Trajectory._epoch = report
worker.Worker(lambda _: None).work(assignment)
"""


def main() -> None:
    """Measure one variant of a study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    parser.add_argument("variant")
    parser.add_argument("--embedded", action="store_true")
    parser.add_argument("--data-dir", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PARIBUS_CACHE"] = str(Path(folder, "cache"))
        lines = _assignments(chosen, Path(folder))
        for title, line in (("first time", lines[0]), ("again", lines[0]), ("another seed", lines[1])):
            done = subprocess.run(
                [sys.executable, "-c", _WORKER],
                input=line,
                env={**os.environ, **_one_thread()},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                check=True,
            )
            print(f"{title}: {done.stdout.strip()}", flush=True)


def _one_thread() -> dict[str, str]:
    from paribus.execute.local import ONE_THREAD

    return ONE_THREAD


def _assignments(chosen: argparse.Namespace, folder: Path) -> list[str]:
    """Return what a worker is told, for two seeds."""
    from paribus.execute.messages import Assignment, DataSource
    from paribus.workflow.request import Request
    from paribus.workflow.run import prepare

    request = Request(
        only=[chosen.variant],
        seeds=2,
        workers=1,
        data_dir=chosen.data_dir,
        embedded=chosen.embedded,
        out=folder / "out",
        updates="auto",
        until_decided=False,
        max_seeds=None,
        aa=False,
    )
    training = prepare(chosen.study, request)
    lines: list[str] = []
    for task in sorted(training.plan.tasks(), key=lambda task: task.seed):
        specs = tuple(run.spec for run in task.runs)
        decoded = training.decoded.get(specs[0].data.name)
        source = DataSource(data_dir=chosen.data_dir, embedded=chosen.embedded, decoded=decoded)
        lines.append(
            Assignment(specs=specs, folder=folder / "out", source=source, updates=task.update_mode).to_line()
        )
    return lines


if __name__ == "__main__":
    main()
