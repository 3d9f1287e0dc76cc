"""Models that a program has, compared in one call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

import paribus as pb
from paribus.errors import UsageError
from paribus.record.run import Status
from paribus.workflow.results import Results

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Three models of three kinds on one table."""
    x, y = load_iris(return_X_y=True, as_frame=True)
    models = {
        "linear": make_pipeline(StandardScaler(), LogisticRegression(C=0.01)),
        "forest": lambda: RandomForestClassifier(n_estimators=5),
        "svm": SVC(C=10.0),
    }
    return pb.compare(models, (x, y), seeds=4, workers=2, out=tmp_path_factory.mktemp("iris"))


def test_every_model_is_compared_with_the_first(iris: Results) -> None:
    assert {record.status for record in iris.records.values()} == {Status.FINISHED}
    pairs = [(each.question.treatment, each.question.reference) for each in iris.comparisons()]
    assert pairs == [("forest", "linear"), ("svm", "linear")]
    assert [iris.study.question_title(each.question) for each in iris.comparisons()] == [
        "forest vs linear",
        "svm vs linear",
    ]


def test_the_answers_come_before_the_table(iris: Results) -> None:
    printed = str(iris)
    assert printed.index("variant svm − variant linear") < printed.index("changes")


def test_models_of_two_kinds_differ_in_one_factor(iris: Results) -> None:
    assert not any(each.confounds for each in iris.comparisons())


def test_a_models_parameters_stand_beside_its_name(iris: Results) -> None:
    assert iris.study.named("svm") == "svm · SVC, C 10"
    assert iris.study.named("linear").startswith("linear · StandardScaler + LogisticRegression")


def test_the_report_shows_what_was_handed_over(iris: Results, tmp_path: Path) -> None:
    page = iris.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "RandomForestClassifier(n_estimators=5)" in page
    with pb.language("vi"):
        assert "chương trình Python" in iris.report(tmp_path / "vi.html").read_text(encoding="utf-8")


def test_a_single_epoch_is_no_course(iris: Results) -> None:
    said = str(iris.remarks())
    assert "Validation accuracy is" in said
    assert "goes from" not in said


def test_the_same_models_are_not_trained_again(iris: Results) -> None:
    x, y = load_iris(return_X_y=True, as_frame=True)
    models = {
        "linear": make_pipeline(StandardScaler(), LogisticRegression(C=0.01)),
        "forest": lambda: RandomForestClassifier(n_estimators=5),
        "svm": SVC(C=10.0),
        "other": SVC(C=11.0),
    }
    before = {key: record.spec.digest for key, record in iris.records.items() if key[0] != "forest"}
    again = pb.compare(models, (x, y), seeds=1, workers=1, out=iris.folder)
    kept = {key: again.records[key].spec.digest for key in before if key in again.records}
    assert kept == before
    assert again.records["other", 0].status is Status.FINISHED


def test_what_another_process_handed_over_is_not_unpickled(iris: Results) -> None:
    code = (
        "import paribus as pb, sys\n"
        "results = pb.load_results(sys.argv[1])\n"
        "try:\n    pb.run(results.study, seeds=9, out=sys.argv[1])\n"
        "except pb.UsageError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(iris.folder)], capture_output=True, text=True, check=True
    )
    assert "only that program can train" in done.stdout


def test_seeds_reach_every_random_state(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)
    search = GridSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": [1e-4, 1e-1]},
        cv=StratifiedKFold(2, shuffle=True, random_state=0),
    )
    models = {"fixed": SGDClassifier(max_iter=2, tol=None, random_state=0), "search": search}
    results = pb.compare(models, (x, y), seeds=3, workers=1, out=tmp_path, base={"validation": 0.0})
    losses = [results.records["fixed", seed].test_score for seed in range(3)]
    assert len(set(losses)) > 1
    assert results.records["search", 0].status is Status.FINISHED
    assert models["fixed"].get_params()["random_state"] == 0
    assert not hasattr(models["fixed"], "coef_")


