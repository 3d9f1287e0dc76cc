"""Tables on the terminal, drawn from the numbers that the other rooms give."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from paribus.analysis import result_table as table
from paribus.analysis.causes.confirmation import CauseVerdict, grouped, together
from paribus.analysis.questions import comparison as answer
from paribus.cli.curves import show_curves
from paribus.data.availability import Availability, State
from paribus.execute.estimate import PlanTime, RunTime
from paribus.record.run import DataUsed
from paribus.texts import number, text, translated
from paribus.workflow.comparisons import Comparisons
from paribus.workflow.confirmations import Confirmations
from paribus.workflow.diagnosis import Remarks
from paribus.workflow.doctor import Check
from paribus.workflow.results import Results
from paribus.workflow.training import Training

_NUMBERS = ("epochs", "train", "validation", "test", "published", "seconds")
_VERDICTS = {
    CauseVerdict.CONFIRMED: "green",
    CauseVerdict.NOT_CONFIRMED: "red",
    CauseVerdict.NOT_ENOUGH: "yellow",
}
_NARROW = 100
_LOG_WIDTH = 160


def console(*, stderr: bool = False) -> Console:
    """Where tables are drawn: as wide as the terminal, and wide enough for a log otherwise."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=_LOG_WIDTH)


def say(screen: Console, line: str) -> None:
    """A line of plain text, whatever characters it has."""
    screen.print(Text(line), soft_wrap=True)


def told_data(used: DataUsed) -> str:
    """Which images these are, in a line."""
    return text(
        "cli.data-used",
        label=table.label(used),
        train=number(used.train, ","),
        test=number(used.test, ","),
        digest=used.sha256[:12],
    )


def show_results(screen: Console, results: Results) -> None:
    """The result table, what must be known to read it, and where everything lies."""
    rows = results.rows
    shown = [name for name in table.COLUMNS if screen.width >= _NARROW or name not in {"runs", "data"}]
    drawn = _table(translated(results.study.title) or results.study.name)
    headings: dict[str, str] = dict(zip(table.COLUMNS, table.headings(), strict=True))
    for name in shown:
        drawn.add_column(
            headings[name],
            justify="right" if name in _NUMBERS else "left",
            overflow="fold",
            no_wrap=name in _NUMBERS or name == "variant",
        )
    for row in rows:
        cells: dict[str, str] = dict(zip(table.COLUMNS, table.cells(row), strict=True))
        drawn.add_row(*(escape(cells[name]) for name in shown), style=None if row.data else "dim")
    screen.print(drawn)
    for note in table.notes(rows):
        say(screen, note)
    for (variant, seed), record in results.records.items():
        if record.result is not None and (cause := record.result.told):
            say(screen, text("cli.cause", variant=variant, seed=seed, cause=cause))
    show_curves(screen, results.records)
    show_answers(screen, results.comparisons())
    if aa_test := results.aa_test():
        say(screen, f"\n{aa_test.sentence}")
    show_remarks(screen, results.remarks())
    if confirmed := results.confirmations():
        show_confirmations(screen, confirmed)
        say(screen, "")
    say(screen, text("cli.where", folder=results.folder))


def show_answers(screen: Console, comparisons: Comparisons) -> None:
    """The study's questions: a row each, then each answer in a sentence, with its cautions."""
    answered = comparisons.answered
    if answered:
        drawn = _table(text("comparison.title"))
        for name, heading in zip(answer.COLUMNS, answer.headings(), strict=True):
            drawn.add_column(heading, justify="right" if name in {"seeds", "difference", "p"} else "left")
        for each in answered:
            drawn.add_row(*map(escape, each.cells))
        screen.print(drawn)
        if any(each.confounded_by for each in answered):
            say(screen, text("comparison.note-confounded"))
        for each in answered:
            say(screen, " ".join(["\n-", translated(each.question.ask), each.sentence]).replace("  ", " "))
            for caution in each.cautions:
                say(screen, f"  {caution}")
        say(screen, "")
    if comparisons.unanswered:
        say(screen, comparisons.unanswered)


def show_remarks(screen: Console, remarks: Remarks) -> None:
    """What there is to say of each variant and question, and what is concluded; answers stand above."""
    told = [(each.heading, each.beside) for each in remarks if each.beside]
    if not told:
        return
    screen.print(Text(text("remarks.heading"), style="bold"))
    for heading, words in told:
        say(screen, f"- {heading}: {words}")
    say(screen, "")


