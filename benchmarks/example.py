"""Tell the lab as it came out on real images, in docs/example.md and docs/example.vi.md.

    python -m benchmarks.example DIR

DIR is the folder of a finished `paribus run lab2 --seeds 5` and of `paribus confirm lab2 --only 3a,3b`.
Every number and sentence is what Paribus says of it; what stands outside the marks is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from paribus.analysis import result_table as table
from paribus.analysis.causes.confirmation import grouped, together
from paribus.analysis.questions import comparison as answer
from paribus.analysis.questions import published as verification
from paribus.report.remarks import About
from paribus.texts import language, text, translated
from paribus.workflow.results import Results, load_results

ROOT = Path(__file__).parent.parent
PAGES = {"en": ROOT / "docs" / "example.md", "vi": ROOT / "docs" / "example.vi.md"}
_BETWEEN = re.compile(r"(<!-- measured: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str, results: Results) -> str:
    """A page with its blocks told from a study's results, in the language that is spoken.

    Args:
        page: Its Markdown.
        results: The study's.
    """

    def put(match: re.Match[str]) -> str:
        return f"{match[1]}\n{BLOCKS[match[2]](results)}\n\n{match[3]}"

    return _BETWEEN.sub(put, page)


def _results(results: Results) -> str:
    names = ("variant", "changes", "epochs", "train", "validation", "test", "published")
    places = [table.COLUMNS.index(name) for name in names]
    rows = [table.cells(row) for row in results.rows if row.runs]
    headings = table.headings()
    return _table([headings[i] for i in places], [[cells[i] for i in places] for cells in rows])


def _seeds(results: Results) -> str:
    """Every test accuracy in percent, a row a variant and a column a seed."""
    seeds = sorted({seed for _, seed in results.records})
    rows: list[list[str]] = []
    for name, its in results.items():
        tested = {seed: run.result.test["accuracy"] for seed, run in its.records.items() if run.result}
        if tested:
            rows.append([name, *(table.percent(tested.get(seed)) for seed in seeds)])
    return _table([table.headings()[0], *map(str, seeds)], rows)


def _answers(results: Results) -> str:
    answered = results.comparisons().answered
    rows = _table(answer.headings(), [each.cells for each in answered])
    sentences = [
        f"- *{translated(each.question.ask)}* {' '.join([each.sentence, *each.cautions])}"
        for each in answered
    ]
    return "\n".join([rows, "", *sentences])


def _published(results: Results) -> str:
    headings = [text(f"verify.column-{column}") for column in verification.COLUMNS]
    rows = [verification.cells(each) for each in results.verify() if each.seeds]
    return "\n".join(
        [_table(headings, rows), "", *(f"- {note}" for note in verification.notes(results.verify()))]
    )


def _remarks(*kinds: About) -> Callable[[Results], str]:
    def told(results: Results) -> str:
        return "\n".join(f"- **{each.heading}.** {each}" for each in results.remarks().about(*kinds))

    return told


def _findings(results: Results) -> str:
    told = [
        f"- **{variant}, {text(f'finding.severity-{each.severity}')}: {each.title}.** {each.why}"
        + (f" {text('diagnosis.cause', cause=each.cause)}" if each.cause else "")
        for variant, findings in results.diagnose().by_variant().items()
        for each in findings
        if each.severity.rank < 2
    ]
    return "\n".join(told)


def _confirmed(results: Results) -> str:
    lines: list[str] = []
    for (variant, _), group in grouped(results.confirmations()).items():
        about = text("confirm.about", variant=variant, title=group[0].ablation.title)
        told = [f"{text(f'confirm.verdict-{each.verdict}')}: {each.tried} {each.sentence}" for each in group]
        lines += [f"- **{about}**", *(f"  - {each}" for each in [*told, together(group)] if each)]
    return "\n".join(lines)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


BLOCKS: dict[str, Callable[[Results], str]] = {
    "results": _results,
    "seeds": _seeds,
    "answers": _answers,
    "published": _published,
    "findings": _findings,
    "confirmed": _confirmed,
    "variants": _remarks(About.VARIANT),
    "conclusions": _remarks(About.EXERCISE, About.STUDY),
}


def main() -> int:
    """Bring both pages in step with a folder."""
    results = load_results(Path(sys.argv[1]))
    for name, page in PAGES.items():
        with language(name):
            page.write_text(filled(page.read_text(encoding="utf-8"), results), encoding="utf-8")
        print(f"Written: {page.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