def test_scaling_is_learned_from_training_rows_alone(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(100, 2)), draw.integers(0, 2, 100)
    test = (np.full((20, 2), 1e6), draw.integers(0, 2, 20))
    models = {"inside": make_pipeline(StandardScaler(), SVC()), "outside": SVC()}
    results = pb.compare(
        {"inside": models["inside"], "none": models["outside"]},
        ((x, y), test),
        seeds=2,
        workers=1,
        out=tmp_path / "a",
    )
    scaled = pb.compare(
        {"svm": SVC(), "other": SVC(C=2.0)},
        ((x, y), test),
        scale="standard",
        seeds=2,
        workers=1,
        out=tmp_path / "b",
    )
    for seed in range(2):
        assert results.records["inside", seed].history == scaled.records["svm", seed].history


def test_a_regression_is_compared_by_r2_or_by_what_is_asked(tmp_path: Path) -> None:
    x, y = load_diabetes(return_X_y=True)
    models = {"ridge": Ridge(), "tree": DecisionTreeRegressor(max_depth=2)}
    results = pb.compare(models, (x, y), metrics=["test_r2", "test_mae"], seeds=2, workers=1, out=tmp_path)
    assert [each.question.metric for each in results.comparisons()] == ["test_r2", "test_mae"]
    assert results.study.question_title(results.study.questions[1]).startswith("tree vs ridge (")


def test_a_frame_with_its_target_keeps_its_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"age": range(60), "town": ["a", "b", "c"] * 20, "sick": [0, 1] * 30})

    class Names(LogisticRegression):
        def fit(self, x: Any, y: Any, sample_weight: Any = None) -> Any:
            assert next(iter(x.columns)) == "age"
            assert x.shape[1] == 4
            return super().fit(x, y)

    results = pb.compare(
        {"one": Names(), "two": LogisticRegression(C=2.0)}, (frame, "sick"), seeds=1, workers=1, out=tmp_path
    )
    assert results.records["one", 0].status is Status.FINISHED, results.records["one", 0].result


def test_all_pairs_can_be_asked_for(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)
    models = {name: SVC(C=c) for name, c in (("a", 1.0), ("b", 2.0), ("c", 3.0))}
    results = pb.compare(models, (x, y), all_pairs=True, reference="b", seeds=1, workers=1, out=tmp_path)
    pairs = {(each.treatment, each.reference) for each in results.study.questions}
    assert pairs == {("a", "b"), ("c", "b"), ("c", "a")}


SCRIPT = """\
import paribus as pb
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
import numpy as np


class Constant(ClassifierMixin, BaseEstimator):
    def __init__(self, answer=0):
        self.answer = answer

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, x):
        return np.full(len(x), self.answer)


results = pb.compare({"zero": Constant(), "one": Constant(1)}, load_iris(return_X_y=True), seeds=2, out="out")
print(sorted(record.test_score for record in results.records.values()))
"""


