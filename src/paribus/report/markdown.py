"""A study's report as one Markdown file, with its figures in a folder beside it, named after the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from paribus.record import files
from paribus.report import tables
from paribus.report.figures import figures
from paribus.report.figures.answers import draw_answers
from paribus.report.figures.figures import doubtful_images
from paribus.report.figures.levels import draw_levels
from paribus.report.figures.sheet import save
from paribus.report.figures.tuned import draw_tuned
from paribus.report.first_screen import FirstScreen
from paribus.report.levels import heat_table
from paribus.report.markdown_sections import TEXT_SECTIONS
from paribus.report.markdown_text import (
    FileNames,
    as_list,
    as_table,
    escaped,
    fenced,
    run_findings,
    table_and_notes,
)
from paribus.report.material import Material
from paribus.report.output import writing
from paribus.report.questions import QuestionSection
from paribus.report.ranking import pairs_table
from paribus.report.sections import sections_of
from paribus.report.tuning import charts
from paribus.report.variants import VariantSection
from paribus.study.notes import ABOUT_STUDY, BETWEEN
from paribus.texts import text, translated

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COMPARED = ("variant", "runs", "train", "validation", "test")


def write(material: Material, output: Path) -> Path:
    """Write the report, with its figures beside it, and return its file."""
    writer = _Writer(material, output.with_name(f"{output.stem}-figures"))
    with writing(output):
        blocks = [f"# {escaped(material.title)}", escaped(material.counted)]
        blocks += [escaped(words) for words in (material.author, *material.notes_on(ABOUT_STUDY)) if words]
        for section in sections_of(material, "markdown"):
            blocks += [f"## {text(section.heading)}", *writer.renderers[section.name]()]
        files.write(output, ("\n\n".join(blocks) + "\n").encode(errors="replace"))
    return output


@dataclass
class _Writer:
    """Renders each section as a list of blocks.

    Args:
        material: What is told.
        folder: Where figures are saved: another for each report, so that two may lie in one folder.
    """

    material: Material
    folder: Path

    def __post_init__(self) -> None:
        self.names = FileNames()
        self.renderers: Mapping[str, Callable[[], Iterable[str]]] = {
            **{name: partial(render, self.material) for name, render in TEXT_SECTIONS.items()},
            "answer": self.answer,
            "results": self.results,
            "questions": self.questions,
            "designs": self.designs,
            "tuning": self.tuning,
            "variants": self.variants,
        }

    def results(self) -> Iterator[str]:
        yield from table_and_notes(tables.result_table(self.material.study, self.material.rows))
        if self.material.records:
            figure = figures.draw_overview(self.material.curves, figures.overview_title(self.material.study))
            yield from self._figure(figure, "overview", text("report.heading-overview"))

    def answer(self) -> Iterator[str]:
        blocks = list(TEXT_SECTIONS["answer"](self.material))
        yield blocks[0]
        if found := FirstScreen(self.material).answers:
            images = doubtful_images(self.material.records.values())
            figure = draw_answers(self.material.study, found, images)
            yield from self._figure(figure, "answers", text("report.heading-answers-figure"))
        yield from blocks[1:]

    def tuning(self) -> Iterator[str]:
        yield from TEXT_SECTIONS["tuning"](self.material)
        found = self.material.tuned
        if found is not None and (drawn := charts(found)):
            images = doubtful_images(self.material.records.values())
            figure = draw_tuned(drawn, tables.title(self.material.study), images)
            yield from self._figure(figure, "tuning", text("tune.caption-search"))

    def questions(self) -> Iterator[str]:
        yield from self._rankings()
        if not self.material.comparisons:
            return
        found = [each for each in self.material.questions if each.has_run]
        yield text("imported.about" if self.material.study.imported else "comparison.about")
        if found:
            table = tables.comparison_table(self.material.study, [each.comparison for each in found])
            yield as_table(table)
            yield from map(escaped, table.notes)
        for each in found:
            yield from self._question(each)

    def _rankings(self) -> Iterator[str]:
        for each in self.material.ranking_sections:
            yield f"### {escaped(each.heading)}"
            if each.ask:
                yield escaped(each.ask)
            yield f"**{escaped(str(each.ranked.sentence))}**"
            if each.ranked.is_answered:
                yield as_table(each.table)
                if each.ranked.ranking.kind == "all_pairs":
                    yield as_table(pairs_table(each.ranked))
            if each.ranked.notes:
                yield as_list(map(str, each.ranked.notes))

    def _question(self, question: QuestionSection) -> Iterator[str]:
        reference, treatment = question.reference, question.treatment
        yield f"### {escaped(question.heading)}"
        if ask := translated(question.comparison.question.ask):
            yield escaped(ask)
        yield f"**{escaped(str(question.comparison.sentence))}**"
        figure = figures.draw_overlay(question.curves, question.heading)
        yield from self._figure(figure, f"{treatment.name}-vs-{reference.name}", question.heading)
        rows = [each.row for each in (reference, treatment)]
        yield as_table(tables.result_table(self.material.study, rows).only(*_COMPARED))
        if question.comparison.notes:
            yield as_list(map(str, question.comparison.notes))
        if question.remark:
            yield escaped(question.remark)
        yield from map(escaped, self.material.notes_on(f"{treatment.name}{BETWEEN}{reference.name}"))

    def designs(self) -> Iterator[str]:
        yield text("design.about")
        images = doubtful_images(self.material.records.values())
        for each in self.material.designs:
            first, *rest = each.sentences
            yield f"### {escaped(each.heading)}"
            yield f"**{escaped(first)}**"
            if rest:
                yield as_list(rest)
            if each.charts:
                yield from self._figure(draw_levels(each.charts, each.title, images), each.key, each.title)
            if each.heat is not None:
                yield escaped(each.heat.title)
                yield as_table(heat_table(each.heat))
            yield as_table(each.table)

    def variants(self) -> Iterator[str]:
        for each in self.material.variants.values():
            heading = text("report.figure-variant", variant=self.material.study.named(each.name))
            yield f"### {escaped(heading)}"
            yield escaped(each.changes)
            if each.records:
                yield from self._runs(each, heading)
            else:
                yield text("report.not-run")
            yield from map(escaped, self.material.notes_on(each.name))

    def _runs(self, variant: VariantSection, heading: str) -> Iterator[str]:
        yield as_table(tables.run_table(variant.records))
        yield from map(escaped, variant.causes)
        yield from self._figure(figures.draw_variant(variant.curves), variant.name, heading)
        if variant.remark:
            yield escaped(variant.remark)
        if variant.findings:
            yield run_findings(variant.findings)
        if variant.summary:
            yield fenced(variant.summary)

    def _figure(self, figure: Figure, name: str, alternative: str) -> Iterator[str]:
        png, svg = save(figure, self.folder / self.names.of(name))
        yield f"![{escaped(alternative)}]({self._link(png)})"
        yield text("report.as-svg", path=self._link(svg))

    def _link(self, file: Path) -> str:
        return quote(f"{self.folder.name}/{file.name}")
