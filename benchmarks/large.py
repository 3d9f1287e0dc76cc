"""Measure what large folders cost: ten thousand runs, ten thousand epochs, thousands of layers and variants.

    python -m benchmarks.large [--shape runs] [--variants 1000] [--seeds 10] [--epochs 100]

Nothing is trained. The runs are made up and written by Paribus's own writers: a curve that learns, probes,
times, predictions and weights, so that every reader has as much to read as after a training. Each command is
a process of its own; its seconds are those of its processor, so that a busy machine spoils little, and
its memory is the largest that it had. Cold: nothing is known of the folder. Warm: the same once more.
Changed: one run was trained again in between. `frames` follows a training with Chromium, by Playwright.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from ruamel.yaml import YAML

from benchmarks.machine import environment
from paribus.record import files
from paribus.record.environment import environment as trained_in
from paribus.record.folder import HISTORY, TIMING, RunFolder, Timing, Trained
from paribus.record.probes import PROBES, LayerProbe, Probe
from paribus.record.run import Result, RunSpec, Status
from paribus.record.store import Store, specs
from paribus.workflow.request import Request
from paribus.workflow.run import prepare

ROOT = Path(__file__).parents[1] / "build" / "benchmarks" / "large"
BASE: dict[str, Any] = {
    "scale": "unit",
    "validation": 0.2,
    "model": {"hidden": [8], "activation": "relu", "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
}
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "review": ("review", "{study}"),
    "plan": ("plan", "{study}", "--embedded", "--out", "{folder}"),
    "show": ("show", "{folder}"),
    "show --json": ("show", "{folder}", "--json"),
    "diagnose": ("diagnose", "{folder}"),
    "report": ("report", "{folder}", "--output", "{page}"),
}


@dataclass(frozen=True)
class Shape:
    """A large study.

    Args:
        variants: How many.
        seeds: Of each.
        epochs: Of each run.
        hidden: How many layers the network has.
        is_chain: Whether every variant starts from the one before it.
    """

    variants: int = 1000
    seeds: int = 10
    epochs: int = 100
    hidden: int = 1
    is_chain: bool = False

    @property
    def study(self) -> dict[str, Any]:
        """The study as its file has it."""
        base = {**BASE, "epochs": self.epochs, "model": {**BASE["model"], "hidden": [8] * self.hidden}}
        variants: dict[str, Any] = {"v0": {}}
        for place in range(1, self.variants):
            start = {"from": f"v{place - 1}"} if self.is_chain else {}
            variants[f"v{place}"] = {**start, "batch_size": 32 + place}
        questions = [{"treatment": f"v{place}", "reference": "v0"} for place in range(1, self.variants)]
        return {
            "name": "large",
            "seeds": self.seeds,
            "data": "mnist",
            "base": base,
            "variants": variants,
            "questions": [] if self.is_chain else questions,
        }


SHAPES = {
    "runs": Shape(),
    "epochs": Shape(variants=2, seeds=2, epochs=10_000),
    "layers": Shape(variants=2, seeds=2, epochs=2, hidden=3000),
    "chain": Shape(variants=4500, seeds=2, epochs=2, is_chain=True),
}


def make(shape: Shape, place: Path) -> None:
    """Write the study and, in its folder, every run as a training leaves it.

    Args:
        shape: What to write.
        place: A folder for both; what is there already stays.
    """
    place.mkdir(parents=True, exist_ok=True)
    with (place / "large.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(shape.study, file)
    training = prepare(place / "large.yaml", Request(embedded=True, out=place / "out"))
    training.store.write_study(training.study, training.data)
    where, os.fsync = {**trained_in(), "path": "stepwise"}, lambda _: None  # it need not survive a power cut
    for run in training.plan.runs:
        if not run.is_done:
            write(training.store.run(run.spec), run.spec, training.data["mnist"].test, where)


def write(folder: RunFolder, spec: RunSpec, examples: int, where: Mapping[str, object]) -> None:
    """Write one run: a curve that learns, as noisy as real ones.

    Args:
        folder: The run's.
        spec: What was trained.
        examples: How many it was tested on.
        where: Versions and processor.
    """
    draw = np.random.default_rng([spec.seed, spec.configuration.batch_size])
    epochs = spec.configuration.epochs
    rows = list(curve(epochs, draw))
    probes = list(measured(spec, rows))
    folder.start(spec, where)
    for name, lines in (
        (HISTORY, rows),
        (TIMING, [asdict(Timing(epoch, 0.05, 0.01)) for epoch in range(1, epochs + 1)]),
        (PROBES, [asdict(each) for each in probes]),
    ):
        _append(folder.path / name, lines)
    labels = draw.integers(10, size=examples).astype(np.uint8)
    outputs = draw.normal(size=(examples, 10)).astype(np.float32)
    right = draw.random(examples) < rows[-1]["val_accuracy"]
    outputs[np.arange(examples), labels] = np.where(right, 9.0, -9.0)
    test = {"accuracy": float(np.mean(right)), "loss": 0.3, "data_loss": 0.3}
    weights = {"output/kernel": draw.normal(size=(8, 10)).astype(np.float32)}
    result = Result(
        Status.FINISHED, epochs, epochs, test, 6370, "hidden_1 6280\noutput 90\n", update_mode="stepwise"
    )
    folder.finish(result, Trained(weights, outputs, labels))


def curve(epochs: int, draw: np.random.Generator) -> Iterator[dict[str, float]]:
    """Yield rows whose losses fall and whose accuracies rise.

    Args:
        epochs: How many.
        draw: Of the noise.
    """
    for epoch in range(1, epochs + 1):
        way = 1 - np.exp(-epoch / 12)
        loss = float(2.3 - 2.0 * way + abs(draw.normal(0, 0.01)))
        held_out = float(2.3 - 1.9 * way + abs(draw.normal(0, 0.02)))
        yield {
            "epoch": epoch,
            "loss": loss,
            "accuracy": float(np.clip(0.1 + 0.85 * way + draw.normal(0, 0.004), 0, 1)),
            "data_loss": loss,
            "penalty": 0.0,
            "val_loss": held_out,
            "val_accuracy": float(np.clip(0.1 + 0.8 * way + draw.normal(0, 0.01), 0, 1)),
            "val_data_loss": held_out,
        }


def measured(spec: RunSpec, rows: Sequence[Mapping[str, float]]) -> Iterator[Probe]:
    """Yield as many probes as a training makes: at its start, within the first epoch, after each epoch."""
    steps = 1 + 10_000 // spec.configuration.batch_size
    names = [layer.label for layer in spec.configuration.layers if layer.kind == "dense"]
    moments = [
        (0, 0),
        *((0, 2**power) for power in range(4)),
        *((epoch, epoch * steps) for epoch in range(1, len(rows) + 1)),
    ]
    for epoch, step in moments:
        row = rows[epoch - 1] if epoch else {"loss": 2.3, "accuracy": 0.1}
        gradient = 0.2 + 0.4 * row["loss"]
        layer = LayerProbe(gradient, 5.0, 0.1 * gradient, 0.02 * gradient, 0.0, 0.0, 0.6)
        layers = dict.fromkeys(names[:4], layer)
        yield Probe(epoch, step, row["loss"], 0.0, row["accuracy"], (10,) * 10, 0.0, layers)


def _append(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    """Append lines as `RunFolder.append` does, many at once."""
    import json

    files.write(
        path, "".join(f"{json.dumps(files.finite(line))}\n" for line in lines).encode(), durable=False
    )


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds of its processor, seconds in all, MiB at most, and how it ended."""

    processor: float
    wall: float
    memory: float
    status: int

    def __str__(self) -> str:
        told = f"{self.processor:7.1f} s {self.wall:7.1f} s {self.memory:6.0f} MiB"
        return told if not self.status else f"{told} exit {self.status}"