def test_a_plain_script_compares_classes_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    for _ in range(2):  # the second time nothing is left to be trained
        done = subprocess.run(
            [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == str([10 / 30] * 4)
    assert "starts" not in done.stderr
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 4


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ({"one": SVC()}, "at least two models"),
        ([SVC(), SVC()], "at least two models"),
        ({"one": SVC(), "two": 3}, '"two" is a int'),
        ({"one": SVC(), "two": lambda: 1 / 0}, 'function of the model "two" failed: ZeroDivisionError'),
        (
            {"one": SVC(), "two": lambda number: SVC(C=number)},
            'function of the model "two" failed: TypeError',
        ),
    ],
)
def test_what_is_no_model_is_said(models: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        pb.compare(models, load_iris(return_X_y=True))


def test_wrong_arguments_are_said() -> None:
    models = {"one": SVC(), "two": SVC(C=2.0)}
    with pytest.raises(UsageError, match="The models are one, two"):
        pb.compare(models, load_iris(return_X_y=True), reference="three")
    with pytest.raises(UsageError, match="Give inputs and labels"):
        pb.compare(models, 3)
    with pytest.raises(pb.StudyError, match="metric"):
        pb.compare(models, load_iris(return_X_y=True), metrics="accuracy")


def test_a_model_that_fails_fails_alone(tmp_path: Path) -> None:
    models = {"fine": SVC(), "wrong": SVC(kernel="none")}
    results = pb.compare(models, load_iris(return_X_y=True), seeds=1, workers=1, out=tmp_path)
    assert results.records["fine", 0].status is Status.FINISHED
    result = results.records["wrong", 0].result
    assert result is not None
    assert result.message.startswith(
        "Before the first epoch: SVC: InvalidParameterError: The 'kernel' parameter"
    )


KERAS = """\
import keras
from sklearn.datasets import load_iris
from sklearn.svm import SVC

import paribus as pb


def build(optimizer):
    layers = [keras.layers.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3, "softmax")]
    model = keras.Sequential(layers)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def build_a():
    return build(keras.optimizers.Adam(0.01))


models = {"adam": build_a, "sgd": build(keras.optimizers.SGD(0.01)), "svm": SVC()}
iris = load_iris(return_X_y=True)
results = pb.compare(models, iris, seeds=1, epochs=3, scale="standard", out="out", workers=1)
names = [each.configuration.optimizer.name for each in results.study.variants.values()]
print(names, [record.test_score is not None for record in results.records.values()])
"""


def test_keras_models_train_beside_others(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(KERAS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("['adam', 'sgd', ''] [True, True, True]\n"), done.stderr


def test_examples_count_by_their_weights(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)
    weights = np.where(y == 0, 1e-9, 1.0)
    models: dict[str, Any] = {
        "alone": LogisticRegression(),
        "piped": make_pipeline(StandardScaler(), LogisticRegression()),
        "searched": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
    }
    results = pb.compare(
        models,
        pb.Data(x, y, sample_weight=weights),
        seeds=1,
        workers=1,
        out=tmp_path,
        base={"validation": 0.0},
    )
    assert {record.status for record in results.records.values()} == {Status.FINISHED}
    for name in models:  # the first class, which counts nothing, is never predicted
        matrix = results[name].mistakes()[0].confusion
        assert np.asarray(matrix)[:, 0].sum() == 0


def test_a_model_that_takes_no_weights_is_named(tmp_path: Path) -> None:
    from sklearn.neighbors import KNeighborsClassifier

    x, y = load_iris(return_X_y=True)
    models = {"near": KNeighborsClassifier(), "linear": LogisticRegression()}
    results = pb.compare(models, pb.Data(x, y, sample_weight=np.ones(150)), seeds=1, workers=1, out=tmp_path)
    record = results.records["near", 0]
    assert record.status is Status.FAILED
    assert "KNeighborsClassifier takes no weights" in str(record.result.cause if record.result else "")
    assert results.records["linear", 0].status is Status.FINISHED


class _Columns(LogisticRegression):
    """Notes the names of its columns, which a pipeline chooses by."""

    def fit(self, x: Any, y: Any, sample_weight: Any = None) -> Any:
        assert list(x.columns) == ["age", "image_0", "image_1", "image_2", "image_3"]
        return super().fit(x, y, sample_weight)


def test_several_inputs_are_the_columns_of_a_frame(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    age, image = draw.normal(size=100), draw.normal(size=(100, 2, 2))
    data = pb.Data({"age": age, "image": image}, (age + image[:, 0, 0] > 0).astype(int))
    models = {"linear": _Columns(), "forest": RandomForestClassifier(n_estimators=5)}
    results = pb.compare(models, data, seeds=1, workers=1, out=tmp_path, scale="standard")
    assert {record.status for record in results.records.values()} == {Status.FINISHED}
    assert (results.records["linear", 0].test_score or 0) > 0.8
