"""Training images of which a class lacks, is rare, or is labelled in two ways."""

import pytest
from tests.analysis.made_studies import clean, counted, finding, tabled, tabular


def test_classes_without_an_image_are_named():
    found = finding(clean(), "class-missing", data=counted(classes=(0, 0, *[6_000] * 8)))
    assert "label 0 and 1" in str(found.why)
    assert found.factors == ("data",)


@pytest.mark.parametrize(("rarest", "is_rare"), [(599, True), (600, False), (0, False)])
def test_a_class_is_rare_below_a_tenth_of_the_commonest(rarest, is_rare):
    found = finding(clean(), "class-rare", data=counted(classes=(rarest, *[6_000] * 9)))
    assert (found is not None) is is_rare


@pytest.mark.parametrize(("images", "is_told"), [(600, False), (601, True)])
def test_one_image_in_a_hundred_may_have_two_labels(images, is_told):
    found = finding(clean(), "two-labels", data=counted(contradictory=images))
    assert (found is not None) is is_told


def test_nothing_is_told_of_images_that_were_not_counted():
    for code in ("class-missing", "class-rare", "two-labels", "copies-tested", "copies-held-out"):
        assert finding(clean(), code) is None


@pytest.mark.parametrize(("common", "is_told"), [(300, False), (364, True), (450, True)])
def test_accuracy_says_little_where_one_class_is_four_fifths_of_a_table(common, is_told):
    study = tabular()
    found = finding(study, "imbalanced-accuracy", data=tabled(study, classes=(455 - common, common)))
    assert (found is not None) is is_told


def test_other_metrics_than_accuracy_may_be_compared_there():
    study = tabular(metric="test_data_loss")
    assert finding(study, "imbalanced-accuracy", data=tabled(study, classes=(5, 450))) is None


def test_rows_alike_with_other_labels_are_no_fault_of_a_table():
    study = tabular()
    assert finding(study, "two-labels", data=tabled(study, contradictory=100)) is None
