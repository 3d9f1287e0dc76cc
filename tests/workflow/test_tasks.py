"""A regression and a study of several labels, from data to every kind of report."""

from __future__ import annotations

import ast
import json

import numpy as np
import pytest
from sklearn.metrics import f1_score, root_mean_squared_error
from typer.testing import CliRunner

import paribus as pb
from paribus.analysis.questions.answering import comparisons
from paribus.analysis.questions.verdict import Verdict

pytestmark = pytest.mark.whole

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(260, 5)).astype(np.float32)
TARGET = 100 + 30 * X[:, 0] - 10 * X[:, 1] + DRAW.normal(0, 5, 260)
LABELS = (X[:, :3] + DRAW.normal(0, 0.3, (260, 3)) > 0).astype(int)


def made(name, y, *, questions, **base):
    settings = {
        "optimizer": {"name": "adam", "learning_rate": 0.02},
        "validation": 0.2,
        "epochs": 15,
        **base,
    }
    return pb.Study(
        name=name,
        data=pb.Data(X, y, test=0.3, name=name),
        seeds=3,
        margin=0.05,
        base=settings,
        variants={"plain": {}, "slow": {"learning_rate": 0.005}},
        questions=[{"treatment": "slow", "reference": "plain", **each} for each in questions],
    )


@pytest.fixture(scope="module")
def regression(in_this_process, tmp_path_factory):
    study = made(
        "houses",
        TARGET,
        questions=[{}, {"metric": "test_rmse"}, {"metric": "val_mae"}],
        model={"hidden": [8], "output": "linear"},
        loss="mean_squared_error",
        target_scale="standard",
        metrics=["mae"],
    )
    return pb.run(study, out=tmp_path_factory.mktemp("regression") / "out", workers=1)


@pytest.fixture(scope="module")
def multilabel(in_this_process, tmp_path_factory):
    study = made(
        "tags",
        LABELS,
        questions=[{}, {"metric": "test_f1_macro"}, {"metric": "val_roc_auc"}],
        model={"hidden": [8], "output": "sigmoid"},
        loss="binary_crossentropy",
        metrics=["roc_auc"],
        early_stopping={"monitor": "val_roc_auc", "patience": 4, "restore_best_weights": True},
    )
    return pb.run(study, out=tmp_path_factory.mktemp("multilabel") / "out", workers=1)


def outputs_of(results, variant, seed):
    from paribus.record.folder import RunFolder

    return RunFolder(results[variant].records[seed].folder).predictions()


def test_a_regression_is_asked_about_r2_unless_it_says_otherwise(regression):
    assert [each.metric for each in regression.study.questions] == ["test_r2", "test_rmse", "val_mae"]


def test_the_numbers_compared_are_scikit_learns_in_the_targets_own_unit(regression):
    found = regression.comparisons()[1]
    errors = {
        variant: np.mean(
            [
                root_mean_squared_error(labels, outputs)
                for outputs, labels in (outputs_of(regression, variant, seed) for seed in range(3))
            ]
        )
        for variant in ("slow", "plain")
    }
    assert found.means == pytest.approx((errors["slow"], errors["plain"]), rel=1e-5)
    assert errors["slow"] > errors["plain"] > 3


def test_a_higher_error_is_worse_and_a_lower_r2_too(regression):
    assert regression.comparisons()[0].difference < 0 < regression.comparisons()[1].difference
    assert regression.comparisons()[1].ahead == 0


def test_the_margin_is_one_of_the_score_alone(regression, multilabel):
    assert [each.margin for each in regression.comparisons()] == [0.05, None, None]
    assert [each.margin for each in multilabel.comparisons()] == [0.05, None, None]


def test_verdicts_cover_new_test_examples_where_the_metric_follows_from_them(regression, multilabel):
    for results in (regression, multilabel):
        covered = [each.image_interval is not None for each in results.comparisons()]
        assert covered == [True, True, False]


def test_a_metric_over_labels_is_scikit_learns(multilabel):
    outputs, labels = outputs_of(multilabel, "plain", 0)
    found = multilabel["plain"].metrics()
    assert found["f1_macro"][0] == pytest.approx(f1_score(labels, outputs > 0.5, average="macro"))


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_every_report_is_written_and_names_the_tasks_score(task, request, tmp_path):
    results = request.getfixturevalue(task)
    score = "R²" if task == "regression" else "accuracy"
    for ending in ("html", "md", "ipynb"):
        told = results.report(tmp_path / f"report.{ending}").read_text(encoding="utf-8")
        assert score in told or score.encode("unicode_escape").decode() in told
        assert "Always predicting" in told
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    shown = ("Predicted against true", "Largest errors") if task == "regression" else ("Scores by label",)
    assert all(words in page for words in shown)
    assert "confusion" not in page.split("</style>")[-1].split("<script")[0]


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_frames_figures_and_json_have_the_tasks_score(task, request):
    results, name = request.getfixturevalue(task), "r2" if task == "regression" else "accuracy"
    frame = results.to_frame()
    assert frame[f"test_{name}"].tolist() == [
        score for variant in results.values() for score in variant.test_score
    ]
    assert results.plot() is not None
    assert results.plot_answers() is not None
    from paribus.workflow.show_json import show_tree

    tree = json.loads(json.dumps(show_tree(results)))
    assert tree["runs"][0]["test"][name] is not None
    assert len(tree["runs"][0]["history"][name]) == 15 or task == "multilabel"


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_the_terminal_shows_the_tasks_score(task, request):
    from paribus.cli.app import app

    results = request.getfixturevalue(task)
    found = CliRunner().invoke(app, ["show", str(results.folder), "--details"])
    assert found.exit_code == 0, found.output
    assert ("test R²" if task == "regression" else "test %") in found.output
    assert "Always predicting" in found.output


