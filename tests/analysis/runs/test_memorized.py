"""Networks that know their training examples alone."""

import pytest
from tests.analysis.made_runs import flat, found, judged, regression, run


@pytest.mark.parametrize(("validation", "is_told"), [(0.1, True), (0.103, True), (0.11, False), (0.5, False)])
def test_validation_at_chance_beside_a_known_training_set_is_told(validation, is_told):
    observed = run(accuracy=flat(0.9), val_accuracy=flat(validation), test=validation)
    assert (judged("only-memorized", observed) is not None) is is_told


def test_a_network_that_knows_neither_has_learned_nothing():
    assert "only-memorized" not in found(run(accuracy=flat(0.1), val_accuracy=flat(0.1)))


def test_a_common_class_is_no_chance_where_recall_is_beyond_it():
    curves = {"accuracy": flat(1.0), "val_accuracy": flat(0.98)}
    usual = {"labels": (9_900, 100), "predicted": (9_800, 200)}
    assert judged("only-memorized", run(more={**usual, "recall": (0.8, 0.03)}, **curves)) is None
    assert judged("only-memorized", run(more={**usual, "recall": (0.5, 0.03)}, **curves)) is not None


def test_a_regression_of_noise_is_told_by_r2():
    assert judged("only-memorized", regression(r2=flat(0.5), val_r2=flat(-0.3))) is not None
    assert judged("only-memorized", regression(r2=flat(0.5), val_r2=flat(0.3))) is None
