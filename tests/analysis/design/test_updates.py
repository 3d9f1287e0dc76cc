"""Runs of a handful of updates."""

import pytest
from tests.analysis.made_studies import clean, finding, tabular


@pytest.mark.parametrize(
    ("epochs", "batch", "updates"),
    [(22, 6000, 198), (20, 5400, None), (12, 54_000, 12)],
)
def test_a_run_below_200_updates_by_large_batches_is_a_warning(epochs, batch, updates):
    found = finding(clean({"epochs": epochs, "batch_size": batch}), "few-updates")
    assert (found and found.evidence["updates"]) == updates


def test_it_is_about_the_batch_size_where_batches_of_32_would_make_enough():
    study = clean({"batch_size": 54_000})
    assert finding(study, "few-updates").factors == ("batch_size",)
    assert finding(study, "few-epochs") is None


@pytest.mark.parametrize(("epochs", "updates"), [(2, 188), (3, None)])
def test_it_is_about_the_end_of_training_where_these_would_not_either(epochs, updates):
    study = clean({"epochs": epochs, "batch_size": 32, "validation": 0.95})
    found = finding(study, "few-epochs")
    assert (found and found.evidence["updates"]) == updates
    assert finding(study, "few-updates") is None


def test_too_few_images_are_told_in_its_place():
    study = clean({"epochs": 2, "validation": 0.998, "batch_size": 32}, plain={"batch_size": 32})
    assert finding(study, "few-training-images").evidence["images"] == 120
    assert finding(study, "few-updates") is finding(study, "few-epochs") is None


@pytest.mark.parametrize(("epochs", "batch", "code"), [(2, 1_000, "few-updates"), (2, 64, "few-epochs")])
def test_it_is_about_what_is_farther_from_the_usual(epochs, batch, code):
    study = clean({"epochs": epochs, "batch_size": batch, "validation": 0.9})
    other = {"few-updates": "few-epochs", "few-epochs": "few-updates"}[code]
    assert finding(study, code) is not None
    assert finding(study, other) is None


@pytest.mark.parametrize(("rate", "epochs", "is_told"), [(0.01, 4, False), (0.001, 4, True), (0.1, 1, True)])
def test_on_a_table_few_updates_suffice_at_a_larger_rate(rate, epochs, is_told):
    optimizer = {"name": "adam", "learning_rate": rate}
    study = tabular(optimizer=optimizer, epochs=epochs)
    found = finding(study, "few-epochs", only=["plain"])
    assert (found is not None) is is_told