def cost(words: Sequence[str], cache: Path) -> Cost:
    """Run a command of Paribus and return what it took."""
    begun = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "paribus", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PARIBUS_CACHE": str(cache)},
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = used.ru_utime + used.ru_stime
    return Cost(seconds, time.perf_counter() - begun, used.ru_maxrss / 1024, process.returncode)


def forget(place: Path) -> None:
    """Delete what is known of a folder."""
    shutil.rmtree(place / "cache" / "index", ignore_errors=True)
    shutil.rmtree(place / "cache" / "reports", ignore_errors=True)
    for name in ("comparisons.json", "rankings.json"):
        (place / "out" / name).unlink(missing_ok=True)


def change(place: Path) -> None:
    """Change one run, as training it again does."""
    folder = next((place / "out" / "runs").iterdir())
    spec = RunFolder(folder).spec()
    assert spec is not None
    write(RunFolder(folder), spec, _examples(folder), {**trained_in(), "path": "stepwise"})


def _examples(folder: Path) -> int:
    """Return on how many examples a run was tested."""
    return len(RunFolder(folder).predictions()[1])


def measure(place: Path, names: Sequence[str]) -> None:
    """Print what each command costs: cold, warm and after a change."""
    values = {
        "study": str(place / "large.yaml"),
        "folder": str(place / "out"),
        "page": str(place / "page.html"),
    }
    settle = 4.0  # until files count as no longer being written
    print(f"{'':14} {'processor':>9} {'wall':>9} {'memory':>10}")
    for name in names:
        words = [each.format(**values) for each in COMMANDS[name]]
        forget(place)
        print(f"{name + ' cold':14} {cost(words, place / 'cache')}", flush=True)
        if name == "review":
            continue
        print(f"{name + ' warm':14} {cost(words, place / 'cache')}", flush=True)
        change(place)
        time.sleep(settle)
        print(f"{name + ' changed':14} {cost(words, place / 'cache')}", flush=True)


