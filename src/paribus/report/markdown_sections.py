"""The sections of a report that are text and tables only, as blocks of Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from paribus.analysis.causes.confirmation import grouped, more_seeds, together
from paribus.report import early_end, tables, tuning
from paribus.report.first_screen import FirstScreen
from paribus.report.markdown_text import as_list, as_table, escaped, fenced, review_blocks
from paribus.report.material import Material
from paribus.report.published import difference_table, figure_table, published_notes
from paribus.report.terms import TERMS
from paribus.texts import text


def answer(material: Material) -> Iterator[str]:
    """Render what is settled, what to beware of, and what is concluded."""
    yield f"**{' '.join(escaped(str(each)) for each in FirstScreen(material).found)}**"
    if warnings := material.warnings:
        yield as_list(warnings)
    for number, note in material.exercise_notes.items():
        yield f"**{text('remarks.about-exercise', title=number)}.** {escaped(note)}"
    if conclusions := material.conclusions:
        yield f"### {text('remarks.heading-conclusions')}"
        yield "\n".join(f"- **{escaped(str(each.heading))}.** {escaped(str(each))}" for each in conclusions)


def confirmations(material: Material) -> Iterator[str]:
    """Render what was suspected of each finding, and what came of it."""
    for (variant, _), group in grouped(material.confirmations).items():
        named = material.study.named(variant)
        about = text("confirm.about", variant=named, title=str(group[0].ablation.title))
        yield f"**{escaped(about)}**"
        lines = [
            f"- *{escaped(text(f'confirm.verdict-{each.verdict}'))}.* "
            + escaped(f"{each.tried} {each.sentence}")
            for each in group
        ]
        if words := together(group):
            lines.append(f"- {escaped(str(words))}")
        yield "\n".join(lines)
    if more := more_seeds(material.confirmations):
        yield escaped(str(more))


def tuned(material: Material) -> Iterator[str]:
    """Render both comparisons, what was found for each variant, and how many tries that took."""
    found = material.tuned
    if found is None:
        return
    yield text("tune.about")
    if asked := [*tuning.asked_twice(found)]:
        yield as_table(tuning.answer_table(found))
        answered = [each for each in asked if each.best.is_answered]
        yield as_list(" ".join((f"{each.title}.", *each.best.sentences)) for each in answered)
    yield as_table(tuning.variant_table(found, material.rows_by_variant))
    yield as_list([*tuning.notes(found), *early_end.notes(found)])
    if (ended := early_end.ended_table(found)) is not None:
        yield as_table(ended)
    yield as_list(tuning.expected_lines(found))


def advice(material: Material) -> Iterator[str]:
    """Render what to try next, as YAML to be pasted."""
    for each in material.suggestions:
        yield f"**{escaped(str(each.heading))}.** {escaped(each.words)}"
        if each.yaml:
            yield fenced(each.yaml)


def review(material: Material) -> Iterator[str]:
    """Render what is doubtful about the design, the worst first."""
    yield material.about_review
    yield from review_blocks(material.review)


def published(material: Material) -> Iterator[str]:
    """Render our results beside the published figures."""
    yield as_table(figure_table(material.published))
    if material.published.comparable_differences:
        yield as_table(difference_table(material.published))
    yield as_list([*published_notes(material.published)])


def method(material: Material) -> Iterator[str]:
    """Render how each number was made, the A/A test and the looks at comparisons."""
    yield as_list(material.method)
    if material.study.imported is None:
        yield escaped(str(material.aa_test.sentence) if material.aa_test else text("page.no-aa-test"))
    yield escaped(material.looks_summary)
    if material.looks_lines:
        yield as_list(material.looks_lines)


def data(material: Material) -> Iterator[str]:
    """Render which images were used."""
    if material.records:
        table = tables.image_table(material.records.data)
        yield as_table(table)
        yield from map(escaped, table.notes)
    for kind, names in material.doubtful_images.items():
        yield text(f"report.about-{kind}", names=escaped(names))


def environment(material: Material) -> Iterator[str]:
    """Render where runs were made."""
    for environment in material.environments:
        yield fenced("\n".join(f"{name}: {value}" for name, value in environment.items()))
    if not material.environments:
        yield text("page.no-environment")


def terms(_material: Material) -> Iterator[str]:
    """Render the terms of statistics, a line each."""
    yield "\n".join(f"- **{escaped(each.name)}.** {escaped(each.about)}" for each in TERMS)


TEXT_SECTIONS: Mapping[str, Callable[[Material], Iterable[str]]] = {
    "answer": answer,
    "tuning": tuned,
    "confirmations": confirmations,
    "advice": advice,
    "review": review,
    "published": published,
    "method": method,
    "data": data,
    "environment": environment,
    "terms": terms,
}
