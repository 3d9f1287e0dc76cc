"""Studies with losses and metrics of the user's own, through the command and from Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import paribus as pb
from paribus.errors import StudyError, UsageError
from paribus.record.run import Status
from paribus.workflow.results import Results

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("focal")
    (folder / "losses.py").write_text(PYTHON, encoding="utf-8")
    (folder / "focal.yaml").write_text(YAML, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    """The example of the documentation, trained."""
    return pb.run(folder / "focal.yaml", out=folder / "out", workers=1)


def test_the_documented_losses_are_trained_with_named_and_compared(results: Results) -> None:
    assert {record.status for record in results.records.values()} == {Status.FINISHED}
    titles = [results.study.question_title(each) for each in results.study.questions]
    assert titles[0] == "Gamma 4 vs 2"
    assert titles[1].startswith("Loss sparse_categorical_crossentropy vs losses.py:focal (test confidence")
    assert results.study.named("softened") == "softened · loss losses.py:Softened"


def test_a_metric_of_ones_own_is_compared_on_and_has_its_direction(results: Results) -> None:
    found = results.compare("usual", "plain", metric="test_confidence")
    values = [results.records[name, 0].result.test["confidence"] for name in ("usual", "plain")]  # pyright: ignore[reportOptionalMemberAccess]
    assert values[0] > values[1]
    assert found.question.measured.rises is False
    assert "val_confidence" in results.records["plain", 0].history[-1]
    with pytest.raises(UsageError, match="test_sureness"):
        results.compare("usual", "plain", metric="test_sureness")


def test_the_script_has_the_source_of_the_loss_and_calls_it(results: Results) -> None:
    script = results["sharp"].keras_script()
    assert "def focal(y_true, y_pred, gamma=2.0):" in script
    assert "loss=lambda y_true, y_pred: focal(y_true, y_pred, gamma=4)" in script
    compile(script, "script.py", "exec")
    assert "loss=Softened(strength=0.2)" in results["softened"].keras_script()


def test_no_python_refuses_it(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "paribus", "--no-python", "plan", str(folder / "focal.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "losses.py would run code of this study" in " ".join(done.stderr.split())


def test_a_changed_file_is_another_run(results: Results, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "losses.py").write_text(PYTHON + "\n", encoding="utf-8")
    (tmp_path / "focal.yaml").write_text(YAML, encoding="utf-8")
    changed = pb.load(tmp_path / "focal.yaml").variants["plain"].configuration
    assert changed != results.study.variants["plain"].configuration


def test_a_direction_that_nobody_says_and_a_loss_that_is_none_are_faults(folder: Path) -> None:
    (folder / "wrong.yaml").write_text(
        YAML.replace(", higher_is_better: false", "").replace("losses.py:focal", "losses.py:vocal"),
        encoding="utf-8",
    )
    with pytest.raises(StudyError) as caught:
        pb.load(folder / "wrong.yaml")
    assert "Nothing says whether a higher confidence is better" in str(caught.value)
    assert "'vocal'" in str(caught.value)


SCRIPT = """
import keras
import paribus as pb


def sharp(y_true, y_pred):
    return keras.ops.sum(keras.ops.square(y_true - y_pred) ** 2, axis=-1)


class Twice(keras.losses.Loss):
    def __init__(self, factor=2.0, **others):
        super().__init__(**others)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * keras.losses.sparse_categorical_crossentropy(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


base = {"loss": sharp, "optimizer": keras.optimizers.Adam(), "epochs": 1, "model": {"hidden": [4]}}
variants = {"plain": {}, "twice": {"loss": Twice(3.0)}, "named": {"loss": "sparse_categorical_crossentropy"}}
study = pb.Study(name="script", data={"sklearn": "digits"}, base=base, variants=variants)
results = pb.run(study, seeds=1, workers=1, out="out")
print([record.status.value for record in results.records.values()])
print(study.variants["twice"].configuration.own_loss.arguments)
"""


def test_a_script_hands_over_functions_and_losses(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert done.stdout.splitlines()[-2:] == ["['finished', 'finished', 'finished']", "{'factor': 3.0}"], (
        done.stderr
    )
