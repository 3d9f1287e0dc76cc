"""Columns of a table that teach nothing, give the answer away, or are of very different sizes."""

from __future__ import annotations

import pytest
from tests.analysis.made_studies import clean, finding, tabled, tabular, with_inputs

from paribus.analysis.design.review import review
from paribus.analysis.finding import Severity
from paribus.data.census import census
from paribus.data.own.load import load
from paribus.study.census import Column

AGE = Column(name="age", mean=50.0, spread=12.0, alone=0.2)


def found(code: str, *columns: Column, **base: object):
    study = tabular(**base)
    return finding(study, code, data=tabled(study, columns=columns))


def test_a_constant_column_is_an_info_that_names_it():
    constant = found("constant-columns", AGE, Column(name="site", mean=3.0))
    assert constant.severity is Severity.INFO
    assert (constant.evidence["constant"], constant.evidence["all"]) == (1, 2)
    assert "site" in str(constant.why)
    assert "age" not in str(constant.why)
    assert found("constant-columns", AGE) is None


@pytest.mark.parametrize(
    ("numbering", "severity"), [("dense", Severity.WARNING), ("distinct", Severity.INFO), ("", None)]
)
def test_a_column_that_numbers_the_rows_is_a_warning_and_different_numbers_are_an_info(numbering, severity):
    told = found("identifier-columns", AGE, Column(name="patient", spread=9.0, numbering=numbering))
    assert (told and told.severity) == severity


@pytest.mark.parametrize(("share", "severity"), [(0.0, None), (0.1, Severity.INFO), (0.5, Severity.WARNING)])
def test_missing_numbers_are_told_with_what_fills_them(share, severity):
    told = found("missing-values", AGE, Column(name="income", spread=1.0, missing=share))
    assert (told and told.severity) == severity
    if told:
        assert told.evidence["share"] == pytest.approx(share / 2)
        assert "median" in str(told.why)


@pytest.mark.parametrize(("alone", "is_told"), [(0.98, False), (0.99, True)])
def test_a_column_that_tells_the_target_alone_is_a_leak(alone, is_told):
    leak = found("target-leak", AGE, Column(name="diagnosis_code", spread=1.0, alone=alone))
    assert (leak is not None) is is_told


def test_columns_of_very_different_sizes_are_named_where_nothing_scales_them():
    columns = (AGE, Column(name="share", mean=0.1, spread=0.2))
    told = found("unscaled-features", *columns, scale="none")
    assert "age" in str(told.why)
    assert "share" in str(told.why)
    for scale in ("standard", "minmax", "robust"):
        assert found("unscaled-features", *columns, scale=scale) is None
    assert found("unscaled-features", AGE, Column(name="weight", mean=70, spread=9), scale="none") is None


def test_a_layer_that_normalizes_first_scales_them_too():
    columns = (AGE, Column(name="share", mean=0.1, spread=0.2))
    model = [{"batch_normalization": {}}, {"dense": 16}, {"dense": {"units": 2, "activation": "softmax"}}]
    assert found("unscaled-features", *columns, scale="none", model=model) is None


def test_a_constant_column_is_not_called_the_smallest():
    told = found("unscaled-features", AGE, Column(name="zero"), scale="none")
    assert told is None


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_the_tables_of_scikit_learn_have_no_fault_in_their_columns(name):
    study = tabular(name, metric="test_data_loss")
    counted = census(*load(study.sources[name]))
    data = {name: tabled(study)[name].model_copy(update={"census": counted})}
    told = {each.code for each in review(study, data=data) if each.severity is not Severity.INFO}
    assert told <= {"unscaled-targets"}


def test_nothing_of_columns_is_said_of_images():
    assert finding(clean(), "missing-values") is None


IMAGE = Column(name="image", mean=100.0, spread=80.0, input="image", count=64)
INPUT_AGE = Column(name="age", mean=0.5, spread=0.2, missing=0.5, input="age")


def of_inputs(code: str, **base: object):
    study = with_inputs(**base)
    return finding(study, code, data=tabled(study, columns=(IMAGE, INPUT_AGE)))


def test_inputs_of_very_different_sizes_are_named_where_nothing_scales_them():
    told = of_inputs("unscaled-features")
    assert "values of image are about 128, those of age about 0.539" in str(told.why)
    assert of_inputs("unscaled-features", scale={"image": "unit"}) is None
    assert of_inputs("unscaled-features", scale={"age": "standard"}) is not None


def test_the_share_of_missing_numbers_counts_every_number_of_an_input():
    assert of_inputs("missing-values").evidence["share"] == pytest.approx(0.5 / 65)


def test_no_layer_of_a_branch_is_taken_for_one_that_follows_another():
    assert (
        of_inputs("linear-layers") is None
    )  # though hidden_1 of the image and hidden_2 of the age are linear
