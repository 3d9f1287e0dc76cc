"""Diagnose trainings whose true faults are known, and write the hits and misses to docs/diagnosis.md.

    python -m benchmarks.holdout --data-dir DIR --as mended

The cases are in benchmarks/holdout_cases.py and holdout_wider.py. A hit is a fault of which every run has
what must be found, or, where its cause is given, a finding of its runs or its review that names it; a miss is
one where that lacks. A false alarm is a warning or a serious finding that does not go with the truth, unless
it merely follows from another finding; of the review, one that names a setting which is not the cause.
What was trained once is in build/holdout, and is only diagnosed again. The figures go to
benchmarks/holdout.json under the name that ``--as`` gives, and from there to the page's tables.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faults.judging import is_among, named
from benchmarks.holdout_cases import BASE, CASES, FRESH, Case
from benchmarks.holdout_tables import FIRST_SET, FRESH_SET, WIDER_SET, described, filled, verdict
from benchmarks.holdout_wider import WIDER
from benchmarks.spoilt import spoilt
from paribus.analysis.design.review import review
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.gathering import gather_evidence
from paribus.data.dataset import Dataset
from paribus.data.source import find
from paribus.errors import DataError
from paribus.texts.message import Message
from paribus.workflow.run import run

ROOT = Path(__file__).parent.parent
MEASURED = ROOT / "benchmarks" / "holdout.json"
PAGE = ROOT / "docs" / "diagnosis.md"
FOLDER = ROOT / "build" / "holdout"
TRAIN, TEST, SEEDS, SEED = 8_000, 4_000, 2, 20_261_127
PASSES = {
    **dict.fromkeys(FIRST_SET, ("cases", CASES)),
    **dict.fromkeys(FRESH_SET, ("fresh", FRESH)),
    **dict.fromkeys(WIDER_SET, ("wider", WIDER)),
}
"""The folder and the cases of each pass."""
SKIPPED = {"cases": 0, "fresh": 1, "wider": 2}
"""How many subsets of the images each folder passes over."""


def subset(dataset: Dataset, labels: str, skip: int = 0) -> dict[str, np.ndarray]:
    """Make a data set of the first images of another, with the training images that a case needs.

    Args:
        dataset: The whole of it.
        labels: How they are spoilt, as `benchmarks.spoilt` names it, or ``clean``.
        skip: How many such subsets to pass over.
    """
    train, test = slice(skip * TRAIN, (skip + 1) * TRAIN), slice(skip * TEST, (skip + 1) * TEST)
    images, given = spoilt(dataset.x_train[train], dataset.y_train[train].reshape(-1), labels, SEED)
    return {
        "x_train": images,
        "y_train": given,
        "x_test": dataset.x_test[test],
        "y_test": dataset.y_test[test].reshape(-1),
    }


def measure(cases: Mapping[str, Sequence[Case]], data_dir: Path, called: str) -> list[dict[str, Any]]:
    """Train what is missing, diagnose every case, and compare the findings with the truth.

    Args:
        cases: By data set; one that is not at hand is passed over.
        data_dir: Where the data sets lie.
        called: Names the folder of the runs; each is on other images.
    """
    rows: list[dict[str, Any]] = []
    for name, of_set in cases.items():
        try:
            dataset = find(name, data_dir=data_dir, download=False)
        except DataError as error:
            print(f"{name} is left out. {error}")
            continue
        for labels in dict.fromkeys(case.labels for case in of_set):
            folder = FOLDER / called / "images" / labels
            folder.mkdir(parents=True, exist_ok=True)
            np.savez(folder / f"{name}.npz", **subset(dataset, labels, skip=SKIPPED[called]))
            chosen = [case for case in of_set if case.labels == labels]
            rows += _measured(name, chosen, folder, FOLDER / called / f"{name}-{labels}")
    return rows


def _measured(data: str, cases: Sequence[Case], images: Path, out: Path) -> Iterable[dict[str, Any]]:
    study = {
        "name": out.name,
        "data": data,
        "seeds": SEEDS,
        "base": BASE,
        "variants": {case.name: dict(case.changes) for case in cases},
    }
    results = run(study, data_dir=images, out=out, workers=1)
    diagnosed = diagnose(results.study, gather_evidence(results.records))
    reviewed = review(results.study, data=results.data)
    accuracy = {case.name: results[case.name].test_accuracy for case in cases}
    for case in cases:
        found = [each for each in diagnosed.findings if each.variants == (case.name,)]
        of_design = [each for each in reviewed if case.cause and case.name in each.variants]
        settings = named(results.study, of_design, diagnosed, case.name)
        yield {
            "data": data,
            "case": case.name,
            "kind": case.kind,
            "truth": case.truth,
            "test_accuracy": [round(each, 4) for each in accuracy[case.name]],
            "found": {code: str(each.severity) for each in found for code in codes(each)},
            **judged(case, found, SEEDS, settings),
        }


def codes(finding: Finding) -> tuple[str, ...]:
    """Return a finding's code; a large gap has a second one."""
    large = finding.code == "gap" and finding.placeholders["grade"] == Message("diagnosis.gap-large")
    return ("gap", "gap-large") if large else (finding.code,)


def judged(
    case: Case, findings: Iterable[Finding], seeds: int, settings: Mapping[str, Collection[str]] | None = None
) -> dict[str, Any]:
    """Return which true findings were missed and which were false alarms.

    Args:
        case: With its truth.
        findings: About its variant.
        seeds: Number of its runs.
        settings: Those that each finding names, by code.
    """
    found = {code: set(each.seeds) for each in findings for code in codes(each)}
    alarms = [
        each.code for each in findings if each.severity is not Severity.INFO and each.follows_from is None
    ]
    alarms += [code for code, each in (settings or {}).items() if each and code not in found]
    pointing = {
        code
        for code, each in (settings or {}).items()
        if any(is_among(setting, case.cause) for setting in each)
    }
    right = {code for any_of in case.must for code in any_of} | set(case.may) | pointing
    in_design = bool(pointing - set(found))
    missed = [
        list(any_of)
        for any_of in case.must or ([()] if case.cause else [])
        if not in_design
        and len(set().union(*(found.get(code, set()) for code in {*any_of, *pointing}))) < seeds
    ]
    return {
        "fault": bool(case.must or case.cause),
        "missed": missed,
        "alarms": [each for each in alarms if each not in right],
        **({"named": bool(pointing)} if case.cause else {}),
    }


def main() -> int:
    """Measure, then update the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.holdout", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="holds the image sets")
    parser.add_argument(
        "--as", dest="called", choices=tuple(PASSES), default="mended", help="which pass this is"
    )
    chosen = parser.parse_args()
    place, cases = PASSES[chosen.called]
    measured = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    measured[chosen.called] = measure(cases, chosen.data_dir, place)
    MEASURED.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")
    for row in measured[chosen.called]:
        print(*described(row), verdict(row), sep=" | ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
