"""The author's notes in a study file."""

from __future__ import annotations

import pytest

from paribus.errors import StudyError
from paribus.study.study import Study
from paribus.study.to_dict import same_meaning, to_dict

BASE = {
    "model": {"hidden": [8], "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "epochs": 2,
}


def study(notes, variants=("1", "2a", "2b")):
    changes = {name: {"batch_size": 16 + place} for place, name in enumerate(variants)}
    questions = [{"treatment": variants[1], "reference": variants[0]}]
    return Study(name="mine", data="mnist", base=BASE, variants=changes, questions=questions, notes=notes)


@pytest.mark.parametrize("about", ["study", "1", "2a", "2", "2a vs 1"])
def test_a_note_is_about_the_study_a_variant_an_exercise_or_a_question(about):
    assert study({about: "As expected."}).notes == {about: "As expected."}


@pytest.mark.parametrize("about", ["3", "1 vs 2a", "2b vs 1", "stduy"])
def test_a_note_on_anything_else_is_a_fault_that_says_what_there_is(about):
    with pytest.raises(StudyError) as told:
        study({about: "As expected."})
    assert "notes" in str(told.value)
    assert about in str(told.value)
    assert "2a" in str(told.value)


def test_a_slip_is_recognized():
    with pytest.raises(StudyError, match="study"):
        study({"stduy": "x"})


def test_variants_without_numbers_have_no_exercises():
    with pytest.raises(StudyError):
        study({"2": "x"}, variants=("plain", "l2", "both"))


def test_notes_are_kept_with_the_study():
    written = study({"2a": "As expected."})
    assert Study.model_validate_json(written.model_dump_json()).notes == written.notes
    assert same_meaning(Study.model_validate(to_dict(written)), written)


def test_notes_are_a_mapping():
    with pytest.raises(StudyError, match="notes"):
        study(["x"])
