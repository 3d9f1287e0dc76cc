"""Studies whose networks are the user's own, through the command and from Python, with real processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import paribus as pb
from paribus.record import probes
from paribus.record.run import Status
from paribus.workflow.results import Results

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")


def block(language: str, place: int = 0) -> str:
    """A block of code of docs/models.md."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[place]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("skip")
    (folder / "nets.py").write_text(block("python"), encoding="utf-8")
    (folder / "skip.yaml").write_text(block("yaml"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    """The example of the documentation, trained."""
    return pb.run(folder / "skip.yaml", out=folder / "out", seeds=2, workers=2)


def paribus(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "paribus", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_documented_example_is_trained_named_and_compared(results: Results) -> None:
    assert {record.status for record in results.records.values()} == {Status.FINISHED}
    titles = [results.study.question_title(each) for each in results.study.questions]
    assert titles == ["Width 32 vs 16", "No skip vs skip"]
    assert "wide" in str(results.compare("wide", "plain"))
    assert results.study.named("no-skip") == "no-skip · no skip"


def test_every_layer_of_it_is_measured_by_its_path(results: Results) -> None:
    found = probes.read(results.records["plain", 0])
    assert {"first", "second", "scaled", "scores"} <= found[-1].layers.keys()


def test_the_report_and_the_script_have_the_functions_source(results: Results, folder: Path) -> None:
    page = results.report(folder / "report.html").read_text(encoding="utf-8")
    assert "The function that builds the model" in page
    assert "class Scaled" in page
    script = results["wide"].keras_script()
    assert "class Scaled" in script
    assert '# {"width": 32, "skip": True}' in script
    with pb.language("vi"):
        assert "Hàm dựng mô hình" in results.report(folder / "vi.html").read_text(encoding="utf-8")


def test_the_diagnosis_judges_its_runs(results: Results) -> None:
    assert {"gap"} & {finding.code for finding in results.diagnose()}


def test_a_killed_study_goes_on_to_the_same_bits(results: Results, folder: Path) -> None:
    command = [sys.executable, "-m", "paribus", "run", str(folder / "skip.yaml"), "--only", "plain"]
    options = ["--seeds", "1", "--workers", "1", "--out", str(folder / "killed")]
    killed = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    histories: list[Path] = []
    deadline = time.monotonic() + 120
    while not histories and time.monotonic() < deadline:
        histories = [*(folder / "killed").glob("runs/*/history.jsonl")]
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    again = pb.run(folder / "skip.yaml", out=folder / "killed", only=["plain"], seeds=1, workers=1)
    one, other = (each.records["plain", 0] for each in (results, again))
    assert one.spec.digest == other.spec.digest
    for name in ("history.jsonl", "probes.jsonl", "weights.safetensors", "predictions.safetensors"):
        assert (Path(one.folder) / name).read_bytes() == (Path(other.folder) / name).read_bytes()


def test_no_python_refuses_it(folder: Path) -> None:
    done = paribus("--no-python", "plan", str(folder / "skip.yaml"))
    assert done.returncode == 2
    assert "nets.py would run code of this study" in " ".join(done.stderr.split())


def test_a_changed_file_is_another_run(results: Results, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(block("python") + "\n", encoding="utf-8")
    (tmp_path / "skip.yaml").write_text(block("yaml"), encoding="utf-8")
    changed = pb.load(tmp_path / "skip.yaml").variants["plain"].configuration
    assert changed != results.study.variants["plain"].configuration


SCRIPT = """
import keras
import paribus as pb


def build(width=4):
    inputs = keras.Input((64,))
    hidden = keras.layers.Dense(width, activation="relu")(inputs)
    joined = keras.layers.Add()([hidden, hidden])
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(joined))


loss, optimizer = keras.losses.SparseCategoricalCrossentropy(), keras.optimizers.Adam()
base = {"loss": loss, "optimizer": optimizer, "epochs": 1}
variants = {"plain": {}, "wide": {"model": {"arguments": {"width": 8}}}, "given": {"model": build(8)}}
study = pb.Study(name="script", data={"sklearn": "digits"}, model=build, base=base, variants=variants)
results = pb.run(study, seeds=1, workers=1, out="out")
print([record.status.value for record in results.records.values()])
"""


def test_a_script_hands_over_functions_and_models_without_a_guard(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert done.stdout.endswith("['finished', 'finished', 'finished']\n"), done.stderr


def test_the_documented_fine_tuning_starts_from_the_weights_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "tune.py").write_text(
        block("python", 3) + "\nprint(results.records['head', 0].test_score, len(results.records))\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "tune.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    score, runs = done.stdout.split()[-2:]
    assert runs == "6", done.stderr
    assert float(score) > 0.6


CHAINS = """
import keras
from keras import layers


def functional(width=8):
    inputs = keras.Input((64,))
    hidden = layers.Dense(width, activation="relu")(inputs)
    hidden = layers.Dropout(0.2)(hidden)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(hidden))


def sequential(width=8):
    return keras.Sequential([
        keras.Input((64,)),
        layers.Dense(width, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ])


def functional_named(width=8):
    inputs = keras.Input((64,))
    hidden = layers.Dense(width, activation="relu", name="first")(inputs)
    hidden = layers.Dropout(0.2, name="drop")(hidden)
    return keras.Model(inputs, layers.Dense(10, activation="softmax", name="scores")(hidden))


def sequential_named(width=8):
    return keras.Sequential([
        keras.Input((64,)),
        layers.Dense(width, activation="relu", name="first"),
        layers.Dropout(0.2, name="drop"),
        layers.Dense(10, activation="softmax", name="scores"),
    ])
"""


def test_a_chain_written_functionally_is_the_same_run_as_its_sequential_and_as_its_layers(
    tmp_path: Path,
) -> None:
    (tmp_path / "chains.py").write_text(CHAINS, encoding="utf-8")
    names = ("functional", "sequential", "functional_named", "sequential_named")
    listed = [{"dense": {"units": 8, "activation": "relu"}}, {"dropout": 0.2}]
    variants: dict[str, object] = {
        "listed": {"model": [*listed, {"dense": {"units": 10, "activation": "softmax"}}]}
    }
    variants |= {name: {"model": {"python": f"{tmp_path}/chains.py:{name}"}} for name in names}
    base = {"scale": "standard", "loss": "sparse_categorical_crossentropy", "optimizer": "adam", "epochs": 2}
    study = {"name": "chains", "data": {"sklearn": "digits"}, "base": base, "variants": variants}
    results = pb.run(study, seeds=1, out=tmp_path / "out", workers=1)
    runs = {name: results.records[name, 0] for name in variants}
    assert len({runs[name].spec.digest for name in ("listed", "functional", "sequential")}) == 1
    one, other = (Path(runs[name].folder) for name in names[2:])
    assert one != other
    for file in ("history.jsonl", "probes.jsonl", "weights.safetensors", "predictions.safetensors"):
        assert (one / file).read_bytes() == (other / file).read_bytes()


def test_kept_weights_and_predictions_are_those_of_the_run(results: Results) -> None:
    import numpy as np
    from sklearn.datasets import load_digits

    from paribus.record.folder import RunFolder

    record = results.records["wide", 0]
    kept = RunFolder(record.folder).weights()
    model = results.weights("wide", seed=0)
    assert [each.path for each in model.weights if each.path not in kept] == []
    shares = results.predict(load_digits().images, variant="wide", probabilities=True).to_numpy()
    outputs, labels = RunFolder(record.folder).predictions()
    distances = np.abs(shares[:, None, :] - outputs[None]).max(axis=2)
    assert (distances.min(axis=0) < 1e-5).all()
    assert {str(each) for each in labels} <= set(results.predict(load_digits().images, variant="wide"))
