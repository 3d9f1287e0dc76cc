"""Short names for people: what a variant is called beside its name, and what a question is called."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.study.conftest import BASE, faults_with, study
from tests.study.test_any_study import STUDIES, loaded

from paribus.study.label import label, named, question_title
from paribus.study.model import Question
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.texts import language

STOPPING = {"monitor": "val_loss", "patience": 3}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "base"),
        ({"kernel_regularizer": {"l2": 0.01}, "bias_regularizer": {"l2": 0.01}}, "L2 0.01"),
        ({"kernel_regularizer": {"l1": 0.1}}, "L1 0.1"),
        ({"bias_regularizer": {"l2": 0.01}}, "L2 0.01 on biases"),
        ({"kernel_initializer": "zeros"}, "weights zeros"),
        ({"bias_initializer": "ones"}, "biases ones"),
        ({"layers": {"hidden_1": {"kernel_initializer": "he_normal"}}}, "hidden_1 he_normal"),
        ({"optimizer": {"name": "rmsprop", "learning_rate": 0.001}}, "RMSprop, learning rate 0.001"),
        ({"optimizer": {"momentum": 0.9}}, "momentum 0.9"),
        ({"batch_size": 8}, "batch 8"),
        ({"epochs": 7}, "7 epochs"),
        ({"epochs": 7, "early_stopping": STOPPING}, "early stopping, patience 3"),
        ({"model": {"dropout": 0.3}}, "dropout 0.3"),
        ({"model": {"batch_normalization": True}}, "batch normalization"),
        ({"data": "cifar10"}, "cifar10"),
        ({"label": "as in the book", "batch_size": 8}, "as in the book"),
    ],
)
def test_a_label_says_what_changes_in_a_few_words(changes: dict[str, object], words: str):
    assert label(study({"a": changes}).variants, "a") == words


def test_what_has_no_room_in_a_label_is_counted():
    variants = study({"a": {"batch_size": 8, "epochs": 7, "scale": "unit", "validation": 0.25}}).variants
    assert label(variants, "a") == "validation 0.25, scale unit and 2 more"


def test_what_is_taken_away_is_said():
    variants = study(
        {
            "a": {"model": {"dropout": 0.5}, "kernel_regularizer": "l2", "early_stopping": STOPPING},
            "b": {"from": "a", "model": {"dropout": None}},
            "c": {"from": "a", "kernel_regularizer": None},
            "d": {"from": "a", "early_stopping": None},
            "e": {"from": "a", "early_stopping": {"patience": 9}},
        }
    ).variants
    labels = [label(variants, name) for name in "bcde"]
    assert labels == ["no dropout", "no regularizer", "no early stopping", "patience 9"]


def test_a_name_that_says_it_all_is_not_told_twice():
    variants = study({"batch 8": {"batch_size": 8}, "a": {"batch_size": 8}}).variants
    assert (named(variants, "batch 8"), named(variants, "a")) == ("batch 8", "a · batch 8")


def test_the_labels_of_the_lab_are_told_in_vietnamese():
    variants = load("lab2").variants
    with language("vi"):
        assert [named(variants, name) for name in ("2", "3a", "6")] == [
            "2 · L2 0,01",
            "3a · khởi tạo bằng 0",
            "6 · dừng sớm",
        ]


@pytest.mark.parametrize(
    ("reference", "treatment", "words"),
    [
        ({}, {"kernel_regularizer": {"l2": 0.01}}, "L2 0.01 vs none"),
        ({}, {"batch_size": 8}, "Batch 8 vs 128"),
        ({"optimizer": "sgd"}, {"optimizer": {"name": "sgd", "momentum": 0.9}}, "Momentum 0.9 vs 0"),
        ({}, {"optimizer": {"name": "adam", "learning_rate": 0.001}}, "Adam vs SGD"),
        ({}, {"epochs": 100, "early_stopping": STOPPING}, "Early stopping, patience 3 vs 30 epochs"),
        ({}, {"layers": {"hidden_1": {"kernel_initializer": "ones"}}}, "hidden_1 ones vs glorot_uniform"),
        ({"label": "plain"}, {"label": "heavy", "batch_size": 8}, "Heavy vs plain"),
        ({"batch_size": 8}, {"scale": "unit", "epochs": 7}, "Scale unit, 7 epochs vs batch 8"),
        (
            {},
            {"optimizer": {"learning_rate": 0.1}, "batch_size": 8},
            "Batch 8, learning rate 0.1 vs base",
        ),
        (
            {},
            {"optimizer": {"learning_rate": 0.1}, "epochs": 7, "early_stopping": STOPPING},
            "Early stopping, patience 3 and 1 more vs base",
        ),
    ],
)
def test_a_question_is_called_by_what_it_compares(
    reference: dict[str, object], treatment: dict[str, object], words: str
):
    variants = study({"a": reference, "b": treatment}).variants
    assert question_title(variants, Question(treatment="b", reference="a")) == words


def test_a_question_about_something_else_than_accuracy_says_so():
    variants = study({"a": {}, "b": {"batch_size": 8}}).variants
    asked = Question(treatment="b", reference="a", metric="test_loss")
    assert question_title(variants, asked) == "Batch 8 vs 128 (test loss)"


def test_a_question_with_a_title_keeps_it():
    variants = study({"a": {}, "b": {"batch_size": 8}}).variants
    asked = Question(treatment="b", reference="a", title="Small batches")
    assert question_title(variants, asked) == "Small batches"


def test_a_label_too_long_for_a_table_is_refused():
    assert "at most 60 characters" in faults_with({"label": "x" * 61})


@given(STUDIES)
@settings(deadline=None, max_examples=60)
def test_every_variant_has_a_short_label_in_one_line(written: dict[str, object]):
    read = loaded(written)
    for name in read.variants if read else ():
        words = label(read.variants, name)
        assert words
        assert "\n" not in words
        phrases = words.replace(", patience", " patience")  # of one phrase
        assert len(words) <= 38 or ", " not in phrases or "[" in words


def compared(treatment: object, reference: object) -> Study:
    """A study of two networks, both given as lists of layers."""
    questions = [{"treatment": "conv", "reference": "dense"}]
    base = {**BASE, "loss": "categorical_crossentropy", "model": reference}
    return load(
        {"base": base, "variants": {"conv": {"model": treatment}, "dense": {}}, "questions": questions}
    )


SOFTMAX = {"dense": {"units": 10, "activation": "softmax"}}
CONV = {"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}}
HIDDEN = {"dense": {"units": 32, "activation": "relu"}}


def test_a_question_about_two_quite_different_networks_has_the_names_of_its_variants():
    read = compared([CONV, "max_pooling2d", "flatten", SOFTMAX], ["flatten", HIDDEN, SOFTMAX])
    assert question_title(read.variants, read.questions[0]) == "Conv vs dense"


def test_a_label_tells_what_a_network_has_before_what_it_no_longer_has():
    read = compared([CONV, "flatten", SOFTMAX], ["flatten", HIDDEN, SOFTMAX])
    assert label(read.variants, "conv") == "conv2d 8, without hidden_1"
