"""Measure how Paribus's cost grows with images, width, depth, batch, seeds and workers, and its start-up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.cells import MNIST, PARIBUS, Cell
from benchmarks.processes import Place, Process, together
from benchmarks.raw import Raw

_IMAGES = 5_000
_POINTS: dict[str, list[tuple[int, Cell, int]]] = {
    "images": [(images, MNIST, images) for images in (5_000, 10_000, 20_000, 40_000)],
    "width": [
        (width, replace(MNIST, hidden=(width,)), _IMAGES) for width in (128, 256, 512, 784, 1024, 2048, 3072)
    ],
    "depth": [(depth, replace(MNIST, hidden=(784,) * depth), _IMAGES) for depth in (1, 2, 3, 4)],
    "batch": [
        (size, replace(MNIST, batch_size=size), _IMAGES) for size in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    ],
}
_STUDIES = {"seeds": [(1, 2), (2, 2), (4, 2)], "workers": [(4, 1), (4, 2)]}
_STUDY = """\
name: growth
data: mnist
base:
  validation: 0.1
  model: {{hidden: [{width}], activation: relu, output: sigmoid}}
  loss: binary_crossentropy
  optimizer: {{name: sgd, learning_rate: 0.01}}
  kernel_regularizer: {{l2: 0.01}}
  batch_size: 128
  epochs: {epochs}
variants:
  l2: {{}}
"""


def epochs(rounds: int, place: Place, raw: Raw, *, quick: bool = False) -> None:
    """Measure the seconds of an epoch on one thread, with one change at a time from MNIST at batch 128."""
    process = Process(PARIBUS, place, one_thread=True)
    try:
        for what, points in _POINTS.items():
            for value, cell, images in points[:2] if quick else points:
                if raw.has(kind="growth", what=what, value=value):
                    continue
                together([process], process.prepare(cell))
                together([process], {"do": "load", "images": images})
                seconds = [together([process], {"do": "epoch"})[0]["seconds"] for _ in range(rounds)]
                raw.append(
                    {"kind": "growth", "what": what, "value": value, "images": images, "seconds": seconds}
                )
                print(f"growth by {what}: {value:6}  {sorted(seconds)[len(seconds) // 2]:.3f} s", flush=True)
    finally:
        process.close()


def studies(place: Place, raw: Raw, *, quick: bool = False) -> None:
    """Measure the wall seconds of `paribus run` on the embedded images, by seeds and by workers."""
    file = place.folder / "growth.yaml"
    file.write_text(_STUDY.format(width=784, epochs=2 if quick else 30), encoding="utf-8")
    for what, points in _STUDIES.items():
        for seeds, workers in points:
            value = seeds if what == "seeds" else workers
            if raw.has(kind="study", what=what, value=value):
                continue
            words = ["run", str(file), "--embedded", "--seeds", str(seeds), "--workers", str(workers)]
            seconds = _timed([*words, "--out", str(emptied(place.folder / "growth"))])
            raw.append({"kind": "study", "what": what, "value": value, "seconds": [seconds]})
            print(f"study by {what}: {value}  {seconds:.1f} s", flush=True)


def starts(rounds: int, place: Place, raw: Raw) -> None:
    """Measure the seconds until commands respond, once their files are in the system's cache."""
    file, out = place.folder / "start.yaml", place.folder / "start"
    file.write_text(_STUDY.format(width=16, epochs=2), encoding="utf-8")
    run = ["run", str(file), "--embedded", "--workers", "1", "--out", str(out)]
    emptied(out)
    _timed(run)
    for round_ in range(rounds):
        if raw.has(kind="start", round=round_):
            continue
        shown = _timed(["show", str(out)])
        usage = _timed(["--help"])
        keras = _seconds([sys.executable, "-c", "import keras"], {"KERAS_BACKEND": "jax"})
        emptied(out)
        first = _first_epoch(run, out)
        raw.append(
            {
                "kind": "start",
                "round": round_,
                "help": usage,
                "show": shown,
                "first_epoch": first,
                "keras": keras,
            }
        )
        print(
            f"start: help {usage:.2f} s, show {shown:.2f} s, first epoch {first:.2f} s, keras {keras:.2f} s"
        )


def paribus(words: list[str]) -> list[str]:
    """Return the command line of `paribus` with these words."""
    script = Path(sys.executable).parent / "paribus"
    return [str(script), *words]


def _timed(words: list[str]) -> float:
    return _seconds(paribus(words), {})


def _seconds(command: list[str], settings: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env={**os.environ, **settings}, capture_output=True, check=True)
    return time.perf_counter() - start


def _first_epoch(run: list[str], out: Path) -> float:
    """Measure the seconds until a run's first epoch is on the disk."""
    start = time.perf_counter()
    with subprocess.Popen(paribus(run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not any(path.stat().st_size for path in out.glob("runs/*/history.jsonl")):
            if process.poll() is not None:
                raise RuntimeError("`paribus run` ended before its first epoch")
            time.sleep(0.01)
        seconds = time.perf_counter() - start
        process.wait()
    return seconds


def emptied(folder: Path) -> Path:
    """Remove a folder and return its path."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder
