"""Review, run and diagnose faulty programs whose true causes are known, and write how often these are named.

    python -m benchmarks.faults --split open --data-dir IMAGES DIR

What was trained lies in DIR and is only diagnosed again. The figures go to benchmarks/faults/measured.json
under the split's name, and from there to docs/benchmark.md. Programs whose images are not at hand are
left out. ``--repairs`` trains the repaired programs too, so that it is seen whether the fault does harm.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faults.judging import is_among, named
from benchmarks.faults.programs import FOLDER, SPLITS, Program, programs
from benchmarks.faults.tables import filled
from benchmarks.spoilt import spoilt
from paribus.analysis.design.review import review
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.gathering import gather_evidence
from paribus.data.source import find
from paribus.errors import DataError
from paribus.study.derive import derive_variant
from paribus.study.reader import load
from paribus.workflow.results import Results
from paribus.workflow.run import run

MEASURED = FOLDER / "measured.json"
PAGE = FOLDER.parent.parent / "docs" / "benchmark.md"
IMAGES = {"mnist": (6_000, 2_000), "fashion_mnist": (6_000, 2_000), "cifar10": (5_000, 1_000)}
"""How many training and test images of each set are used: its first ones."""
SEED = 20_261_128


def measure(chosen: Sequence[Program], data_dir: Path, out: Path, *, repairs: bool) -> list[dict[str, Any]]:
    """Train what is missing, and tell which settings the findings on each program name.

    Args:
        chosen: The programs.
        data_dir: Where the data sets lie.
        out: Where images and runs are kept.
        repairs: Whether to train the repaired programs too.
    """
    rows: list[dict[str, Any]] = []
    for program in chosen:
        study = load(program.study_file)
        try:
            images = _images(study.variants["program"].configuration.data, program.images, data_dir, out)
        except DataError as error:
            print(f"{program.case} is left out. {error}")
            continue
        results = run(study, data_dir=images, out=out / "runs" / program.case, workers=1)
        row = judged(program, results)
        if repairs and program.repair:
            variant = derive_variant(study, "program", "repaired", program.repair)
            repaired = study.model_copy(update={"variants": {**study.variants, "repaired": variant}})
            folder = out / "repaired" / program.case
            row["repaired_accuracy"] = _accuracy(
                run(repaired, only=["repaired"], data_dir=images, out=folder, workers=1), "repaired"
            )
        rows.append(row)
    return rows


def _images(data: str, how: str, data_dir: Path, out: Path) -> Path:
    folder = out / "images" / how
    path = folder / f"{data}.npz"
    if not path.exists():
        dataset, (train, test) = find(data, data_dir=data_dir, download=False), IMAGES[data]
        x_train, y_train = spoilt(dataset.x_train[:train], dataset.y_train[:train].reshape(-1), how, SEED)
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(
            path,
            x_train=x_train,
            y_train=y_train,
            x_test=dataset.x_test[:test],
            y_test=dataset.y_test[:test].reshape(-1),
        )
    return folder


def judged(program: Program, results: Results) -> dict[str, Any]:
    """Return what is found of a program, and how it goes with its true faults.

    Args:
        program: With its truth.
        results: Of its study.
    """
    study = results.study
    diagnosed = diagnose(study, gather_evidence(results.records))
    found = named(study, review(study, data=results.data), diagnosed, "program")
    settings = sorted(set().union(*found.values()))
    return {
        "case": program.case,
        "kind": program.kind,
        "split": program.split,
        "test_accuracy": _accuracy(results, "program"),
        "found": {code: sorted(each) for code, each in found.items()},
        "faults": len(program.faults),
        "hit": sum(any(is_among(each, fault) for each in settings) for fault in program.faults),
        "right": [each for each in settings if is_among(each, program.right)],
        "wrong": [each for each in settings if not is_among(each, program.right)],
    }


def _accuracy(results: Results, variant: str) -> list[float]:
    return [round(each, 4) for each in results[variant].test_accuracy]


def read(path: Path = MEASURED) -> dict[str, list[dict[str, Any]]]:
    """Return what was measured, by split; nothing where nothing was."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def main() -> int:
    """Measure, then update the page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("out", type=Path, metavar="DIR", help="keeps images and runs")
    parser.add_argument("--data-dir", type=Path, required=True, help="holds the image sets")
    parser.add_argument("--split", choices=SPLITS, help="one half only")
    parser.add_argument("--repairs", action="store_true", help="train the repaired programs too")
    chosen = parser.parse_args()
    measured = read()
    for split in [chosen.split] if chosen.split else SPLITS:
        of_split = [program for program in programs() if program.split == split]
        measured[split] = measure(of_split, chosen.data_dir, chosen.out, repairs=chosen.repairs)
        _write(measured)
    _tell(row for split, rows in measured.items() for row in rows if chosen.split in (None, split))
    return 0


def _write(measured: Mapping[str, Any]) -> None:
    MEASURED.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")


def _tell(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        print(row["case"], f"{row['hit']} of {row['faults']}", row["found"], row["wrong"], sep=" | ")


if __name__ == "__main__":
    sys.exit(main())
