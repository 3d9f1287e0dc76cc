"""Exercise sheets: what is asked, never what is expected unless the teacher wants the key."""

import ast
import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import paribus as pb
from paribus.errors import UsageError
from paribus.texts import language
from paribus.workflow.exercise_sheet import samples_of, source_without_key, write_sheet

STUDY = """\
# A class of its own.
name: mine
seeds: 3
data: mnist
base:
  scale: unit
  model: {hidden: [8], output: softmax}
  loss: categorical_crossentropy
  optimizer: sgd
  epochs: 2
expect:  # the key
- {verdict: better, treatment: wide, reference: plain, points: 2}
  # what follows is about one variant
- {between: [0.9, 0.95], variant: plain, ask: How good is plain?}

- {finding: overfitting, variant: wide}
variants:
  plain: {}
  wide: {model: {hidden: [16]}}
questions:
  - {treatment: wide, reference: plain, ask: Does width help?}
"""


@pytest.fixture
def file(tmp_path):
    """A study with a key."""
    path = tmp_path / "mine.yaml"
    path.write_text(STUDY)
    return path


def test_the_sheet_asks_and_does_not_tell(file, tmp_path):
    words = write_sheet(file, tmp_path / "sheet.md").read_text()
    assert "Does width help? (points: 2)" in words
    assert "How good is plain? (points: 1)" in words
    assert "Points in all: 4" in words
    for told in ("better", "overfitting", "Overfitting", "90.00", "expect"):
        assert told not in words
    assert "wide: {model: {hidden: [16]}}" in words


def test_the_teachers_copy_has_the_answers(file, tmp_path):
    words = write_sheet(file, tmp_path / "key.md", with_key=True).read_text()
    assert "wide compared with plain: better." in words
    assert "The test accuracy lies in 90.00–95.00%." in words
    assert "Overfitting" in words


def test_the_students_study_is_the_teachers_without_the_key(file):
    study = pb.load(file)
    cut = source_without_key(study)
    assert "# A class of its own." in cut
    assert "expect" not in cut
    assert "the key" not in cut


def test_a_key_that_cannot_be_cut_is_refused_rather_than_told(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(STUDY.replace("expect:  # the key", '"expect":'))
    with pytest.raises(UsageError, match="cannot be cut"):
        write_sheet(path, tmp_path / "sheet.md")


def test_the_notebook_has_gaps_that_are_python_and_no_key(file, tmp_path):
    book = json.loads(write_sheet(file, tmp_path / "sheet.ipynb").read_text())
    code = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    assert all(ast.parse(each) for each in code)
    assert "results.compare(..., ...)" in "\n".join(code)
    assert "better" not in json.dumps(book)


def test_it_is_written_in_vietnamese(file, tmp_path):
    with language("vi"):
        words = write_sheet(file, tmp_path / "sheet.md").read_text()
    assert "Trả lời" in words
    assert "Answer" not in words


def test_the_page_runs_no_script_and_escapes_what_the_study_says(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(STUDY.replace("Does width help?", '"<script>alert(1)</script>"'))
    page = write_sheet(path, tmp_path / "sheet.html").read_text()
    assert "<script" not in page


def test_lab2_has_a_sheet_and_a_key(tmp_path):
    words = write_sheet("lab2", tmp_path / "lab2.md").read_text()
    assert "Exercise 2" in words
    assert "What does L2 regularization change?" in words
    key = write_sheet("lab2", tmp_path / "key.md", with_key=True).read_text()
    assert "2 compared with 1: better." in key


IMAGES = """\
name: images
data: {sklearn: digits}
base:
  scale: standard
  model: {hidden: [8], output: softmax}
  loss: categorical_crossentropy
  optimizer: sgd
  epochs: 1
variants:
  own: {}
  stand-in: {data: cifar10}
"""


@pytest.fixture
def with_images(tmp_path, monkeypatch):
    """A study on images of its own and on CIFAR-10, which is not here."""
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PARIBUS_DATA", raising=False)
    path = tmp_path / "images.yaml"
    path.write_text(IMAGES)
    return path


def test_the_sheet_shows_two_images_of_each_class_and_names_stand_ins(with_images):
    own, cifar = samples_of(pb.load(with_images))
    assert own.classes == tuple("0123456789")
    assert cifar.classes[0] == "astronaut"
    assert "Stand-ins for cifar10" in cifar.caption
    assert "Stand-ins" not in own.caption
    x, y = load_digits(return_X_y=True)
    fives = x.reshape(-1, 8, 8)[y == 5]
    shown = own.picture[:64, 5 * 68 : 5 * 68 + 64, 0][::8, ::8]
    assert any(np.array_equal(shown, np.round(each * 255 / 16)) for each in fives)


def test_every_format_has_the_images(with_images, tmp_path):
    words = write_sheet(with_images, tmp_path / "s.md").read_text()
    assert "](s-figures/images-2.png)" in words
    with Image.open(tmp_path / "s-figures" / "images-2.png") as picture:
        assert picture.size == (10 * 68 - 4, 2 * 68 - 4)
    assert write_sheet(with_images, tmp_path / "s.html").read_text().count("data:image/png") == 2
    book = json.loads(write_sheet(with_images, tmp_path / "s.ipynb").read_text())
    assert sum("".join(cell["source"]).count("data:image/png") for cell in book["cells"]) == 2


def test_a_sheet_without_images_has_no_heading_for_them(tmp_path):
    words = write_sheet("wine", tmp_path / "wine.md").read_text()
    assert "The images" not in words
    assert not (tmp_path / "wine-figures").exists()


def test_another_ending_is_refused(file, tmp_path):
    with pytest.raises(UsageError, match=r"\.ipynb"):
        write_sheet(file, tmp_path / "sheet.docx")
