"""Sweeps and crossed factors: the variants that they make, and the questions about them."""

from __future__ import annotations

import pytest
from tests.study.conftest import BASE

from paribus.errors import StudyError
from paribus.study.reader import from_text, load
from paribus.study.study import Study
from paribus.study.to_dict import same_meaning, to_dict

TREND = {"trend": "kernel_regularizer.l2"}
SWEEP = {"kernel_regularizer.l2": [0, 1e-3, 1e-2]}
CROSS = {
    "dropout": [0, 0.3],
    "batch_normalization": [False, True],
    "optimizer": {"sgd": {"optimizer": "sgd"}, "fast": {"optimizer": {"name": "sgd", "learning_rate": 0.5}}},
}


def study(**keys: object) -> Study:
    return load({"base": BASE, **keys})


def faults(**keys: object) -> list[str]:
    with pytest.raises(StudyError) as error:
        study(**keys)
    return [each.code for each in error.value.faults]


def test_a_sweep_makes_a_variant_for_each_dose_in_its_order():
    made = study(sweep=SWEEP)
    assert list(made.variants) == ["l2=0", "l2=0.001", "l2=0.01"]
    kernels = [
        each.configuration.layers[-1].arguments["kernel_regularizer"] for each in made.variants.values()
    ]
    assert kernels[0] is None
    assert [each.arguments for each in kernels[1:]] == [{"l2": 0.001}, {"l2": 0.01}]
    assert made.named("l2=0.01") == "l2=0.01 · L2 0.01"


def test_a_dose_is_called_as_its_author_spelt_it():
    written = b"sweep: {learning_rate: [1e-3, 1e-2]}\ndata: mnist\nbase: {}\n"
    written += b"train: {command: 'a {settings}', history: h, test: t}\n"
    assert list(from_text(written, "one.yaml").variants) == ["learning_rate=1e-3", "learning_rate=1e-2"]


def test_two_settings_are_swept_together_and_a_list_holds_several_sweeps():
    both = study(sweep={"dropout": [0, 0.3], "batch_size": [16, 32, 64]})
    assert len(both.variants) == 6
    apart = study(sweep=[{"dropout": [0, 0.3]}, {"batch_size": [16, 32, 64]}])
    assert list(apart.variants) == [
        "dropout=0",
        "dropout=0.3",
        "batch_size=16",
        "batch_size=32",
        "batch_size=64",
    ]


def test_crossed_factors_make_a_variant_for_each_combination():
    made = study(cross=CROSS)
    assert len(made.variants) == 8
    last = made.variants["dropout=0.3+batch_normalization=true+optimizer=fast"].configuration
    assert [each.kind for each in last.layers].count("batch_normalization") == 1
    assert last.optimizer.arguments["learning_rate"] == 0.5


def test_a_fraction_trains_half_of_the_combinations():
    made = study(cross=CROSS, fraction={"optimizer": "dropout * batch_normalization"})
    signs = [[2 * place - 1 for place in places] for places in made.designs[0].cells.values()]
    assert len(signs) == 4
    assert all(c == a * b for a, b, c in signs)


def test_levels_of_several_tasks_are_refused_where_no_variant_is_written():
    levels = {"sorts": {"data": {"sklearn": "iris"}}, "numbers": {"data": {"sklearn": "diabetes"}}}
    fitting = {"sorts": {}, "numbers": {"loss": "mean_squared_error", "model": {"output": "linear"}}}
    data = {name: {**levels[name], **fitting[name], "scale": "standard"} for name in levels}
    assert "study.several-tasks" in faults(
        base={**BASE, "batch_size": 8}, cross={"data": data, "epochs": [1, 2]}
    )


def test_made_variants_stand_beside_written_ones_and_may_be_asked_about():
    pair = {"treatment": "l2=0.01", "reference": "plain"}
    made = study(variants={"plain": {}}, sweep=SWEEP, questions=[{"trend": "kernel_regularizer.l2"}, pair])
    assert [each.trend for each in made.design_questions] == ["kernel_regularizer.l2"]
    assert [each.treatment for each in made.questions] == ["l2=0.01"]


def test_a_study_with_designs_is_read_again_from_its_dictionary_and_its_json():
    made = study(sweep=SWEEP, cross=CROSS, questions=[{"effects": "all"}, {"trend": "kernel_regularizer.l2"}])
    assert "sweep" in to_dict(made)
    assert same_meaning(Study.model_validate(to_dict(made)), made)
    assert Study.model_validate_json(made.model_dump_json()) == made


def test_a_study_without_designs_is_written_as_before():
    written = study(variants={"plain": {}}).model_dump()
    assert not {"designs", "design_questions"} & written.keys()


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"sweep": {"droput": [0, 0.3]}}, "study.unknown-setting"),
        ({"sweep": {"dropout": [0.3]}}, "study.few-levels"),
        ({"sweep": {"dropout": [0.3, 0.3]}}, "study.same-level"),
        ({"sweep": {"optimizer": [{"name": "sgd"}, "adam"]}}, "study.level-not-a-value"),
        ({"sweep": {"epochs": list(range(1, 2000))}}, "study.design-too-large"),
        ({"sweep": []}, "study.no-factors"),
        ({"cross": {"dropout": [0, 0.3]}}, "study.one-factor"),
        ({"sweep": SWEEP, "fraction": {"a": "b"}}, "study.fraction-without-cross"),
        (
            {"cross": {"dropout": [0, 0.1, 0.2], "epochs": [1, 2]}, "fraction": {"epochs": "dropout"}},
            "study.fraction-levels",
        ),
        ({"cross": CROSS, "fraction": {"optimizer": "dropuot"}}, "study.unknown-factor"),
        ({"sweep": SWEEP, "variants": {"l2=0": {}}}, "study.variant-of-design"),
        ({"sweep": {"dropout": [0, 0.3]}, "questions": [{"trend": "dropout"}]}, "study.not-a-dose"),
        ({"sweep": SWEEP, "questions": [{"trend": "l2"}]}, "study.unknown-factor"),
        ({"sweep": SWEEP, "questions": [{"effects": ["kernel_regularizer.l2"]}]}, "study.not-crossed"),
        (
            {"sweep": SWEEP, "questions": [{"trend": "kernel_regularizer.l2", "treatment": "l2=0"}]},
            "study.two-kinds-of-question",
        ),
    ],
)
def test_what_makes_no_design_is_refused(keys, code):
    assert code in faults(**keys)


def test_a_level_that_the_setting_does_not_take_is_a_fault_at_its_place():
    with pytest.raises(StudyError) as error:
        study(sweep={"dropout": [0, 1.5]})
    assert any("dropout" in each.path for each in error.value.faults)
