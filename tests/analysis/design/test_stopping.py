"""Early stopping that takes the worst for the best."""

import pytest
from tests.analysis.made_studies import clean, finding


@pytest.mark.parametrize(
    ("monitor", "mode", "is_found"),
    [
        ("val_accuracy", "min", True),
        ("val_accuracy", "max", False),
        ("val_accuracy", "auto", False),
        ("val_loss", "max", True),
        ("val_data_loss", "max", True),
        ("val_loss", "min", False),
    ],
)
def test_a_mode_against_the_usual_way_is_found(monitor, mode, is_found):
    study = clean({"early_stopping": {"monitor": monitor, "mode": mode}})
    found = finding(study, "backwards-mode")
    assert (found is not None) is is_found
    if found:
        assert f"the worst {monitor}" in str(found.why)


@pytest.mark.parametrize(("restores", "is_told"), [(True, True), (False, False)])
def test_worst_weights_are_spoken_of_where_they_are_restored(restores, is_told):
    settings = {"monitor": "val_loss", "mode": "max", "restore_best_weights": restores}
    told = str(finding(clean({"early_stopping": settings}), "backwards-mode").why)
    assert ("restores its worst weights" in told) is is_told
