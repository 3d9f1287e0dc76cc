"""A study's report as a notebook, exercise by exercise, that runs from top to bottom."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

from paribus.errors import UsageError
from paribus.record import files
from paribus.record.reported import Reported, reported
from paribus.record.run import RunRecord
from paribus.record.store import STUDY
from paribus.report import tables
from paribus.report.figures import figures
from paribus.report.figures.answers import draw_answers
from paribus.report.figures.sheet import as_png
from paribus.report.first_screen import FirstScreen
from paribus.report.levels import heat_table
from paribus.report.markdown_sections import TEXT_SECTIONS
from paribus.report.markdown_text import as_list, as_table, escaped, fenced, run_findings
from paribus.report.material import Material
from paribus.report.output import writing
from paribus.report.questions import QuestionSection
from paribus.report.remark import About
from paribus.report.sections import SECTIONS, sections_of
from paribus.report.source import as_source, comment, literal
from paribus.report.variants import VariantSection
from paribus.study.notes import ABOUT_STUDY, BETWEEN, exercise_numbers
from paribus.study.reader import builtin_names, load
from paribus.study.to_dict import same_meaning, to_dict
from paribus.texts import LANGUAGES, VARIABLE, current_language, number, text, translated
from paribus.texts.printable import as_html
from paribus.texts.quantities import Difference

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell: TypeAlias = "dict[str, Any]"
CLAIMS = "paribus"
"""The key of a notebook's metadata with what it says of its runs, for `paribus check`."""


def check_installed() -> None:
    """Check that notebooks can be written.

    Raises:
        UsageError: nbformat is not installed.
    """
    if find_spec("nbformat") is None:
        raise UsageError("notebook.no-extra")


def write(material: Material, output: Path, folder: Path | str) -> Path:
    """Write the notebook, which looks for the study's folder from where it lies, and return its file.

    Raises:
        UsageError: nbformat is not installed, or the file cannot be written.
    """
    check_installed()
    import nbformat

    cells = list(_Writer(material, _relative(folder, output.parent)).cells())
    for place, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{place}"  # nbformat's own are random
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}, CLAIMS: _claims(material)}
    book: Any = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(book)
    with writing(output):
        files.write(output, (nbformat.writes(book) + "\n").encode(errors="replace"))
    return output


def _claims(material: Material) -> dict[str, Any]:
    """Return every run that was trained to its end, and the findings about each variant."""
    found = (reported(name, record, material.study.margin) for (name, _), record in material.records.items())
    runs = [each.model_dump(mode="json", exclude_defaults=True) for each in found if each is not None]
    codes = {name: [each.code for each in findings] for name, findings in material.findings.items()}
    return {"study": material.study.name, "runs": runs, "findings": codes}


def _relative(folder: Path | str, start: Path) -> str:
    if "://" in str(folder):  # an address
        return str(folder)
    try:
        return Path(os.path.relpath(folder, start)).as_posix()
    except ValueError:  # on Windows, on another drive
        return Path(folder).resolve().as_posix()


@dataclass(frozen=True)
class Exercise:
    """Variants that belong together, with their questions.

    Args:
        heading: Of its part of the notebook.
        variants: In the study's order.
        questions: Those whose later variant is one of these.
        conclusion: What is concluded of it; empty where nothing is.
        number: Its number; empty where it is a variant by itself.
    """

    heading: str
    variants: tuple[VariantSection, ...]
    questions: tuple[QuestionSection, ...] = ()
    conclusion: str = ""
    number: str = ""


def exercises(material: Material) -> tuple[Exercise, ...]:
    """Return the study's exercises; a part for each variant where their names do not begin with numbers."""
    names = list(material.study.variants)
    numbers = exercise_numbers(material.study.variants)
    keys = numbers or {name: name for name in names}
    concluded = {each.names[0]: str(each) for each in material.conclusions if each.about is About.EXERCISE}
    questions: dict[str, list[QuestionSection]] = {key: [] for key in keys.values()}
    for each in material.questions:
        if each.comparison.is_answered:
            questions[keys[max(each.treatment.name, each.reference.name, key=names.index)]].append(each)
    heading = "remarks.about-exercise" if numbers else "report.figure-variant"
    return tuple(
        Exercise(
            text(heading, title=key, variant=key if numbers else material.study.named(key)),
            tuple(each for name, each in material.variants.items() if keys[name] == key),
            tuple(questions[key]),
            concluded.get(key, "") if numbers else "",
            key if numbers else "",
        )
        for key in dict.fromkeys(keys.values())
    )