@contextmanager
def serving(place: Path) -> Generator[tuple[int, str]]:
    """Serve a folder's live page; yield the server's process and its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "paribus", "serve", str(place / "out"), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PARIBUS_CACHE": str(place / "cache"), "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            words = (word for line in process.stdout for word in line.split())
            yield process.pid, next(word for word in words if word.startswith("http"))
        finally:
            process.terminate()


def serve(place: Path) -> None:
    """Print how long the live page takes to open, how large it is, and what the server needs."""
    begun = time.perf_counter()
    with serving(place) as (pid, address):
        page = urlopen(address).read()
        opened = time.perf_counter() - begun
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
        print(f"serve: open after {opened:.1f} s, {len(page) / 2**20:.1f} MiB, {peak:.0f} MiB of memory")


def frames(place: Path, seconds: float = 20.0) -> None:
    """Print how long the live page's frames take while a run's epochs arrive."""
    from playwright.sync_api import sync_playwright

    store = Store(place / "out")
    study, data = store.study()
    _, spec = next(specs(study, data, study.variants, [0]))
    folder, rows = store.run(spec), list(curve(spec.configuration.epochs, np.random.default_rng(0)))
    with store.writing(), serving(place) as (_, address), sync_playwright() as started:
        folder.start(spec, {**trained_in(), "path": "stepwise"})
        folder.resume()
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(300_000)
        begun = time.perf_counter()
        page.goto(address)
        page.wait_for_selector(".overlay canvas")
        print(f"page: curves after {time.perf_counter() - begun:.1f} s")
        page.evaluate(_FRAMES)
        for row in rows[: int(seconds / 0.2)]:
            folder.append(row, Timing(int(row["epoch"]), 0.05, 0.01))
            page.wait_for_timeout(200)
        found = sorted(page.evaluate("frames"))
        updates = page.evaluate("drawn")
        browser.close()
        late = sum(each > 1.5 * 1000 / 60 for each in found) / len(found)
        print(
            f"frames: {len(found)}, {updates} drawings, median {found[len(found) // 2]:.1f} ms, "
            f"99% within {found[int(0.99 * len(found))]:.1f} ms, longest {found[-1]:.1f} ms, {late:.1%} late"
        )
    write(folder, spec, 100, {**trained_in(), "path": "stepwise"})


_OTHERS: Mapping[str, Callable[[Path], None]] = {"serve": serve, "frames": frames}
_FRAMES = """() => {
  window.frames = []; window.drawn = 0; let last = performance.now();
  const tick = (now) => { frames.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  for (const each of paribus.overlay.overlays) {
    const draw = each.draw.bind(each);
    each.draw = () => { drawn += 1; draw(); };
  }
}"""


def main() -> int:
    """Make the folder where it is not there yet, and measure."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.large",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--shape", choices=SHAPES, default="runs", help="what is large")
    parser.add_argument("--variants", type=int, help="how many, by default as the shape has")
    parser.add_argument("--seeds", type=int, help="of each variant")
    parser.add_argument("--epochs", type=int, help="of each run")
    parser.add_argument("--only", nargs="+", choices=(*COMMANDS, *_OTHERS), help="what to measure")
    parser.add_argument("--folder", type=Path, default=ROOT, help="where the folders are made, and kept")
    chosen = parser.parse_args()
    known = asdict(SHAPES[chosen.shape])
    given = {name: value for name, value in vars(chosen).items() if name in known and value is not None}
    shape = Shape(**{**known, **given})
    place = chosen.folder / f"{chosen.shape}-{shape.variants}-{shape.seeds}-{shape.epochs}"
    is_reviewed_alone = chosen.shape in ("layers", "chain")  # of which nothing is written
    place.mkdir(parents=True, exist_ok=True)
    if is_reviewed_alone:
        with (place / "large.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(shape.study, file)
    else:
        make(shape, place)
    found = environment(sys.executable, None)
    print(f"{found['processor']}, {found['cores']} cores, Python {found['python']}: {shape}")
    names = chosen.only or (["review"] if is_reviewed_alone else [*COMMANDS, "serve"])
    measure(place, [name for name in names if name in COMMANDS])
    for name in names:
        if name in _OTHERS:
            _OTHERS[name](place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
