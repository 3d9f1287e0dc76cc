"""The report's sections on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext

from rich.console import Console
from rich.text import Text

from paribus.cli import confirmations, diagnosis, published, review, tuned
from paribus.cli.curves import show_curves
from paribus.cli.onward import after_results, say_next
from paribus.cli.overview import cause_lines, show_overview
from paribus.cli.tables import say, show_table
from paribus.errors import UsageError
from paribus.record.store import Store
from paribus.report.levels import heat_table
from paribus.report.material import Material
from paribus.report.ranking import RankingSection, pairs_table
from paribus.report.tables import comparison_table, result_table
from paribus.texts import suggestion, text
from paribus.texts.message import Joined, Translated
from paribus.workflow.comparisons import can_keep_severities
from paribus.workflow.confirmations import Confirmations
from paribus.workflow.diagnosis import diagnosis as diagnosed
from paribus.workflow.results import Results
from paribus.workflow.review import Review, unknown_of

_SPARE_RESULTS = ("data", "seconds", "runs", "published", "epochs")
_SPARE_COMPARED = ("metric", "means", "seeds", "variants", "p", "interval")
"""The columns of each table that a narrow screen goes without, the first of them first."""


def show(screen: Console, results: Results, details: Sequence[str] = ()) -> None:
    """Print a study's first screen, then the sections that are asked for, through a pager on a terminal.

    Args:
        screen: Where to print.
        results: Of the study.
        details: Names of sections, of `DETAILS`.
    """
    material = results.material()
    asked = Store(results.folder).asked_for()  # runs of ablations are asked for too
    requested = len(results.records.keys() | {each for each in asked if each[0] in results.study.variants})
    with screen.pager(styles=True) if details and screen.is_terminal else nullcontext():
        show_overview(screen, material, requested)
        for name in details:
            screen.print()
            DETAILS[name](screen, material)
    if (
        material.kept_severities is None
        and material.records
        and can_keep_severities(results.records.values())
    ):
        results.save_comparisons(material.severities)  # a large study is shown as fast the next time
    say_next(screen, after_results(material, whole=set(details) >= set(DETAILS)))


def sections_named(words: str) -> tuple[str, ...]:
    """Return the sections that ``--details`` names, all of them for ``all``.

    Args:
        words: Names, separated by commas.

    Raises:
        UsageError: One is none of `DETAILS`.

    Example:
        >>> sections_named("curves,findings")
        ('curves', 'findings')
    """
    names = tuple(name.strip() for name in words.split(",") if name.strip())
    if not names or ALL in names:
        return tuple(DETAILS)
    for name in names:
        if name not in DETAILS:
            known = ", ".join((ALL, *DETAILS))
            near = suggestion(name, (ALL, *DETAILS))
            raise UsageError("cli.unknown-section", given=name, known=known, suggestion=near)
    return names


def show_results(screen: Console, material: Material) -> None:
    """Print the result table, what must be known to read it, and how training went."""
    table = result_table(material.study, material.rows)
    if not material.study.published:
        table = table.only(*(column for column in table.headings if column != "published"))
    dim = {place for place, row in enumerate(material.rows) if not row.data}
    unwrapped = {"variant", *table.numbers}
    show_table(screen, table, material.title, unwrapped=unwrapped, spare=_SPARE_RESULTS, dim=dim)
    for line in cause_lines(material):
        say(screen, line)


def _curves(screen: Console, material: Material) -> None:
    show_curves(screen, material.study, material.records)


def _findings(screen: Console, material: Material) -> None:
    diagnosis.show(screen, diagnosed(material.study, material.records), notes=True)


def _review(screen: Console, material: Material) -> None:
    study, variants = material.study, len(material.records.variants)
    unknown = unknown_of(study, study.variants)
    found = Review(study.name, tuple(material.review), variants, study.places, unknown)
    review.show(screen, found, whole=True)


def _published(screen: Console, material: Material) -> None:
    published.show(screen, material.published, whole=True)


def show_questions(screen: Console, material: Material) -> None:
    """Print a row a question, then each comparison in sentences, with its cautions."""
    for section in material.ranking_sections:
        _show_ranking(screen, section)
    study = material.study
    answered = [each for each in material.comparisons if each.is_answered]
    if answered:
        table = comparison_table(study, answered)
        show_table(
            screen, table, text("comparison.title"), unwrapped={"question", "variants"}, spare=_SPARE_COMPARED
        )
        for each in answered:
            screen.print(Text(f"\n{study.question_title(each.question)}", style="bold"))
            say(screen, str(Joined((Translated(each.question.ask), each.sentence))))
            for caution in each.cautions:
                say(screen, str(caution))
        say(screen, "")
    unanswered = [
        study.question_title(each.question) for each in material.comparisons if not each.is_answered
    ]
    if unanswered:
        say(screen, text("comparison.not-answered", questions="; ".join(unanswered)))


def _designs(screen: Console, material: Material) -> None:
    for each in material.designs:
        screen.print(Text(f"\n{each.title}", style="bold"))
        for sentence in each.sentences:
            say(screen, sentence)
        show_table(screen, each.table, each.title, unwrapped={"dose", "effect"}, spare=("levels", "failed"))
        if each.heat is not None:
            show_table(screen, heat_table(each.heat), each.heat.title, unwrapped={"corner"})


def _show_ranking(screen: Console, section: RankingSection) -> None:
    """Print a question about several variants: its answer, its variants and pairs in tables, its notes."""
    ranked = section.ranked
    screen.print(Text(section.heading, style="bold"))
    say(screen, str(Joined((section.ask, ranked.sentence))))
    if ranked.is_answered:
        show_table(screen, section.table, "")
        if ranked.ranking.kind == "all_pairs":
            show_table(screen, pairs_table(ranked), "")
    for note in ranked.notes:
        say(screen, str(note))
    say(screen, "")


def show_remarks(screen: Console, material: Material) -> None:
    """Print what there is to say of each variant and question, and what is concluded."""
    remarks = [
        (each.heading, each.without_comparison) for each in material.remarks if each.without_comparison
    ]
    if not remarks:
        return
    screen.print(Text(text("remarks.heading"), style="bold"))
    for heading, words in remarks:
        say(screen, f"- {heading}: {words}")
    say(screen, "")


def _confirmations(screen: Console, material: Material) -> None:
    confirmations.show(screen, Confirmations(tuple(material.confirmations), material.study), whole=True)
    say(screen, "")


def _tuning(screen: Console, material: Material) -> None:
    tuned.show(screen, material, whole=True)
    say(screen, "")


def _method(screen: Console, material: Material) -> None:
    if material.aa_test:
        say(screen, f"\n{material.aa_test.sentence}")
    if not material.looks.is_recorded:
        say(screen, f"\n{text('page.looks-unrecorded')}")


ALL = "all"
DETAILS: Mapping[str, Callable[[Console, Material], None]] = {
    "results": show_results,
    "curves": _curves,
    "questions": show_questions,
    "designs": _designs,
    "tuning": _tuning,
    "remarks": show_remarks,
    "findings": _findings,
    "confirmations": _confirmations,
    "published": _published,
    "review": _review,
    "method": _method,
}
"""The sections that ``--details`` may name; of the method it shows the A/A test, and looks not recorded."""