def test_a_regression_trained_again_comes_to_the_same_bits(regression):
    again = pb.rerun(regression.study, regression["plain"].reported())
    assert again.holds
    assert "Test R²" in str(again)


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("test_accuracy", "is not a metric for regression"),
        ("val_rmse", "it is not measured"),
        ("test_rms", "Did you mean"),
    ],
)
def test_a_metric_that_cannot_be_compared_is_told(regression, metric, told):
    with pytest.raises(pb.UsageError, match=told):
        regression.compare("slow", "plain", metric)


def test_a_number_is_no_share_of_one_class():
    model = {"hidden": [8], "output": "softmax"}
    with pytest.raises(pb.StudyError) as told:
        made("faulty", TARGET, questions=[], model=model, loss="mean_squared_error")
    assert len(told.value.faults) == 1
    assert "base.model.output" in str(told.value)
    assert "output: linear" in str(told.value)
    assert "sigmoid" not in str(told.value)


def test_what_is_watched_and_not_measured_is_a_fault():
    with pytest.raises(pb.StudyError, match=r"Add metrics: \[rmse\]"):
        made(
            "faulty",
            TARGET,
            questions=[],
            model={"hidden": [8], "output": "linear"},
            loss="mean_squared_error",
            early_stopping={"monitor": "val_rmse"},
        )


def test_the_means_of_a_metric_that_no_table_has_stand_in_every_report(regression, tmp_path):
    found = regression.comparisons()[1]
    treatment, reference = (f"{mean:.4g}" for mean in found.means)
    from paribus.cli.app import app

    folder = str(regression.folder)
    shown = CliRunner().invoke(app, ["show", folder], env={"COLUMNS": "80"}).output
    assert f"test RMSE {treatment} vs {reference}" in " ".join(shown.split())
    page = regression.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count(f"(test RMSE {treatment} vs {reference})") >= 2
    words = regression.report(tmp_path / "page.md").read_text(encoding="utf-8")
    assert f"Mean test RMSE: {treatment} for variant slow, {reference} for variant plain." in words
    assert f"| {treatment} vs {reference} |" in words


def test_a_margin_in_the_targets_unit_decides_and_is_told(regression):
    asked = regression.study.questions[1].model_copy(update={"margin": 500.0})
    study = regression.study.model_copy(update={"questions": (asked,)})
    (found,) = comparisons(study, regression.records)
    assert found.verdict is Verdict.EQUIVALENT
    assert "margin of 500 " in str(found.sentence)


def test_a_study_of_arrays_is_printed_from_its_results_and_loads_its_arrays(regression):
    from paribus.cli.app import app

    printed = CliRunner().invoke(app, ["keras", str(regression.folder), "slow", "--seed", "2"])
    assert printed.exit_code == 0
    assert printed.output == regression["slow"].keras_script(2)
    assert (
        "the arrays that the study was given in python"
        in " ".join(printed.output.replace("#", "").split()).lower()
    )
    (loading,) = [each for each in ast.parse(printed.output).body if getattr(each, "name", "") == "load_data"]
    namespace: dict[str, object] = {}
    exec(compile(ast.Module([loading], []), "script", "exec"), namespace)
    (x_train, y_train), (x_test, _) = namespace["load_data"]()
    assert (len(x_train), len(x_test)) == (182, 78)
    assert {float(each) for each in y_train[:, 0]} < {float(np.float32(each)) for each in TARGET}


def test_a_plan_says_from_python_what_would_run(regression):
    planned = pb.plan(regression.study, out=regression.folder, seeds=4)
    assert repr(planned) == "StudyPlan('houses', 2 of 8 runs missing)"
    assert planned.missing == 2
    frame = planned.to_frame()
    assert (frame["status"] == "missing").sum() == 2
    assert set(frame["variant"]) == {"plain", "slow"}
    assert "slow" in str(planned)


@pytest.mark.parametrize(
    ("y", "loss", "output"),
    [
        (TARGET, "mean_squared_error", "linear"),
        (LABELS, "binary_crossentropy", "sigmoid"),
        (LABELS[:, 0], "categorical_crossentropy", "softmax"),
    ],
    ids=["regression", "multilabel", "classification"],
)
def test_an_output_that_is_not_written_is_that_of_the_task(y, loss, output):
    base = {"model": {"hidden": [4]}, "loss": loss, "optimizer": "sgd", "epochs": 1}
    study = pb.Study(name="ends", data=pb.Data(X, y, test=0.2), base=base, variants={"v": {}})
    assert study.variants["v"].configuration.output == output
