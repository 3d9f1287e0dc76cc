"""The documented study of a network with several outputs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sklearn.datasets import load_digits

import paribus as pb
from paribus.errors import StudyError
from paribus.record.run import Status
from paribus.workflow.results import Results

pytestmark = pytest.mark.whole

PAGE = (Path(__file__).parent.parent.parent / "docs" / "models.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## Several outputs") :]
YAML = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)[0]
PYTHON = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("beside")
    (folder / "digits.py").write_text(PYTHON, encoding="utf-8")
    (folder / "beside.yaml").write_text(YAML, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return pb.run(folder / "beside.yaml", out=folder / "out", workers=1)


def test_the_documented_study_is_trained_and_compared(results: Results) -> None:
    assert {record.status for record in results.records.values()} == {Status.FINISHED}
    found = results.compare("strong", "both", metric="test_parity_accuracy")
    assert found.question.measured.rises
    last = results.records["both", 0].history[-1]
    assert {"parity_loss", "val_parity_accuracy"} <= last.keys()
    assert "parity_loss" not in results.records["alone", 0].history[-1]


def test_variants_are_told_apart_by_the_weights_of_their_losses(results: Results) -> None:
    titles = [results.study.question_title(each) for each in results.study.questions]
    assert "loss weights" in titles[1].lower() or "loss_weights" in titles[1]
    assert "0.3" in titles[1] or "parity" in titles[1]


def test_the_report_and_the_script_name_every_loss(results: Results, folder: Path) -> None:
    results.report(folder / "report.html")
    assert "binary_crossentropy" in results["both"].keras_script()
    assert "parity" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (", parity: binary_crossentropy", "", "parity"),
        ("parity: binary_crossentropy", "party: binary_crossentropy", "'party' is not a target"),
        ("loss_weights: {digit: 1, parity: 0.3}", "loss_weights: 3", "for each target"),
        ("  loss_weights: {digit: 1, parity: 0.3}", "  class_weight: balanced", "one target"),
        (
            "loss: {digit: sparse_categorical_crossentropy, parity: binary_crossentropy}",
            "loss: mse",
            "for each",
        ),
    ],
)
def test_what_does_not_fit_is_told(folder: Path, before: str, after: str, said: str) -> None:
    assert before in YAML
    written = YAML.replace(before, after)
    written = written.replace("  strong: {loss_weights: {parity: 1}}\n", "  strong: {epochs: 2}\n")
    (folder / "wrong.yaml").write_text(written, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        pb.load(folder / "wrong.yaml")
    assert said in str(caught.value)


def test_predictions_are_of_the_target_that_is_scored(results: Results) -> None:
    x, y = load_digits(return_X_y=True)
    found = results.predict(x.astype("float32"), variant="both", seed=0)
    assert (found == y.astype(str)).mean() > 0.7
