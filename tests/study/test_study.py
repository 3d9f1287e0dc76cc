"""`pb.Study` reads like a study file, explains its arguments, and shows itself in a line or as a table."""

# ruff: noqa: E501 - one case a line

import inspect
import pickle
import pydoc

import pytest
from tests.study.conftest import BASE, study

import paribus as pb
from paribus.study.reader import load

KEYS = [
    "name",
    "title",
    "seeds",
    "margin",
    "keep",
    "data",
    "train",
    "model",
    "base",
    "variants",
    "sweep",
    "cross",
    "fraction",
    "questions",
    "published",
]


def test_the_signature_has_the_keys_of_a_study_file():
    assert list(inspect.signature(pb.Study).parameters)[: len(KEYS)] == KEYS


def test_help_says_what_each_key_means():
    shown = pydoc.plain(pydoc.render_doc(pb.Study))
    assert all(f"{key}: " in shown for key in KEYS)
    assert ">>> Study(" in shown


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "variants: A study needs at least one variant"),
        ({"variants": {"a": {}}, "base": BASE, "seeds": "3"}, "seeds: '3' is not allowed here."),
        ({"variants": {"a": {}}, "base": BASE, "margin": 2}, "margin: 2 looks like a percentage. Give the fraction: 0.02."),
        ({"variants": {"a": {}}, "base": BASE, "margin": 1}, "margin: 1 looks like a percentage. Give the fraction: 0.01."),
        ({"variants": {"a": {}}, "base": BASE, "epochs": 3}, "'epochs' is a setting; it belongs in base"),
        ({"variants": {"a": {}}, "base": BASE, "question": []}, "Did you mean 'questions'?"),
        ({"variants": {"a": {}}, "base": {**BASE, "optimizer": "adamm"}}, "Did you mean 'adam'?"),
    ],
)  # fmt: skip
def test_wrong_arguments_have_the_faults_of_a_study_file(given, message):
    with pytest.raises(pb.StudyError) as caught:
        pb.Study(**given)
    assert message in str(caught.value)


def test_a_study_survives_pickling_and_its_own_fields():
    lab = load("lab2")
    assert pickle.loads(pickle.dumps(lab)) == lab
    assert pb.Study(**lab.model_dump()) == lab


def test_what_a_study_is_made_of_is_shown_in_one_line():
    lab = load("lab2")
    assert repr(lab) == "Study('lab2', 14 variants, 15 questions, 5 seeds)"
    assert repr(lab.variants["5"]) == "Variant('5', parent='2', changes=['batch_size'])"
    assert repr(lab.variants["5"].configuration) == (
        "Configuration(data='mnist', layers='dense 784, dense 10', optimizer='sgd', batch_size=8, epochs=30)"
    )


def test_the_whole_is_shown_as_a_table_with_every_name_escaped():
    read = study({"a&b": {"epochs": 3}})
    assert "<td>a&amp;b</td><td>epochs 3</td>" in read._repr_html_()
    assert "a&b      epochs 3" in str(read)


def test_a_margin_that_a_question_does_not_have_is_not_written():
    asked = [{"treatment": "b", "reference": "a"}, {"treatment": "b", "reference": "a", "margin": 0.01}]
    read = study({"a": {}, "b": {"epochs": 2}}).model_dump(mode="json")
    made = load({"base": BASE, "variants": {"a": {}, "b": {"epochs": 2}}, "questions": asked})
    plain, own = made.model_dump(mode="json")["questions"]
    assert read["questions"] == []
    assert "margin" not in plain
    assert own["margin"] == 0.01
    assert [each.margin for each in type(made).model_validate_json(made.model_dump_json()).questions] == [
        None,
        0.01,
    ]
