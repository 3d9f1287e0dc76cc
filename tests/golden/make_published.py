"""Write ``published.json``, and the tables of ``docs/published-results.md``: published results, asked again.

Run in the project's own environment: ``python tests/golden/make_published.py --out DIR [NAME ...]``. Runs
that lie in DIR are not trained again. ``tests/workflow/test_published_results.py`` compares the page with
the file.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import paribus as pb
from paribus.study.metrics import metric_of
from paribus.study.reader import load
from paribus.texts import number
from paribus.texts.quantities import Difference, DifferenceInterval, PValue, figure

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOLDEN = HERE / "published.json"
PAGE = ROOT / "docs" / "published-results.md"
STUDIES = ROOT / "examples" / "published"
NAMES = ("optimizers", "batch_size")


def study_file(name: str) -> Path:
    """Return the file of an example."""
    return STUDIES / f"{name}.yaml"


def measured(name: str, out: Path, workers: int) -> dict[str, object]:
    """Train an example and return both answers to each question, and each variant at both settings."""
    results = pb.run(study_file(name), embedded=True, workers=workers, out=out / name)
    tuned, study = results.tuned(), results.study
    found = {each.name: each for each in tuned.variants}
    variants = {}
    for variant in study.variants:
        search = found.get(variant)
        enough = None if search is None else search.good_enough("learning_rate")
        at_best = tuned.records if search is not None else results.records
        variants[variant] = {
            "written": study.variants[variant].configuration.optimizer.arguments["learning_rate"],
            "tuned": None if search is None else search.best.settings["learning_rate"],
            "good": None if enough is None else [enough.low, enough.high],
            "diverged": None if search is None else search.diverged,
            "shared": [results.records[variant, seed].test_score for seed in range(study.seeds)],
            "best": [at_best[variant, seed].test_score for seed in range(study.seeds)],
        }
    questions = [
        {
            "treatment": shared.treatment,
            "reference": shared.reference,
            "metric": shared.metric,
            "shared": _answer(shared),
            "best": _answer(best),
        }
        for shared, best in tuned.pairs
    ]
    trends = [[_trend(each) for each in both] for both in tuned.designs]
    return {"variants": variants, "questions": questions, "trends": trends}


def _answer(each: pb.Comparison) -> dict[str, object]:
    names = ("difference", "interval", "p_adjusted", "p_equivalence_adjusted", "family")
    return {**{name: getattr(each, name) for name in names}, "verdict": each.verdict.value}


def _trend(answer: object) -> dict[str, object]:
    from paribus.analysis.questions.design_words import sentences

    return {"verdict": answer.verdict.value, "sentences": list(map(str, sentences(answer)))}


def table(name: str, golden: dict) -> str:
    """Return both answers to each question as a table of Markdown."""
    study = load(study_file(name))
    head = ["question", "at one rate", "difference (95% CI)", "each at its best", "difference (95% CI)"]
    rows = [f"| {' | '.join([*head, 'adjusted p'])} |", f"| {' | '.join(['---'] * 6)} |"]
    for question, asked in zip(golden["questions"], study.questions, strict=True):
        unit = metric_of(question["metric"]).unit
        cells = [study.question_title(asked)]
        for each in (question["shared"], question["best"]):
            interval = DifferenceInterval(tuple(each["interval"]), unit)
            cells += [_verdict(each), f"{Difference(each['difference'], unit, short=True)} ({interval})"]
        best = question["best"]
        is_same = best["verdict"] == "equivalent"
        cells.append(str(PValue(best["p_equivalence_adjusted" if is_same else "p_adjusted"])))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def variant_table(name: str, golden: dict) -> str:
    """Return what was found for each variant as a table of Markdown."""
    study = load(study_file(name))
    head = [
        "variant",
        "rate",
        "tuned rate",
        "within the margin",
        "tries that diverged",
        "test, %",
        "at its best",
    ]
    rows = [f"| {' | '.join(head)} |", f"| {' | '.join(['---'] * len(head))} |"]
    for variant, each in golden["variants"].items():
        means = [sum(each[key]) / len(each[key]) for key in ("shared", "best")]
        good = "–" if each["good"] is None else "–".join(number(end, ".3g") for end in each["good"])
        tuned = "–" if each["tuned"] is None else number(each["tuned"], ".3g")
        diverged = "–" if each["diverged"] is None else str(each["diverged"])
        cells = [study.named(variant), number(each["written"], ".3g"), tuned, good, diverged]
        rows.append(f"| {' | '.join([*cells, *(figure(mean, 'percent') for mean in means)])} |")
    return "\n".join(rows)


def _verdict(answer: dict) -> str:
    return "no difference" if answer["verdict"] == "equivalent" else answer["verdict"]


def with_tables(page: str, golden: dict) -> str:
    """Return the page with every table, between ``<!-- NAME -->`` and a blank line, replaced."""
    made = {name: table(name, each) for name, each in golden.items()}
    made |= {f"{name}: variants": variant_table(name, each) for name, each in golden.items()}
    for name, words in made.items():
        before, mark, after = page.partition(f"<!-- {name} -->\n")
        if mark:
            _, _, rest = after.partition("\n\n")
            page = f"{before}{mark}{words}\n\n{rest}"
    return page


def main() -> None:
    """Train what is missing, and write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("names", nargs="*", default=NAMES)
    options = parser.parse_args()
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    golden |= {name: measured(name, options.out, options.workers) for name in options.names}
    golden = {name: golden[name] for name in NAMES if name in golden}
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), golden), encoding="utf-8")


if __name__ == "__main__":
    main()
