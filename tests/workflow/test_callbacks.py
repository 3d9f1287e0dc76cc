"""The callbacks of Keras, Lightning and transformers, in trainings by these themselves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import paribus as pb
from paribus.record.run import Status

ROOT = Path(__file__).parent.parent.parent
STUDY = """\
name: digits
seeds: 1
train: {{python: "{file}:{name}_"}}
data: {{sklearn: digits}}
base: {{width: 32, learning_rate: 0.01, batch_size: 64, epochs: 4, validation: 0.2}}
variants:
  plain: {{}}
  stops: {{early_stopping: {{monitor: val_accuracy, patience: 1, baseline: 0.999}}}}
"""


@pytest.mark.torch
@pytest.mark.parametrize("name", ["keras", "lightning", "transformers"])
def test_a_callback_logs_every_epoch_and_stops_where_the_study_says_so(name: str, tmp_path: Path) -> None:
    python = os.environ.get("PARIBUS_TRAINERS_PYTHON")
    if not python:
        pytest.skip(
            "PARIBUS_TRAINERS_PYTHON names no Python with Paribus's packages, Lightning and transformers"
        )
    path = tmp_path / "study.yaml"
    file = Path(__file__).with_name("with_callbacks.py")
    path.write_text(STUDY.format(file=file, name=name), encoding="utf-8")
    command = [python, "-m", "paribus", "run", str(path), "--out", str(tmp_path / "out"), "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    results = pb.load_results(tmp_path / "out")
    plain, stops = (results.records[variant, 0] for variant in ("plain", "stops"))
    assert (plain.status, len(plain.history)) == (Status.FINISHED, 4)
    assert {"loss", "val_loss", "val_accuracy"} <= plain.history[0].keys()
    assert stops.history == plain.history[: len(stops.history)]
    assert stops.status in (Status.EARLY_STOPPED, Status.FINISHED)
    assert (plain.test_score or 0) > 0.15
