"""Gradient boosting as the documentation has it, where LightGBM and XGBoost are installed."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

import paribus as pb
from paribus.record.run import Status

PAGE = (Path(__file__).parent.parent.parent / "docs" / "own-training.md").read_text(encoding="utf-8")
YAML = next(each for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "boosted" in each)


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_the_documented_booster_is_trained_and_stopped(name: str, tmp_path: Path) -> None:
    pytest.importorskip(name)
    source = next(
        each for each in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if f"import {name}" in each
    )
    (tmp_path / "boosted.py").write_text(source, encoding="utf-8")
    (tmp_path / "boosted.yaml").write_text(YAML, encoding="utf-8")
    results = pb.run(tmp_path / "boosted.yaml", seeds=2, out=tmp_path / "out", workers=1)
    assert {record.status for record in results.records.values()} <= {Status.FINISHED, Status.EARLY_STOPPED}
    run = results.records["shallow", 0]
    assert run.history[-1]["loss"] < run.history[0]["loss"]
    assert (run.test_score or 0) > 0.85


@pytest.mark.parametrize(("name", "kind"), [("lightgbm", "LGBMClassifier"), ("xgboost", "XGBClassifier")])
def test_a_boosters_estimator_is_compared_on_weighted_examples(name: str, kind: str, tmp_path: Path) -> None:
    package: Any = pytest.importorskip(name)
    import numpy as np
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = load_breast_cancer(return_X_y=True)
    models = {
        "linear": make_pipeline(StandardScaler(), LogisticRegression()),
        "boosted": getattr(package, kind)(n_estimators=20, n_jobs=1),
    }
    data = pb.Data(x, y, sample_weight=np.where(y == 1, 1.0, 2.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = pb.compare(models, data, seeds=2, workers=1, out=tmp_path)
    assert {record.status for record in results.records.values()} == {Status.FINISHED}
    assert (results.records["boosted", 0].test_score or 0) > 0.85
