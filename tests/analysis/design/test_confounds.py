"""The review and the mark of a comparison speak of the same questions."""

from __future__ import annotations

from hypothesis import given, settings
from tests.analysis.made_studies import clean, finding
from tests.study.test_any_study import STUDIES, loaded

from paribus.analysis.design.review import review
from paribus.analysis.questions.answering import comparisons
from paribus.record.records import Records
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.texts import language

CODES = {
    "confounded",
    "optimizer-and-rate",
    "momentum-step",
    "batch-size",
    "dose-changed",
    "l2-across-optimizers",
}


def marked(study: Study) -> set[tuple[str, str]]:
    """The pairs whose comparison has a star."""
    return {(each.treatment, each.reference) for each in comparisons(study, Records()) if each.confounded_by}


def reviewed(study: Study) -> set[tuple[str, ...]]:
    """The pairs of which the review says that more differs."""
    return {each.variants for each in review(study) if each.code in CODES}


def test_5_and_4a_are_marked_on_the_lab_since_the_review_names_what_they_imply():
    lab = load("lab2")
    assert {("5", "2"), ("4a", "2")} <= marked(lab)
    assert not marked(lab) & {("2", "1"), ("3c", "1"), ("4b-l2", "4c"), ("6", "5"), ("7b", "7a")}
    assert marked(lab) == reviewed(lab)


@given(STUDIES)
@settings(deadline=None, max_examples=60)
def test_a_comparison_is_marked_where_the_review_says_so_and_nowhere_else(written: dict[str, object]):
    names = list(written["variants"])
    questions = [{"treatment": one, "reference": other} for one in names for other in names if one != other]
    study = loaded({**written, "questions": questions})
    if study is not None:
        assert marked(study) == reviewed(study)


def test_the_note_names_what_is_implied_in_words():
    (note,) = comparisons(load("lab2"), Records())[4].cautions
    assert str(note).endswith("Also different: effective step size (×10), L2 shrinkage over the run (×10).")
    with language("vi"):
        assert str(note).endswith(
            "còn khác ở: độ lớn hiệu dụng của bước cập nhật (×10), mức co trọng số do L2 (×10)."
        )


def test_a_rate_that_keeps_the_step_is_no_factor_beside_another():
    heavy = {"optimizer": {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}}
    study = clean({**heavy, "model": {"dropout": 0.5}})
    found = finding(study, "held-step")
    assert found is not None
    assert set(found.factors) == {"optimizer", "learning_rate"}
    assert finding(study, "momentum-step") is None
    confounded = finding(study, "confounded")
    assert confounded is not None
    assert set(confounded.factors) == {"optimizer", "dropout"}
