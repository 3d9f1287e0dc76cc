"""Optimizers, schedules, initializers and callbacks of the user's own, as the documentation has them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import paribus as pb
from paribus.errors import StudyError
from paribus.record.folder import RunFolder
from paribus.record.run import Status
from paribus.workflow.results import Results

pytestmark = pytest.mark.whole

PAGE = (Path(__file__).parent.parent.parent / "docs" / "models.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## Optimizers, schedules") :]
YAML = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)[0]
PYTHON = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)[0]
MORE = """

class Steps(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


class Stops(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


class Changes(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([0 * each for each in self.model.get_weights()])


class Fails(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise ValueError("no disk")


class Counting(SignDescent):
    def update_step(self, gradient, variable, learning_rate):
        self.count = getattr(self, "count", 0) + 1
        self.assign_sub(variable, learning_rate * self.count * gradient)


class Unseeded(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return np.random.default_rng().normal(size=shape).astype("float32")


class Hits(keras.metrics.Metric):
    def __init__(self, name="hits"):
        super().__init__(name=name)
        self.found = self.add_variable((), "zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        right = ops.equal(ops.argmax(y_pred, axis=-1), ops.cast(ops.reshape(y_true, (-1,)), "int64"))
        self.found.assign(ops.mean(ops.cast(right, "float32")))

    def result(self):
        return self.found.value
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    (folder / "parts.py").write_text(PYTHON + MORE, encoding="utf-8")
    (folder / "own-parts.yaml").write_text(YAML, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return pb.run(folder / "own-parts.yaml", out=folder / "out", workers=1)


def with_base(folder: Path, **changes: object) -> dict[str, object]:
    base = {
        "scale": "standard",
        "model": {"hidden": [8]},
        "loss": "sparse_categorical_crossentropy",
        "optimizer": "adam",
        "epochs": 2,
    }
    return {
        "name": "parts",
        "seeds": 1,
        "data": {"sklearn": "digits"},
        "base": {**base, **changes},
        "variants": {"only": {}},
    }


def test_the_documented_parts_are_trained_with_and_compared(results: Results) -> None:
    assert {record.status for record in results.records.values()} == {Status.FINISHED}
    titles = [results.study.question_title(each) for each in results.study.questions]
    assert "0.5" in titles[0]
    assert "decay" in titles[0].lower()
    assert "parts.py:Warmup" in results.study.named("warmed")


def test_variants_share_the_weights_that_an_initializer_draws_by_seed(results: Results) -> None:
    one, other = (
        results.study.variants[name].configuration.layers[0].arguments["kernel_initializer"]
        for name in ("plain", "adam")
    )
    assert one == other
    assert one.own.takes_seed  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]


def test_the_script_has_the_source_of_every_part(results: Results) -> None:
    script = results["plain"].keras_script()
    assert "class SignDescent(keras.optimizers.Optimizer):" in script
    assert "optimizer=SignDescent(decay=0.9, learning_rate=0.003)" in script
    assert "Small(size=0.05, seed=" in script
    compile(script, "script.py", "exec")


def test_kept_weights_are_a_model_of_plain_keras(results: Results) -> None:
    model = results.weights("plain", seed=0)
    kept = RunFolder(results.records["plain", 0].folder).weights()
    assert any(np.array_equal(model.get_weights()[0], each) for each in kept.values())


def test_objects_mean_the_same_as_their_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(folder)
    import parts  # pyright: ignore[reportMissingImports]

    in_yaml = with_base(
        folder,
        optimizer={"python": "parts.py:SignDescent", "learning_rate": 0.003, "arguments": {"decay": 0.5}},
        kernel_initializer={"python": "parts.py:Small", "arguments": {"size": 0.2}},
        callbacks=[{"python": "parts.py:Norms"}],
    )
    in_python = with_base(
        folder,
        optimizer=parts.SignDescent(0.003, decay=0.5),
        kernel_initializer=parts.Small(0.2),
        callbacks=[parts.Norms()],
    )
    one, other = (pb.load(each).variants["only"].configuration for each in (in_yaml, in_python))
    assert one == other
    scheduled = pb.load(with_base(folder, optimizer={"name": "sgd", "learning_rate": parts.Warmup(0.1, 20)}))
    rate = scheduled.variants["only"].configuration.optimizer.arguments["learning_rate"]
    assert rate.arguments == {"peak": 0.1, "steps": 20}  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]


def test_an_interrupted_run_goes_on_with_its_own_optimizer_to_the_same_bits(folder: Path) -> None:
    from tests.engine.conftest import Remembered

    from paribus.data.own.load import load as load_data
    from paribus.engine.program import Program
    from paribus.engine.training import Resumed, train
    from paribus.record.run import DataIdentity, RunSpec

    study = pb.load(folder / "own-parts.yaml")
    configuration = study.variants["warmed"].configuration
    dataset = load_data(study.sources[configuration.data])[0]
    identity = DataIdentity(name=configuration.data, sha256=dataset.sha256)
    spec = RunSpec(configuration=configuration, seed=1, data=identity)
    functions = dict(study.programs)

    def program_of() -> Program:
        return Program(configuration, dataset.x_train.shape[1:], functions=functions)

    whole, again = Remembered(), Remembered()
    with pytest.MonkeyPatch.context() as patched:
        from paribus.record.checkpoint import Pace

        patched.setattr(Pace, "is_due", True)
        train([spec], dataset, whole, program=program_of())
    epoch = min(whole.checkpoints[spec.digest])
    history = [row for row in whole.rows[spec.digest] if row["epoch"] <= epoch]
    resumed = {spec.digest: Resumed(whole.checkpoints[spec.digest][epoch], history)}
    train([spec], dataset, again, program=program_of(), resumed=resumed)
    assert again.rows[spec.digest] == whole.rows[spec.digest][epoch:]
    for path, array in whole.trained[spec.digest].weights.items():
        assert array.tobytes() == again.trained[spec.digest].weights[path].tobytes()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"callbacks": [{"python": "parts.py:Steps"}]}, "on_train_batch_end"),
        ({"callbacks": [{"python": "parts.py:Small"}]}, "keras.callbacks.Callback"),
        ({"callbacks": {"python": "parts.py:Norms"}}, "list"),
        ({"callbacks": [{"python": "parts.py"}]}, "names no callback"),
        ({"optimizer": {"python": "parts.py:Small"}}, "Optimizer"),
        ({"optimizer": {"python": "parts.py:Counting"}}, "another update the second time"),
        ({"optimizer": {"python": "parts.py:SignDescent", "momentum": 1}}, "momentum"),
        ({"kernel_initializer": {"python": "parts.py:Unseeded"}}, "argument seed"),
        ({"kernel_initializer": {"python": "parts.py:Smal"}}, "Did you mean 'Small'?"),
        (
            {"optimizer": {"name": "sgd", "learning_rate": {"python": "parts.py:Norms"}}},
            "LearningRateSchedule",
        ),
    ],
)
def test_what_cannot_be_used_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], said: str
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(StudyError) as caught:
        pb.load(with_base(folder, **changes))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [("Stops", "sets stop_training"), ("Changes", "changes weights"), ("Fails", "no disk")],
)
def test_a_callback_that_does_more_than_look_fails_its_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.chdir(folder)
    study = with_base(folder, callbacks=[{"python": f"parts.py:{name}"}])
    results = pb.run(study, out=tmp_path / "out", workers=1)
    record = results.records["only", 0]
    assert record.status is Status.FAILED
    assert said in str(record.result.cause if record.result else "")


def test_early_stopping_and_plateau_watch_metrics_of_ones_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    study = with_base(
        folder,
        metrics=[{"python": "parts.py:Hits", "higher_is_better": True}],
        early_stopping={"monitor": "val_hits", "patience": 1, "restore_best_weights": True},
        reduce_on_plateau={"monitor": "val_hits", "patience": 1},
        epochs=30,
    )
    results = pb.run(study, out=tmp_path / "out", workers=1)
    record = results.records["only", 0]
    hits = [row["val_hits"] for row in record.history]
    assert record.status is Status.EARLY_STOPPED
    assert hits[-1] <= max(hits[:-1])
    assert record.result is not None
    assert record.result.kept_epoch == 1 + int(np.argmax(hits))
    assert results.study.variants["only"].configuration.early_stopping.mode == "max"  # pyright: ignore[reportOptionalMemberAccess]
    with pytest.raises(StudyError, match="val_hit'"):
        pb.load(with_base(folder, early_stopping={"monitor": "val_hit"}))


def test_no_python_refuses_them(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "paribus", "--no-python", "plan", str(folder / "own-parts.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "parts.py would run code of this study" in " ".join(done.stderr.split())