def show_confirmations(screen: Console, found: Confirmations) -> None:
    """Each finding with the settings that were suspected of it, and what came of each."""
    screen.print(Text(found.heading, style="bold"))
    for (variant, code), group in grouped(found).items():
        heading = Text("\n" + text("confirm.about", variant=variant, title=group[0].ablation.title))
        heading.append(f"  {code}", style="dim")
        screen.print(heading)
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for each in group:
            verdict = Text(text(f"confirm.verdict-{each.verdict}"), style=_VERDICTS[each.verdict])
            grid.add_row(verdict, Text(each.tried))
            grid.add_row("", Text(each.sentence))
        if words := together(group):
            grid.add_row("", Text(words))
        screen.print(Padding(grid, (0, 0, 0, 2), expand=False))


def show_plan(screen: Console, prepared: Training, taken: PlanTime) -> None:
    """What would run, what each variant changes, and how long it takes."""
    plan = prepared.plan
    drawn = _table(translated(prepared.study.title) or prepared.study.name)
    for column in (
        "variant",
        "changes",
        "seeds",
        "images",
        "weights",
        "epochs",
        "updates",
        "path",
        "minutes",
        "status",
    ):
        right = column not in {"variant", "changes", "status", "images", "path"}
        drawn.add_column(
            text(f"cli.plan.{column}"),
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=column != "changes",
        )
    for name in prepared.study.variants:
        runs = [run for run in plan.runs if name in run.names]
        if not runs:
            continue
        configuration = runs[0].spec.configuration
        limit = "≤ " if configuration.early_stopping else ""
        done = sum(run.is_done for run in runs)
        drawn.add_row(
            escape(name),
            escape(table.changes(prepared.study, name)),
            str(len(runs)),
            table.label(prepared.data[configuration.data]),
            number(runs[0].parameters, ","),
            f"{limit}{configuration.epochs}",
            limit + number(runs[0].updates, ","),
            ", ".join(sorted({text(f"cli.plan.{run.path}") for run in runs})),
            _minutes([taken.runs[run.spec.digest] for run in runs if not run.is_done]),
            text("cli.plan.done", done=done, runs=len(runs)),
        )
    screen.print(drawn)
    say(screen, text("cli.plan.sum", count=len(plan.missing), tasks=len(plan.tasks())))
    if plan.missing and taken.seconds is not None:
        code = "cli.plan.takes-at-most" if taken.at_most else "cli.plan.takes"
        say(screen, text(code, count=taken.workers, minutes=number(taken.seconds / 60, ",.1f")))
    say(screen, text("cli.plan.folder", folder=prepared.store.folder))


def _minutes(runs: Sequence[RunTime]) -> str:
    """What is left of some runs, one after the other; a dash where nothing is, or nothing tells."""
    seconds = [run.seconds for run in runs if run.seconds is not None]
    if not seconds or len(seconds) < len(runs):
        return "–"
    return ("≤ " if any(run.at_most for run in runs) else "") + number(sum(seconds) / 60, ",.1f")


def show_checks(screen: Console, checks: Sequence[Check]) -> None:
    """What `paribus doctor` looked at."""
    drawn = Table(box=None, show_header=False, padding=(0, 1))
    for check in checks:
        mark = "[green]✓[/]" if check.holds else "[bold red]✗[/]"
        drawn.add_row(mark, escape(check.name), escape(check.found))
    screen.print(drawn)


def _table(title: str) -> Table:
    from rich import box

    return Table(title=escape(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)


def show_data(screen: Console, sets: Sequence[Availability], *, ways: bool) -> None:
    """Image sets, what this machine has of them, and what is wrong with them.

    Args:
        screen: Where to draw.
        sets: What was looked at.
        ways: Whether to tell of each missing set how to get it.
    """
    drawn = _table(text("cli.data.title"))
    for column in ("name", "images", "shape", "licence", "state", "stand-in"):
        drawn.add_column(text(f"cli.data.{column}"), overflow="fold", no_wrap=column != "licence")
    for each in sets:
        drawn.add_row(
            each.name,
            f"{number(each.train, ',')} + {number(each.test, ',')}",
            " × ".join(str(side) for side in each.shape),
            escape(translated(each.licence)),
            text(f"cli.data.state-{each.state.value}"),
            text("cli.data.yes") if each.has_stand_in else "",
        )
    screen.print(drawn)
    for each in sets:
        if each.origin:
            say(screen, text("cli.data.origin", name=each.name, origin=each.origin, digest=each.sha256))
    for each in sets:
        if each.problem and (ways or each.state is not State.MISSING):
            say(screen, "\n" + each.problem)
    if not ways and any(each.state is State.MISSING for each in sets):
        say(screen, text("cli.data.how"))
