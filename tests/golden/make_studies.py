"""Write ``studies.json``, and the tables of ``docs/studies.md``: what the small built-in studies answer.

Run in the project's own environment: ``python tests/golden/make_studies.py --out DIR [NAME ...]``. Runs that
lie in DIR are not trained again. ``tests/workflow/test_built_in.py`` compares trainings and page with the
file.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import paribus as pb
from paribus.study.metrics import metric_of, title_of
from paribus.study.reader import builtin_names, load
from paribus.texts.quantities import Difference, DifferenceInterval, PValue, figure

HERE = Path(__file__).parent
GOLDEN = HERE / "studies.json"
PAGE = HERE.parents[1] / "docs" / "studies.md"
NAMES = tuple(name for name in builtin_names() if name != "lab2")
"""Every built-in study but the lab, which has pages of its own."""


def measured(name: str, out: Path) -> dict[str, object]:
    """Train a study and return its results: the score of each seed, and each question's answer."""
    results = pb.run(name, workers=1, out=out / name)
    study, records = results.study, results.records
    variants = {}
    for variant in study.variants:
        runs = [records[variant, seed] for seed in range(study.seeds)]
        variants[variant] = {
            "data": runs[0].data.sha256,
            "epochs": [len(run.history) for run in runs],
            "first_loss": [run.history[0]["loss"] for run in runs],
            "test": [run.test_score for run in runs],
        }
    questions = [
        {
            "treatment": each.treatment,
            "reference": each.reference,
            "metric": each.metric,
            "means": each.means,
            "difference": each.difference,
            "interval": each.interval,
            "p_adjusted": each.p_adjusted,
            "verdict": each.verdict.value,
        }
        for each in results.comparisons()
    ]
    return {"variants": variants, "questions": questions}


def table(name: str, golden: dict) -> str:
    """Return the answers of a study as a table of Markdown."""
    study = load(name)
    rows = ["| question | metric | treatment | reference | difference (95% CI) | adjusted p | answer |"]
    rows.append("| --- | --- | --- | --- | --- | --- | --- |")
    for question, asked in zip(golden["questions"], study.questions, strict=True):
        unit = metric_of(question["metric"]).unit
        means = [figure(value, unit) for value in question["means"]]
        difference = Difference(question["difference"], unit, short=True)
        interval = DifferenceInterval(tuple(question["interval"]), unit)
        answer = "no difference" if question["verdict"] == "equivalent" else question["verdict"]
        rows.append(
            f"| {asked.title} | {title_of(question['metric'])}{', %' if unit == 'percent' else ''} "
            f"| {means[0]} | {means[1]} | {difference} ({interval}) "
            f"| {PValue(question['p_adjusted'])} | {answer} |"
        )
    return "\n".join(rows)


def with_tables(page: str, golden: dict) -> str:
    """Return the page with every table, between ``<!-- NAME -->`` and a blank line, replaced."""
    for name, each in golden.items():
        before, mark, after = page.partition(f"<!-- {name} -->\n")
        if mark:
            _, _, rest = after.partition("\n\n")
            page = f"{before}{mark}{table(name, each)}\n\n{rest}"
    return page


def main() -> None:
    """Train what is missing, and write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("names", nargs="*", default=NAMES)
    options = parser.parse_args()
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    golden |= {name: measured(name, options.out) for name in options.names}
    golden = {name: golden[name] for name in NAMES if name in golden}
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), golden), encoding="utf-8")


if __name__ == "__main__":
    main()
