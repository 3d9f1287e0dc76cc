"""Diagnose trainings whose true faults are known, and write the hits and misses to docs/diagnosis.md.

    python -m benchmarks.holdout --data-dir DIR --as mended

The cases are in benchmarks/holdout_cases.py. A hit is a fault of which every run has what must be found, a
miss is one where it lacks. A false alarm is a warning or a serious finding that does not go with the truth.
What was trained once is in build/holdout, and is only diagnosed again. The figures go to
benchmarks/holdout.json under the name that ``--as`` gives, and from there to the page's tables.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.holdout_cases import BASE, CASES, FRESH, Case
from benchmarks.spoilt import spoilt
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.evidence import gather_evidence
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
FIRST_SET, FRESH_SET = ("first", "mended"), ("fresh", "fresh, mended")
"""The passes over each set of cases: with the rules before and after they were corrected on it."""

_BETWEEN = re.compile(r"(<!-- measured: (holdout[\w-]*) -->\n).*?(<!-- end -->)", re.DOTALL)


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
        called: Names the folder of the runs; ``fresh`` ones are on other images.
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
            np.savez(folder / f"{name}.npz", **subset(dataset, labels, skip=int(called == "fresh")))
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
    findings = diagnose(results.study, gather_evidence(results.records)).findings
    accuracy = {case.name: results[case.name].test_accuracy for case in cases}
    for case in cases:
        found = [each for each in findings if each.variants == (case.name,)]
        yield {
            "data": data,
            "case": case.name,
            "kind": case.kind,
            "truth": case.truth,
            "test_accuracy": [round(each, 4) for each in accuracy[case.name]],
            "found": {code: str(each.severity) for each in found for code in codes(each)},
            **judged(case, found, SEEDS),
        }


def codes(finding: Finding) -> tuple[str, ...]:
    """Return a finding's code; a large gap has a second one."""
    large = finding.code == "gap" and finding.placeholders["grade"] == Message("diagnosis.gap-large")
    return ("gap", "gap-large") if large else (finding.code,)


def judged(case: Case, findings: Iterable[Finding], seeds: int) -> dict[str, Any]:
    """Return which true findings were missed and which were false alarms.

    Args:
        case: With its truth.
        findings: About its variant.
        seeds: Number of its runs.
    """
    found = {code: set(each.seeds) for each in findings for code in codes(each)}
    alarms = [each.code for each in findings if each.severity is not Severity.INFO]
    right = {code for any_of in case.must for code in any_of} | set(case.may)
    missed = [
        list(any_of)
        for any_of in case.must
        if len(set().union(*(found.get(code, set()) for code in any_of))) < seeds
    ]
    return {
        "fault": bool(case.must),
        "missed": missed,
        "alarms": [each for each in alarms if each not in right],
    }


def filled(page: str, measured: Mapping[str, Any]) -> str:
    """Return the page with new tables; hand-written text is unchanged."""
    return _BETWEEN.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](measured)}\n{found[3]}", page)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _counts(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    faults = [row for row in rows if row["fault"]]
    missed = sum(bool(row["missed"]) for row in faults)
    alarmed = sum(bool(row["alarms"]) for row in rows)
    hits = [f"{len(faults) - missed} of {len(faults)}", str(missed)] if faults else ["", ""]
    return [*hits, f"{alarmed} of {len(rows)}"]


def _summary(measured: Mapping[str, Any], passes: Sequence[str]) -> str:
    """Tabulate hits, misses and cases with a false alarm, by kind and pass."""
    headings = ["what was built in"]
    for each in passes:
        headings += [f"{each}: hits", "misses", "false alarms"]
    kinds = [*dict.fromkeys(row["kind"] for row in measured[passes[0]]), "all"]
    rows = [
        [kind]
        + [
            cell
            for each in passes
            for cell in _counts([row for row in measured[each] if kind in (row["kind"], "all")])
        ]
        for kind in kinds
    ]
    return _table(headings, rows)


def _cases(measured: Mapping[str, Any], passes: Sequence[str]) -> str:
    """Tabulate every case of a set with its outcome in each pass."""
    verdicts = [{(row["data"], row["case"]): _verdict(row) for row in measured[each]} for each in passes]
    rows = [
        [*_named(row), *(each[row["data"], row["case"]] for each in verdicts)] for row in measured[passes[0]]
    ]
    return _table(("case", "truth", "test accuracy", *passes), rows)


def _named(row: Mapping[str, Any]) -> list[str]:
    accuracy = ", ".join(f"{100 * each:.1f}" for each in row["test_accuracy"])
    return [f"{row['data']} `{row['case']}`", row["truth"], accuracy]


def _verdict(row: Mapping[str, Any]) -> str:
    errors = [f"missed: {_any(any_of)}" for any_of in row["missed"]]
    errors += [f"false alarm: `{code}`" for code in row["alarms"]]
    return "; ".join(errors) or ("hit" if row["fault"] else "no alarm")


def _any(codes: Sequence[str]) -> str:
    named = [f"`{code}`" for code in codes]
    return " or ".join(named) if len(named) < 4 else f"{', '.join(named[:2])} or any of {len(named) - 2} more"


TABLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "holdout": partial(_summary, passes=FIRST_SET),
    "holdout-fresh": partial(_summary, passes=FRESH_SET),
    "holdout-cases": partial(_cases, passes=FIRST_SET),
    "holdout-fresh-cases": partial(_cases, passes=FRESH_SET),
}


def main() -> int:
    """Measure, then update the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.holdout", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="holds the image sets")
    parser.add_argument(
        "--as", dest="called", choices=(*FIRST_SET, *FRESH_SET), default="mended", help="which pass this is"
    )
    chosen = parser.parse_args()
    cases, place = (FRESH, "fresh") if chosen.called in FRESH_SET else (CASES, "cases")
    measured = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    measured[chosen.called] = measure(cases, chosen.data_dir, place)
    MEASURED.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")
    for row in measured[chosen.called]:
        print(*_named(row), _verdict(row), sep=" | ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
