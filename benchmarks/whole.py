"""Time whole studies as their users see them, beside plain loops over the same runs in other frameworks.

A study is trained by `paribus run` and shown by `paribus report`; a loop is a script that loads the same
arrays, trains the same variants with the same seeds, one after the other, on all cores, validates after each
epoch and measures the test examples. Start-up, compilation and all that is written count.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from benchmarks.cells import KNOWN_CONTENDERS, PARIBUS, Contender
from benchmarks.growth import emptied, paribus
from benchmarks.networks import NETWORKS, paribus_layers
from benchmarks.processes import Place
from benchmarks.raw import Raw
from paribus.data.source import find

LOOPS = {"keras_fit": "keras_loop", "torch_loop": "torch_study"}
"""The scripts that loop, by the module of the contender that they belong to."""

_RATES = {"adam": 0.001, "sgd": 0.01}


@dataclass(frozen=True)
class Whole:
    """A study of Adam and SGD.

    Args:
        network: Its name in `NETWORKS`.
        batch_size: Examples a step.
        seeds: How many.
        epochs: Of each run.
    """

    network: str
    batch_size: int
    seeds: int
    epochs: int

    @property
    def name(self) -> str:
        """Name the study in one word."""
        return f"{self.network}-{self.batch_size}"

    @property
    def title(self) -> str:
        """Describe the study in a few words."""
        title = NETWORKS[self.network].title
        return f"{title}, batch {self.batch_size}: 2 variants, {self.seeds} seeds, {self.epochs} epochs"

    def to_json(self) -> dict[str, Any]:
        """Return what a loop needs to know."""
        network = NETWORKS[self.network]
        return {
            "network": self.network,
            "data": network.data,
            "layers": network.layers,
            "shape": network.shape,
            "scale": 255.0 if network.data == "mnist" else 1.0,
            "batch_size": self.batch_size,
            "seeds": self.seeds,
            "epochs": self.epochs,
            "optimizers": _RATES,
        }

    def study(self, arrays: Path) -> dict[str, Any]:
        """Return the study file."""
        network = NETWORKS[self.network]
        base = {
            "model": paribus_layers(network.layers, network.shape),
            "loss": "categorical_crossentropy",
            "optimizer": {"name": "adam", "learning_rate": _RATES["adam"]},
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "validation": 0.1,
            **({"scale": "unit"} if network.data == "mnist" else {}),
        }
        sgd = {"optimizer": {"name": "sgd", "learning_rate": _RATES["sgd"]}}
        return {
            "name": "whole",
            "data": {"npz": str(arrays)},
            "base": base,
            "variants": {"adam": {}, "sgd": sgd},
            "questions": [{"treatment": "sgd", "reference": "adam"}],
        }


WHOLE = (Whole("mnist_convnet", 128, 2, 2), Whole("mnist_mlp", 32, 2, 2), Whole("table", 32, 5, 10))
COLD, WARM = "nothing compiled before", "compiled before"


def measure(
    rounds: int, place: Place, raw: Raw, contenders: Sequence[Contender], data_dir: Path | None
) -> None:
    """Time what is missing, contenders in turns."""
    arrays = {kind: _arrays(place.folder / f"{kind}.npz", kind, data_dir) for kind in ("mnist", "table")}
    for whole in WHOLE:
        path = arrays[NETWORKS[whole.network].data]
        for round_ in range(rounds):
            for each in contenders:
                for how in (COLD, WARM) if each is PARIBUS else ("",):
                    known = {"kind": "whole", "study": whole.name, "contender": each.name, "how": how}
                    if raw.has(**known, round=round_):
                        continue
                    seconds = (
                        _study(whole, path, place, how)
                        if each is PARIBUS
                        else _loop(whole, path, place, each)
                    )
                    raw.append({**known, "round": round_, "seconds": seconds})
                    print(f"{whole.name:18} {each.name} {how}: {seconds:.1f} s", flush=True)


def _study(whole: Whole, arrays: Path, place: Place, how: str) -> float:
    file, out = place.folder / "whole.yaml", emptied(place.folder / "whole")
    with file.open("w", encoding="utf-8") as text:
        YAML().dump(whole.study(arrays), text)
    compiled = place.folder / "compiled"
    if how == COLD:
        emptied(compiled)
    settings = {"JAX_COMPILATION_CACHE_DIR": str(compiled)}
    run = paribus(["run", str(file), "--seeds", str(whole.seeds), "--out", str(out)])
    return _seconds(run, settings) + _seconds(paribus(["report", str(out)]), settings)


def _loop(whole: Whole, arrays: Path, place: Place, contender: Contender) -> float:
    interpreter = place.interpreter(contender)
    assert interpreter is not None
    module = f"benchmarks.contenders.{LOOPS[contender.module]}"
    said = json.dumps({**whole.to_json(), **dict(contender.options), "arrays": str(arrays)})
    return _seconds([interpreter, "-m", module, said], place.environment(contender, one_thread=False))


def _seconds(command: Sequence[str], settings: Mapping[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(
        command, check=False, env={**os.environ, **settings}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)[:200]} ended with {done.returncode}: {done.stderr[-500:]}")
    return time.perf_counter() - start


def _arrays(path: Path, kind: str, data_dir: Path | None) -> Path:
    """Write the examples for training and testing as one archive, whole images or rows of a table."""
    if path.exists():
        return path
    if kind == "table":
        draw = np.random.default_rng(0)
        x = draw.normal(size=(25_000, 50)).astype(np.float32)
        y = (x @ draw.normal(size=(50, 10))).argmax(axis=1)
        parts = x[:20_000], y[:20_000], x[20_000:], y[20_000:]
    else:
        data = find(kind, data_dir=data_dir, embedded=data_dir is None, download=False)
        parts = data.x_train, data.y_train, data.x_test, data.y_test
    np.savez(path, **dict(zip(("x_train", "y_train", "x_test", "y_test"), parts, strict=True)))
    return path


def titles() -> dict[str, str]:
    """Return the title of each study by its name."""
    return {each.name: each.title for each in WHOLE}


def loops() -> list[Contender]:
    """Return the contenders that have a script which loops, Paribus first."""
    return [each for each in KNOWN_CONTENDERS if each is PARIBUS or each.module in LOOPS]
