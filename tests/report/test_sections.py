"""Every format renders every section, or says why not."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import nbformat
import pytest
from rich.console import Console
from tests.analysis.questions.test_designs import answered, doses
from tests.live.made_training import Training
from tests.report.page import pages

from paribus.analysis.causes.ablation import Ablation
from paribus.analysis.causes.confirmation import Confirmation, Outcome
from paribus.analysis.tuning import Try, TunedStudy, TunedVariant
from paribus.cli import report as terminal
from paribus.live import drawing
from paribus.live.state import StudyFolder
from paribus.record.records import Records
from paribus.report import markdown, notebook
from paribus.report.designs import DesignSection
from paribus.report.findings import Suggestion
from paribus.report.page import render
from paribus.report.remark import About, Remark
from paribus.report.sections import OMITTED, SECTIONS, sections_of
from paribus.study.tuning import Tune, TuneRange
from paribus.texts import text

NAMES = [section.name for section in SECTIONS]


def of_doses():
    """A trend of made runs, as a section has it."""
    study, scores = doses(0.90, 0.95, 0.95, 0.90)
    (answer,), _ = answered(study, scores)
    return DesignSection("d1", answer, study, Records({}))


@pytest.fixture(scope="module")
def material(made, tmp_path_factory):
    """A study of which every section has something to say."""
    found = pages.ordinary(made, tmp_path_factory.mktemp("runs"), seeds=2, epochs=3)
    ablation = Ablation("rate", "diverged", "plain", "plain-rate", {}, {"now": 1.0, "then": 0.1})
    vars(found).update(
        suggestions=[Suggestion("Try it", "Take more seeds.", "seeds: 9")],
        remarks=[Remark(About.VARIANT, ("plain",), "plain", ("It learns quickly.",))],
        confirmations=[Confirmation(ablation, {0: Outcome.GONE}, {})],
        aa_test=SimpleNamespace(sentence="The same variant twice: no difference."),
        designs=(of_doses(),),
        tuned=tuned_study(found),
    )
    return found


def tuned_study(material):
    """The first variant tuned, and nothing trained with what was found."""
    tune = Tune(settings={"learning_rate": TuneRange(low=0.1, high=1)}, on="val_accuracy", budget=2)
    tries = tuple(Try({"learning_rate": rate}, (0.8, 0.9)) for rate in (0.1, 1.0))
    name = next(iter(material.study.variants))
    found = TunedVariant(name, tune, tries, {"learning_rate": 0.01})
    return TunedStudy(material.study, (found,), material.study, Records())


def html(material, tmp_path, made):
    page = render.page(material)
    return {name for name in NAMES if f'<section id="{name}"' in page and f'<h2 id="{name}-title"' in page}


def headings_of(written):
    headings = re.findall(r"^## (.*)$", written, flags=re.MULTILINE)
    return {section.name for section in SECTIONS if text(section.heading) in headings}


def as_markdown(material, tmp_path, made):
    return headings_of(markdown.write(material, tmp_path / "r.md").read_text(encoding="utf-8"))


def as_notebook(material, tmp_path, made):
    book = nbformat.read(notebook.write(material, tmp_path / "r.ipynb", tmp_path), as_version=4)
    sources = [cell.source for cell in book.cells]
    found = headings_of("\n".join(sources))
    cells = {"variants": 'results["plain"].plot()', "questions": 'results.compare("l2", "plain")'}
    return found | {name for name, source in cells.items() if source in sources}


DETAIL = {"variants": "remarks", "advice": "findings"}
"""What a terminal calls some sections."""


def on_terminal(material, tmp_path, made):
    """A section is there if what prints it prints something."""
    found = set()
    for section in sections_of(material, "terminal"):
        screen = Console(file=io.StringIO(), width=160)
        terminal.DETAILS[DETAIL.get(section.name, section.name)](screen, material)
        found |= {section.name} if screen.file.getvalue().strip() else set()
    return found


def live(material, tmp_path, made):
    study = Training(made, tmp_path / "mine")
    study.start("plain", 0, epochs=1)
    page, _ = drawing.study_page("mine", StudyFolder(tmp_path / "mine").read(), tmp_path / "mine", ["plain"])
    return {name for name in NAMES if f'id="{name}"' in page}


RENDERED = {
    "html": html,
    "markdown": as_markdown,
    "notebook": as_notebook,
    "terminal": on_terminal,
    "live": live,
}


def test_the_formats_are_those_that_say_what_they_leave_out():
    assert RENDERED.keys() == OMITTED.keys()


@pytest.mark.parametrize("format_name", RENDERED)
def test_a_format_renders_every_section_or_says_why_not(format_name, material, tmp_path, made):
    rendered = RENDERED[format_name](material, tmp_path, made)
    omitted = OMITTED[format_name]
    assert all(omitted.values())
    assert rendered.isdisjoint(omitted)
    assert rendered | omitted.keys() == set(NAMES)


def test_a_section_without_anything_to_say_is_left_out(made):
    nothing = pages.material(made.study(questions=[]), {})
    vars(nothing)["review"] = []
    names = [section.name for section in sections_of(nothing, "html")]
    assert names == ["answer", "results", "variants", "method", "data", "environment", "terms"]


def test_sections_come_in_the_same_order_on_the_page_and_in_markdown(material, tmp_path):
    page = render.page(material)
    assert re.findall(r'<section id="([a-z]+)"', page) == NAMES
    written = markdown.write(material, tmp_path / "r.md").read_text(encoding="utf-8")
    headings = [text(section.heading) for section in SECTIONS]
    assert re.findall(r"^## (.*)$", written, flags=re.MULTILINE) == headings
