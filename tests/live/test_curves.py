"""The numbers behind the picture of all runs."""

import math

from paribus.live import curves
from paribus.live.state import StudyFolder


def now(training):
    return StudyFolder(training.store.folder).read()


def test_every_run_has_a_line_and_the_first_variant_that_changes_nothing_is_the_base(training):
    state = now(training)
    found = curves.lines(state, state.runs)
    assert [(line["variant"], line["seed"], line["base"]) for line in found] == [
        ("v1", 0, True),
        ("v1", 1, True),
        ("v2", 0, False),
        ("v2", 1, False),
    ]
    assert {line["name"] for line in found} == {"plain · base", "l2 · L2 0.01"}


def test_accuracies_are_percentages_and_the_loss_is_that_of_the_data_alone(training):
    training.rows[1] |= {"val_accuracy": 0.97654321, "val_data_loss": 0.25, "val_loss": 9.0}
    training.start("plain", 0, epochs=2)
    state = now(training)
    found = curves.values(state, state.runs[0])
    assert (found["score"][1], found["loss"][1]) == (97.654, 0.25)


def test_a_value_that_is_not_finite_is_a_gap(training):
    training.rows[1]["val_data_loss"] = math.inf
    training.start("plain", 0, epochs=3)
    state = now(training)
    loss = curves.values(state, state.runs[0])["loss"]
    assert [value is None for value in loss] == [False, True, False]


def test_without_validation_images_training_is_shown(training):
    for variant in training.study.variants.values():
        changed = variant.configuration.model_copy(update={"validation": 0.0})
        object.__setattr__(variant, "configuration", changed)
    training.store.write_study(training.study, training.data)
    training.rows[0]["accuracy"] = 0.5
    training.start("plain", 0, epochs=1)
    state = now(training)
    assert curves.values(state, state.runs[0])["score"] == [50.0]
    assert curves.title(state, "mnist", "score").startswith("Training accuracy")


def test_the_scripts_words_keep_their_places():
    assert curves.words()["point"] == "{variant}, seed {seed}, epoch {epoch}: {value}"
