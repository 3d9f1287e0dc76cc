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
