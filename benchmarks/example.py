"""Write the results of the lab on real images to docs/example.md and docs/example.vi.md.

    python -m benchmarks.example DIR

DIR is the folder of a finished `paribus run lab2 --seeds 5` and of `paribus confirm lab2 --only 3a,3b`.
Every number and sentence is what Paribus says of it; what stands outside the marks is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from paribus.analysis.causes.confirmation import grouped, together
from paribus.report import tables
from paribus.report.published import difference_table, figure_table, published_notes
from paribus.report.remark import About
from paribus.texts import language, text
from paribus.texts.message import Joined, Translated
from paribus.texts.quantities import percent
from paribus.workflow.results import Results, load_results

ROOT = Path(__file__).parent.parent
PAGES = {"en": ROOT / "docs" / "example.md", "vi": ROOT / "docs" / "example.vi.md"}
_BETWEEN = re.compile(r"(<!-- measured: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str, results: Results) -> str:
    """Return a page with its blocks written from a study's results, in the current language.

    Args:
        page: Its Markdown.
        results: The study's.
    """

    def put(match: re.Match[str]) -> str:
        return f"{match[1]}\n{BLOCKS[match[2]](results)}\n\n{match[3]}"

    return _BETWEEN.sub(put, page)


def _results(results: Results) -> str:
    table = tables.result_table(results.study, [row for row in results.rows if row.runs])
    columns = ("variant", "changes", "epochs", "train", "validation", "test", "published")
    return _with_legend(table.only(*columns), table.notes)


def _seeds(results: Results) -> str:
    """Tabulate every test accuracy in percent, a row for each variant and a column for each seed."""
    seeds = sorted({seed for _, seed in results.records})
    rows: list[list[str]] = []
    for name, its in results.items():
        tested = {seed: run.result.test["accuracy"] for seed, run in its.records.items() if run.result}
        if tested:
            rows.append([results.study.named(name), *(percent(tested.get(seed)) for seed in seeds)])
    return _lines([text("report.column-variant"), *map(str, seeds)], rows)


def _comparisons(results: Results) -> str:
    answered = results.comparisons().answered
    sentences = [
        f"- **{results.study.question_title(each.question)}.** *{Translated(each.question.ask)}* "
        f"{Joined((each.sentence, *each.cautions))}"
        for each in answered
    ]
    table = tables.comparison_table(results.study, answered)
    return "\n".join([_with_legend(table, [*table.notes, text("comparison.about")]), "", *sentences])


def _published(results: Results) -> str:
    found = results.verify()
    differences = _table(difference_table(found))
    return "\n".join([_table(figure_table(found)), "", differences, "", _legend(published_notes(found))])


def _remarks(*kinds: About) -> Callable[[Results], str]:
    def listed(results: Results) -> str:
        return "\n".join(f"- **{each.heading}.** {each}" for each in results.remarks().about(*kinds))

    return listed


def _findings(results: Results) -> str:
    lines = [
        f"- **{variant}, {text(f'finding.severity-{each.severity}')}: {each.title}.** {each.why}"
        + (f" {text('diagnosis.cause', cause=each.cause)}" if each.cause else "")
        for variant, findings in results.diagnose().by_variant().items()
        for each in findings
        if each.severity.rank < 2
    ]
    return "\n".join(lines)


def _confirmed(results: Results) -> str:
    lines: list[str] = []
    for (variant, _), group in grouped(results.confirmations()).items():
        about = text("confirm.about", variant=variant, title=group[0].ablation.title)
        tested = [
            f"{text(f'confirm.verdict-{each.verdict}')}: {each.tried} {each.sentence}" for each in group
        ]
        lines += [f"- **{about}**", *(f"  - {each}" for each in [*tested, together(group)] if each)]
    return "\n".join(lines)


def _with_legend(table: tables.Table, notes: Iterable[str]) -> str:
    """Return a table with what must be known to read it below."""
    return "\n\n".join(each for each in (_table(table), _legend(notes)) if each)


def _legend(notes: Iterable[str]) -> str:
    return "\n".join(f"- {note}" for note in notes)


def _table(table: tables.Table) -> str:
    return _lines([*table.headings.values()], table.cells)


def _lines(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


BLOCKS: dict[str, Callable[[Results], str]] = {
    "conclusions": _remarks(About.EXERCISE, About.STUDY),
    "results": _results,
    "seeds": _seeds,
    "comparisons": _comparisons,
    "published": _published,
    "findings": _findings,
    "confirmed": _confirmed,
    "variants": _remarks(About.VARIANT),
}


def main() -> int:
    """Update both pages from a folder."""
    results = load_results(Path(sys.argv[1]))
    for name, page in PAGES.items():
        with language(name):
            page.write_text(filled(page.read_text(encoding="utf-8"), results), encoding="utf-8")
        print(f"Written: {page.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