_FIRST = ("review", "variants", "questions")
"""Sections before all others: a cell shows what runs came to after the cells that train them."""


@dataclass
class _Writer:
    """Renders each section as a list of cells."""

    material: Material
    folder: str

    def __post_init__(self) -> None:
        self.renderers: Mapping[str, Callable[[], Iterable[Cell]]] = {
            **{name: partial(self.text_section, name) for name in TEXT_SECTIONS},
            "results": self.results,
            "questions": tuple,  # each exercise has its own; rankings come with the results
            "designs": self.designs,
            "variants": self.variants,
        }

    def cells(self) -> Iterator[Cell]:
        yield from self.opening()
        sections = sections_of(self.material, "notebook")
        order = [*_FIRST, *(each.name for each in sections)]
        for section in sorted(sections, key=lambda each: order.index(each.name)):
            yield from self.renderers[section.name]()
        yield from self.again()

    def text_section(self, name: str) -> Iterator[Cell]:
        heading = next(each.heading for each in SECTIONS if each.name == name)
        yield _words(f"## {text(heading)}", *TEXT_SECTIONS[name](self.material))

    def designs(self) -> Iterator[Cell]:
        yield _words(f"## {text('design.heading')}", text("design.about"))
        for each in self.material.designs:
            first, *rest = each.sentences
            heat = [escaped(each.heat.title), as_table(heat_table(each.heat))] if each.heat else []
            title, words = f"### {escaped(each.heading)}", f"**{escaped(first)}**"
            yield _words(title, words, as_list(rest), *heat, as_table(each.table))

    def opening(self) -> Iterator[Cell]:
        doubtful = self.material.doubtful_images.items()
        yield _words(
            f"# {escaped(self.material.title)}",
            escaped(self.material.counted),
            escaped(self.material.author),
            *(text(f"report.about-{kind}", names=escaped(names)) for kind, names in doubtful),
            text("notebook.intro"),
        )
        yield from self.note(ABOUT_STUDY)
        yield _code(self.beginning(), as_html(self.material.study.blocks()))

    def note(self, *about: str) -> Iterator[Cell]:
        """Yield the author's notes, a cell each, to be edited."""
        for words in self.material.notes_on(*about):
            yield _words(escaped(words))

    def beginning(self) -> str:
        stand_in = any(record.data.stand_in for record in self.material.records.values())
        lines = ["from pathlib import Path", "", "import paribus as pb", ""]
        if current_language() != LANGUAGES[0]:
            chosen = f'os.environ["{VARIABLE}"] = {literal(current_language())}'
            lines = ["import os", *lines, chosen, ""]
        if self.material.study.imported is not None:  # which can be read, and not trained
            return "\n".join([*lines, f"results = pb.load_results({literal(self.folder)})", "results.study"])
        return "\n".join(
            [
                *lines,
                comment(text("notebook.code-images")),
                f'images = {{"embedded": {stand_in}, "data_dir": None}}',
                comment(text("notebook.code-beside")),
                f"beside = Path({literal(self.folder)})",
                f'where = {{"out": beside if (beside / {literal(STUDY)}).exists() else None, **images}}',
                "",
                self.study_as_code(),
                "study",
            ]
        )

    def study_as_code(self) -> str:
        study = self.material.study
        if study.name in builtin_names() and same_meaning(load(study.name), study):
            return f"study = pb.load({literal(study.name)})"
        return f"study = pb.Study(**{as_source(to_dict(study), used=17)})"

    def variants(self) -> Iterator[Cell]:
        for exercise in exercises(self.material):
            yield _words(f"## {escaped(exercise.heading)}")
            if exercise.number not in self.material.study.variants:
                yield from self.note(exercise.number)
            for variant in exercise.variants:
                yield from self.variant(variant, exercise.heading)
            for question in exercise.questions:
                yield from self.question(question)
            if exercise.conclusion:
                heading = text("remarks.heading-conclusions")
                yield _words(f"**{heading}.** {escaped(exercise.conclusion)}")

    def variant(self, variant: VariantSection, above: str) -> Iterator[Cell]:
        name, records = variant.name, variant.records
        heading = text("report.figure-variant", variant=self.material.study.named(name))
        title = [f"### {escaped(heading)}"] if heading != above else []
        yield _words(*title, escaped(variant.changes), *([] if records else [text("report.not-run")]))
        if records:
            seeds = max(record.spec.seed for record in records) + 1
            run = f"results = pb.run(study, only=[{literal(name)}], seeds={seeds}, **where)"
            first = "" if self.material.study.imported is not None else f"{run}\n"
            yield _code(
                f"{first}results[{literal(name)}]",
                as_html(tables.variant_blocks(self.material.study, name, records)),
            )
            if any(record.history for record in records):
                yield _figure(f"results[{literal(name)}].plot()", figures.draw_variant(variant.curves))
            if variant.remark or variant.findings:
                yield _words(escaped(variant.remark), run_findings(variant.findings))
        yield from self.note(name)
        source, reason = variant.keras
        if source:
            summary = f"<summary>{text(variant.code)}</summary>"
            yield _words(f"<details>{summary}", fenced(source, "python"), "</details>")
        else:
            yield _words(escaped(reason))

    def question(self, question: QuestionSection) -> Iterator[Cell]:
        comparison = question.comparison
        treatment, reference = literal(comparison.treatment), literal(comparison.reference)
        yield _words(f"### {escaped(question.heading)}", escaped(translated(comparison.question.ask)))
        is_score = comparison.metric == self.material.study.score.test
        metric = "" if is_score else f", {literal(comparison.metric)}"
        shown = comparison._repr_html_()  # pyright: ignore[reportPrivateUsage]  # as Jupyter does
        yield _code(f"results.compare({treatment}, {reference}{metric})", shown, repr(comparison))
        figure = figures.draw_overlay(question.curves)
        yield _figure(f"results.plot({reference}, {treatment})", figure)
        if question.remark:
            yield _words(escaped(question.remark))
        yield from self.note(f"{comparison.treatment}{BETWEEN}{comparison.reference}")

    def results(self) -> Iterator[Cell]:
        if not self.material.records:
            return
        yield _words(f"## {text('report.heading-results')}")
        yield _code("results", as_html(tables.result_blocks(self.material.study, self.material.rows)))
        for place, each in enumerate(self.material.ranking_sections):
            yield _words(f"### {escaped(each.heading)}", escaped(each.ask))
            blocks = [*each.ranked.blocks(), *([each.table.grid()] if each.ranked.is_answered else [])]
            yield _code(f"results.rankings()[{place}]", as_html(blocks))
        if any(record.history for record in self.material.records.values()):
            if found := FirstScreen(self.material).answers:
                images = figures.doubtful_images(self.material.records.values())
                answers = draw_answers(self.material.study, found, images)
                yield _figure("results.plot_answers()", answers)
            title = figures.overview_title(self.material.study)
            yield _figure("results.plot()", figures.draw_overview(self.material.curves, title))

    def again(self) -> Iterator[Cell]:
        heading = f"## {text('notebook.heading-again')}"
        chosen = self.chosen()
        if chosen is None:
            yield _words(heading, text("notebook.nothing-again"))
            return
        run, record = chosen
        yield _words(
            heading,
            text(
                "notebook.again",
                variant=escaped(run.variant),
                seed=run.seed,
                seconds=number(record.seconds, ".1f"),
                processor=escaped(run.machine.get("processor", "")),
                jax=escaped(run.machine.get("jax", "")),
                tolerance=Difference(run.tolerance, record.score.unit, signed=False),
                images=record.data.test,
                **self.material.study.words,
            ),
        )
        yield _code(
            f"reported = {as_source(run.model_dump(mode='json'), used=11)}\n"
            "again = pb.rerun(study, reported, **images)\n"
            "assert again.holds, again\n"
            "again"
        )

    def chosen(self) -> tuple[Reported, RunRecord] | None:
        """Return, of the runs that test no worse than half of all, the one that took least time."""
        found = [
            (run, record)
            for (name, _), record in self.material.records.items()
            if (run := reported(name, record, self.material.study.margin)) is not None
        ]
        half = median(run.score for run, _ in found) if found else 0.0
        good = [each for each in found if each[0].score >= half]  # what learns nothing shows little
        return min(good, key=lambda each: each[1].seconds, default=None)


def _words(*blocks: str) -> Cell:
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell("\n\n".join(block for block in blocks if block))


def _code(source: str, shown: str = "", plain: str = "") -> Cell:
    return _cell(source, {"text/html": shown, "text/plain": plain or text("notebook.html")} if shown else {})


def _figure(source: str, figure: Figure) -> Cell:
    image = base64.b64encode(as_png(figure)).decode()
    return _cell(source, {"image/png": image, "text/plain": text("notebook.figure")})


def _cell(source: str, shown: Mapping[str, str]) -> Cell:
    from nbformat.v4 import new_code_cell, new_output

    outputs: Sequence[object] = [new_output("execute_result", data=dict(shown))] if shown else []
    return new_code_cell(source, outputs=outputs)
