"""A study as an exercise sheet: what to train, what to answer and, in the teacher's copy, the key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from paribus.report.markdown_text import escaped, fenced
from paribus.report.png import data_uri
from paribus.report.samples import Samples
from paribus.report.source import as_source, comment, literal
from paribus.study.describe import describe_variant
from paribus.study.metrics import metric_of, title_of
from paribus.study.model import Expectation
from paribus.study.notes import exercise_numbers
from paribus.study.reader import builtin_names, load
from paribus.study.study import Study
from paribus.study.to_dict import same_meaning, to_dict
from paribus.texts import LANGUAGES, VARIABLE, current_language, has_text, number, text, translated
from paribus.texts.quantities import DifferenceInterval, FigureRange


@dataclass(frozen=True)
class Task:
    """Something to answer.

    Args:
        words: What is asked.
        points: What it is worth; None where the study does not say.
        key: The expected answer; empty where the study has none.
        treatment: The first of two variants that are compared; empty where there are none.
        reference: The second.
    """

    words: str
    points: float | None = None
    key: str = ""
    treatment: str = ""
    reference: str = ""

    @property
    def title(self) -> str:
        """What is asked, with its points."""
        if self.points is None:
            return self.words
        return text("sheet.with-points", task=self.words, points=number(self.points, "g"))


@dataclass(frozen=True)
class Exercise:
    """Variants that belong together, with what is to be answered of them.

    Args:
        heading: Its heading.
        variants: Name and changes of each.
        names: Their names in the study.
        tasks: What is to be answered.
    """

    heading: str
    variants: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class ExerciseSheet:
    """Everything that a sheet shows.

    Args:
        study: Of which study.
        source: Its file's text without the key; empty for a built-in study.
        exercises: In the study's order.
        with_key: Whether it is the teacher's copy.
        samples: Examples of its images, by data set, as far as they are at hand.
    """

    study: Study
    source: str
    exercises: tuple[Exercise, ...]
    with_key: bool
    samples: tuple[Samples, ...] = ()

    @property
    def title(self) -> str:
        """Its heading."""
        title = translated(self.study.title) if self.study.title else self.study.name
        return text("sheet.title-key" if self.with_key else "sheet.title", title=title)

    @property
    def command(self) -> str:
        """The command that trains all of it."""
        return f"paribus run {self.study.name if not self.source else f'{self.study.name}.yaml'}"

    @property
    def points(self) -> float:
        """What can be reached."""
        return sum(each.points or 0.0 for exercise in self.exercises for each in exercise.tasks)


def sheet(study: Study, source: str, *, with_key: bool, samples: Sequence[Samples] = ()) -> ExerciseSheet:
    """Return the sheet of a study: an exercise for each number that variants begin with, else one for each.

    Tasks are what the study expects; of a study that expects nothing, its questions.

    Args:
        study: Any.
        source: Its file's text without the key; empty for a built-in study.
        with_key: Whether the expected answers are shown.
        samples: Examples of its images.
    """
    names = list(study.variants)
    keys = exercise_numbers(study.variants) or {name: name for name in names}
    tasks: dict[str, list[Task]] = {key: [] for key in keys.values()}
    asked = {(each.treatment, each.reference): each.ask for each in study.questions}
    for each in study.expect:
        place = keys[max(each.variants, key=names.index)]
        words = each.ask or (asked.get((each.treatment, each.reference), "") if each.treatment else "")
        key = _key(study, each) if with_key else ""
        told = translated(words) if words else task_of(study, each)
        tasks[place].append(Task(told, each.points, key, each.treatment, each.reference))
    for each in study.questions if not study.expect else ():
        place = keys[max((each.treatment, each.reference), key=names.index)]
        words = translated(each.ask) if each.ask else study.question_title(each)
        tasks[place].append(Task(words, treatment=each.treatment, reference=each.reference))
    numbered = bool(exercise_numbers(study.variants))
    exercises = tuple(
        Exercise(
            text("remarks.about-exercise", title=key) if numbered else study.named(key),
            tuple(
                (study.named(name), describe_variant(study.variants, name) or text("report.base"))
                for name in names
                if keys[name] == key
            ),
            tuple(name for name in names if keys[name] == key),
            tuple(tasks[key]),
        )
        for key in dict.fromkeys(keys.values())
    )
    return ExerciseSheet(study, source, exercises, with_key, tuple(samples))


def task_of(study: Study, expected: Expectation) -> str:
    """Return what an expectation asks for, without what is expected."""
    if expected.ask:
        return translated(expected.ask)
    if expected.variant:
        name = study.named(expected.variant)
        if expected.kind == "finding":
            return text("check.task-finding", variant=name)
        return text("check.task-value", variant=name, metric=title_of(expected.metric))
    title = study.question_title(expected.question)
    return text("check.task-published" if expected.kind == "published" else "check.task-verdict", title=title)


def _key(study: Study, expected: Expectation) -> str:
    """Return the expected answer in words."""
    pair = {"treatment": expected.treatment, "reference": expected.reference}
    match expected.kind:
        case "finding":
            code = f"diagnosis.{expected.finding}.title"
            title = text(code) if has_text(code) else expected.finding
            way = "absent" if expected.absent else "finding"
            return text(f"sheet.key-{way}", finding=title, variant=study.named(expected.variant))
        case "verdict":
            return text("sheet.key-verdict", verdict=text(f"comparison.verdict-{expected.verdict}"), **pair)
        case "published":
            return text(f"sheet.key-{expected.published}", **pair)
        case "between":
            unit, ends = metric_of(expected.metric).unit, expected.between or (0.0, 0.0)
            metric = title_of(expected.metric)
            if expected.variant:
                return text("sheet.key-between", metric=metric, range=FigureRange(*ends, unit))
            shown = DifferenceInterval(ends, unit)
            return text("sheet.key-difference", metric=metric, range=shown, **pair)


def as_markdown(made: ExerciseSheet, pictures: Sequence[str] = ()) -> str:
    """Return the sheet as Markdown.

    Args:
        made: What it shows.
        pictures: Where the picture of each of its samples lies, as a link.
    """
    return "\n\n".join(_markdown(made, pictures)) + "\n"


def _markdown(made: ExerciseSheet, pictures: Sequence[str]) -> Iterator[str]:
    yield f"# {escaped(made.title)}"
    yield escaped(text("sheet.intro", seeds=made.study.seeds))
    yield fenced(made.command, "console")
    if made.points:
        yield escaped(text("sheet.points", points=number(made.points, "g")))
    if made.samples:
        yield f"## {text('sheet.heading-images')}"
    for each, picture in zip(made.samples, pictures, strict=True):
        yield f"![{escaped(each.data)}]({picture})"
        yield escaped(each.caption)
    for exercise in made.exercises:
        yield f"## {escaped(exercise.heading)}"
        yield "\n".join(f"- {escaped(name)}: {escaped(changes)}" for name, changes in exercise.variants)
        for place, task in enumerate(exercise.tasks, 1):
            yield f"{place}. {escaped(task.title)}"
            yield _answer(task)
    yield f"## {escaped(text('sheet.heading-hand-in'))}"
    yield escaped(text("sheet.hand-in", name=made.study.name))
    if made.source:
        yield f"## {escaped(text('sheet.heading-study', name=made.study.name))}"
        yield fenced(made.source, "yaml")


def _answer(task: Task) -> str:
    if task.key:
        return f"   **{text('sheet.key')}** {escaped(task.key)}"
    return f"   {text('sheet.answer')} {'.' * 60}"


def as_cells(made: ExerciseSheet) -> Iterator[tuple[str, str]]:
    """Yield the cells of a notebook with gaps: ``markdown`` or ``code``, and what it says."""
    yield (
        "markdown",
        f"# {escaped(made.title)}\n\n{escaped(text('sheet.intro-notebook', seeds=made.study.seeds))}",
    )
    yield "code", _beginning(made.study)
    if made.samples:
        pictures = (
            f"![{escaped(each.data)}]({data_uri(each.picture)})\n\n{escaped(each.caption)}"
            for each in made.samples
        )
        yield "markdown", "\n\n".join((f"## {text('sheet.heading-images')}", *pictures))
    for exercise in made.exercises:
        listed = "\n".join(f"- {escaped(name)}: {escaped(changes)}" for name, changes in exercise.variants)
        yield "markdown", f"## {escaped(exercise.heading)}\n\n{listed}"
        names = ", ".join(literal(name) for name in exercise.names)
        yield "code", f"results = pb.run(study, only=[{names}])\nresults"
        for task in exercise.tasks:
            yield "markdown", f"**{escaped(task.title)}**"
            if task.treatment:
                both = f"{literal(task.treatment)}, {literal(task.reference)}"
                gap = f"results.compare({both})" if task.key else "results.compare(..., ...)"
                yield "code", f"{comment(text('sheet.gap-compare'))}\n{gap}"
            else:
                yield "code", f"{comment(text('sheet.gap-diagnose'))}\nresults.diagnose()"
            yield (
                "markdown",
                f"{text('sheet.key')} {escaped(task.key)}" if task.key else text("sheet.gap-answer"),
            )
    yield (
        "markdown",
        f"## {escaped(text('sheet.heading-hand-in'))}\n\n{escaped(text('sheet.hand-in-notebook'))}",
    )
    yield "code", f"results.report({literal(f'{made.study.name}.ipynb')})"


def _beginning(study: Study) -> str:
    lines = ["import paribus as pb", ""]
    if current_language() != LANGUAGES[0]:
        lines = ["import os", "", f'os.environ["{VARIABLE}"] = {literal(current_language())}', "", *lines]
    if study.name in builtin_names() and same_meaning(load(study.name), study):
        return "\n".join([*lines, f"study = pb.load({literal(study.name)})", "study"])
    written = as_source(to_dict(study), used=17)
    return "\n".join([*lines, f"study = pb.Study(**{written})", "study"])


def notebook_of(made: ExerciseSheet) -> dict[str, Any]:
    """Return the notebook with gaps.

    Args:
        made: What it shows.
    """
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells: list[Any] = []
    for place, (kind, source) in enumerate(as_cells(made), 1):
        cell = new_code_cell(source) if kind == "code" else new_markdown_cell(source)
        cell["id"] = f"cell-{place}"  # nbformat's own are random
        cells.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    book: Any = new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(book)
    return book
