"""The report's sections on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Console
from rich.text import Text

from paribus.analysis.causes.confirmation import CauseVerdict, grouped, together
from paribus.analysis.questions.published import Verification
from paribus.cli.curves import show_curves
from paribus.cli.tables import detail_grid, say, show_indented, show_table
from paribus.record.run import Status
from paribus.report.material import Material
from paribus.report.published import difference_table, figure_table, published_notes
from paribus.report.sections import sections_of
from paribus.report.tables import comparison_table, result_table
from paribus.texts import text
from paribus.texts.message import Joined, Translated
from paribus.workflow.confirmations import Confirmations
from paribus.workflow.results import Results

_SPARE_RESULTS = ("data", "seconds", "runs", "published", "epochs")
_SPARE_COMPARED = ("metric", "seeds", "p", "interval")
_SPARE_PUBLISHED = ("train", "dev", "epochs", "data", "p", "prediction")
"""The columns of each table that a narrow screen goes without, the first of them first."""

_VERDICTS = {
    CauseVerdict.CONFIRMED: "green",
    CauseVerdict.NOT_CONFIRMED: "red",
    CauseVerdict.NOT_ENOUGH: "yellow",
}


def show(screen: Console, results: Results) -> None:
    """Print a study's report, section by section, and where everything lies."""
    material = results.material()
    for section in sections_of(material, "terminal"):
        RENDERERS[section.name](screen, material)
    say(screen, text("cli.where", folder=results.folder))


def show_results(screen: Console, material: Material) -> None:
    """Print the result table, what must be known to read it, and how training went."""
    table = result_table(material.study, material.rows)
    dim = {place for place, row in enumerate(material.rows) if not row.data}
    unwrapped = {"variant", *table.numbers}
    show_table(screen, table, material.title, unwrapped=unwrapped, spare=_SPARE_RESULTS, dim=dim)
    for (variant, seed), record in material.records.items():
        if record.result is not None and (cause := record.result.message):
            say(screen, text("cli.cause", variant=variant, seed=seed, cause=cause))
    statuses = [record.status for record in material.records.values()]
    if count := statuses.count(Status.INTERRUPTED):
        say(screen, text("cli.interrupted-runs", count=count, study=material.study.name))
    show_curves(screen, material.records)


def show_questions(screen: Console, material: Material) -> None:
    """Print a row a question, then each comparison in a sentence, with its cautions."""
    answered = [each for each in material.comparisons if each.is_answered]
    if answered:
        show_table(screen, comparison_table(answered), text("comparison.title"), spare=_SPARE_COMPARED)
        for each in answered:
            say(screen, f"\n- {Joined((Translated(each.question.ask), each.sentence))}")
            for caution in each.cautions:
                say(screen, f"  {caution}")
        say(screen, "")
    unanswered = [str(each.title) for each in material.comparisons if not each.is_answered]
    if unanswered:
        say(screen, text("comparison.not-answered", questions=", ".join(unanswered)))


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


def show_confirmations(screen: Console, found: Confirmations) -> None:
    """Print each finding with the settings that were suspected of it, and what came of each."""
    screen.print(Text(str(found.heading), style="bold"))
    for (variant, code), group in grouped(found).items():
        heading = Text("\n" + text("confirm.about", variant=variant, title=str(group[0].ablation.title)))
        heading.append(f"  {code}", style="dim")
        screen.print(heading)
        grid = detail_grid()
        for each in group:
            verdict = Text(text(f"confirm.verdict-{each.verdict}"), style=_VERDICTS[each.verdict])
            grid.add_row(verdict, Text(str(each.tried)))
            grid.add_row("", Text(str(each.sentence)))
        if words := together(group):
            grid.add_row("", Text(str(words)))
        show_indented(screen, grid)


def show_published(screen: Console, study: str, verification: Verification) -> None:
    """Print a study's results beside the published figures, and what may be said of them."""
    if not verification.rows:
        say(screen, text("verify.nothing", study=study))
        return
    tables = {"verify.title": figure_table, "verify.title-differences": difference_table}
    for title, table_of in tables.items():
        table = table_of(verification)
        if table.rows:
            first = {next(iter(table.headings))}
            show_table(screen, table, text(title, study=study), unwrapped=first, spare=_SPARE_PUBLISHED)
    for note in published_notes(verification):
        say(screen, note)


def _confirmations(screen: Console, material: Material) -> None:
    show_confirmations(screen, Confirmations(tuple(material.confirmations), material.study.name))
    say(screen, "")


def _method(screen: Console, material: Material) -> None:
    if material.aa_test:
        say(screen, f"\n{material.aa_test.sentence}")
    if not material.looks.is_recorded:
        say(screen, f"\n{text('page.looks-unrecorded')}")


RENDERERS: Mapping[str, Callable[[Console, Material], None]] = {
    "results": show_results,
    "questions": show_questions,
    "variants": show_remarks,
    "confirmations": _confirmations,
    "method": _method,
}
"""What prints each section; of the method a terminal shows the A/A test, and a look that is not recorded."""
