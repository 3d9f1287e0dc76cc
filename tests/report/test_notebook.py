"""The notebook's cells, without running them; `tests/workflow/progress/test_notebook.py` runs one."""

from __future__ import annotations

import ast
import base64
import re
import sys

import nbformat
import pytest

from paribus.analysis.questions.answering import NO_LOOKS, comparisons
from paribus.errors import UsageError
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.report import notebook
from paribus.report.material import Material
from paribus.report.remark import About, Remark
from paribus.texts import language

EVIL = "x</details><script>alert(1)</script>"


def material(made, names=("plain", "l2"), **fields):
    questions = [{"treatment": names[1], "reference": names[0], "ask": "Does <b>it</b> help?"}]
    study = made.study(names, questions=questions, **fields)
    records = {(names[0], s): run for s, run in enumerate(made.runs(2, epochs=4))}
    records |= {(names[1], s): run for s, run in enumerate(made.runs(2, epochs=4, top=(0.9, 0.8)))}
    records = Records(records)
    answers = comparisons(study, records, looks=NO_LOOKS)
    return Material(study, records, answers, NO_LOOKS)


def written(material, tmp_path):
    (tmp_path / "new").mkdir(exist_ok=True)
    output = notebook.write(material, tmp_path / "new" / "mine.ipynb", tmp_path / "mine")
    return nbformat.read(output, as_version=4)


def sources(book, kind):
    return [cell.source for cell in book.cells if cell.cell_type == kind]


@pytest.fixture(scope="module")
def book(made, tmp_path_factory):
    return written(material(made, title="What L2 *does*"), tmp_path_factory.mktemp("notebook"))


def test_it_is_a_valid_notebook_whose_code_is_python(book):
    nbformat.validate(book)
    for source in sources(book, "code"):
        ast.parse(source)


def test_it_begins_with_the_title_and_the_study(book):
    assert book.cells[0].source.startswith("# What L2 \\*does\\*\n")
    first = sources(book, "code")[0]
    assert 'beside = Path("../mine")' in first
    assert first.endswith("\nstudy")


def test_every_variant_has_its_run_its_figure_and_its_keras_code(book):
    code, words = sources(book, "code"), "\n".join(sources(book, "markdown"))
    for name in ("plain", "l2"):
        assert any(f'pb.run(study, only=["{name}"], seeds=2, **where)' in source for source in code)
        assert f'results["{name}"].plot()' in code
        assert f"mine, {name}" in words or f"variant {name}" in words
    assert words.count("```python\n") == 2
    assert "model.fit(" in words


def test_a_question_is_compared_and_overlaid_after_both_its_variants_have_run(book):
    code = sources(book, "code")
    compared = code.index('results.compare("l2", "plain")')
    assert code.index('results["plain"].plot()') < code.index('results["l2"].plot()') < compared
    assert code[compared + 1] == 'results.plot("plain", "l2")'


def test_what_the_cells_show_is_stored_and_figures_are_pictures(book):
    shown = {cell.source: cell.outputs[0].data for cell in book.cells if cell.get("outputs")}
    picture = base64.b64decode(shown["results.plot()"]["image/png"])
    assert picture.startswith(b"\x89PNG")
    assert "<table>" in shown["results"]["text/html"]


def test_the_same_results_make_the_same_file(made, tmp_path):
    first = notebook.write(material(made), tmp_path / "a.ipynb", tmp_path / "mine").read_bytes()
    assert notebook.write(material(made), tmp_path / "b.ipynb", tmp_path / "mine").read_bytes() == first


def test_exercises_are_the_numbers_that_the_variants_names_begin_with(made):
    given = material(made, ("1", "2a", "2b"))
    vars(given)["remarks"] = [
        Remark(About.EXERCISE, ("2",), "2", ("It does nothing.",)),
        Remark(About.STUDY, ("mine",), "mine", ("Done.",)),
    ]
    first, second = notebook.exercises(given)
    assert (first.heading, [each.name for each in first.variants]) == ("Exercise 1", ["1"])
    assert (first.questions, first.conclusion) == ((), "")
    assert (second.heading, [each.name for each in second.variants]) == ("Exercise 2", ["2a", "2b"])
    assert [each.treatment.name for each in second.questions] == ["2a"]
    assert second.conclusion == "It does nothing."


def test_without_numbers_each_variant_is_told_by_itself(made):
    found = notebook.exercises(material(made))
    assert [[each.name for each in part.variants] for part in found] == [["plain"], ["l2"]]
    assert [len(each.questions) for each in found] == [0, 1]


def test_names_that_mean_harm_stay_names(made, tmp_path):
    book = written(material(made, (EVIL, 'b"]); import os #'), title=EVIL), tmp_path)
    for source in sources(book, "markdown"):
        outside = re.sub(r"^```(?:python|text)\n.*?^```$", "", source, flags=re.DOTALL | re.MULTILINE)
        assert "<script" not in outside
        assert outside.count("</details>") <= 1
    for source in sources(book, "code"):
        assert not any(
            isinstance(node, ast.Import) and node.names[0].name == "os"
            for node in ast.walk(ast.parse(source))
        )
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            assert "<script" not in output.data.get("text/html", "")


def test_a_study_of_which_nothing_has_run_is_told_all_the_same(made, tmp_path):
    study = made.study()
    book = written(Material(study, Records(), [], NO_LOOKS), tmp_path)
    assert sum("Not run yet." in source for source in sources(book, "markdown")) == 2
    assert not any("pb.run(" in source for source in sources(book, "code"))
    assert any("none can be trained again" in source for source in sources(book, "markdown"))


def test_runs_that_diverged_or_have_no_epoch_are_told_too(made, tmp_path):
    study = made.study(("plain", "l2"))
    records = {
        ("plain", 0): made.run(made.history(2), status=Status.DIVERGED),
        ("l2", 0): made.run([], status=Status.RUNNING),
    }
    book = written(Material(study, Records(records), [], NO_LOOKS), tmp_path)
    assert 'results["plain"].plot()' in sources(book, "code")
    assert 'results["l2"].plot()' not in sources(book, "code")


def test_in_vietnamese_the_notebook_speaks_it_too(made, tmp_path):
    with language("vi"):
        book = written(material(made), tmp_path)
    assert 'os.environ["PARIBUS_LANG"] = "vi"' in sources(book, "code")[0]
    assert "từ đầu đến cuối" in book.cells[0].source


def test_without_nbformat_one_message_names_the_package(made, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    with pytest.raises(UsageError, match="pip install nbformat"):
        written(material(made), tmp_path)


def test_a_file_that_cannot_be_written_is_named(made, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"file/mine\.ipynb"):
        notebook.write(material(made), tmp_path / "file" / "mine.ipynb", tmp_path)


def test_what_the_results_come_to_is_shown_after_the_cells_that_train_them(book):
    words = [source.split("\n")[0] for source in sources(book, "markdown")]
    places = [
        words.index(f"## {name}")
        for name in ("Design review", "Variant plain · base", "Main conclusions", "Results")
    ]
    assert places == sorted(places)
