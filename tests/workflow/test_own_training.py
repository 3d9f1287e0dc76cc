"""Studies whose function trains, through the command and from Python, with real processes."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.torch.beside import beside_torch

import paribus as pb
from paribus.data.own.user_file import load_function
from paribus.errors import RunError, UsageError
from paribus.record import probes
from paribus.record.run import Status
from paribus.study.to_dict import to_dict
from paribus.texts.message import Listed
from paribus.workflow.results import Results

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "own-training.md").read_text(encoding="utf-8")


def block(language: str, place: int = 0) -> str:
    """A block of code of docs/own-training.md."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[place]


def write(folder: Path, study: str, source: str, name: str = "train.py") -> Path:
    (folder / name).write_text(source, encoding="utf-8")
    path = folder / "study.yaml"
    path.write_text(study, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def ridge(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The example of the documentation, trained."""
    folder = tmp_path_factory.mktemp("ridge")
    return pb.run(write(folder, block("yaml"), block("python")), out=folder / "out", seeds=6, workers=2)


def test_the_documented_example_answers_its_question(ridge: Results) -> None:
    assert {record.status for record in ridge.records.values()} == {Status.FINISHED}
    assert [len(record.history) for record in ridge.records.values()] == [12] * 12
    comparison = ridge.compare("strong", "plain")
    assert "strong" in str(comparison)
    assert all(record.test_score is not None and record.test_score > 0.8 for record in ridge.records.values())


def test_variants_share_what_is_drawn_at_one_seed(ridge: Results, tmp_path: Path) -> None:
    same = pb.run(
        write(tmp_path, block("yaml").replace("l2: 1.0", "l2: 1e-12"), block("python")),
        out=tmp_path / "out",
        seeds=1,
        workers=1,
    )
    first, second = (same.records[name, 0].history[-1]["val_loss"] for name in ("plain", "strong"))
    assert first == pytest.approx(second)
    assert ridge.records["plain", 0].history == same.records["plain", 0].history


def test_the_report_has_the_functions_source_and_no_keras(ridge: Results, tmp_path: Path) -> None:
    page = ridge.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "gradient = x[batch].T @" in page
    assert "The function that trains" in page
    assert all(f"&#34;{name}&#34;" in page or f'"{name}"' in page for name in ("epochs", "batch_size", "l2"))
    assert "Equivalent Keras code" not in page
    assert "nan" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL).split()
    for ending in ("md", "ipynb"):
        assert ridge.report(tmp_path / f"report.{ending}").exists()
    with pb.language("vi"):
        assert "Hàm huấn luyện" in ridge.report(tmp_path / "vi.html").read_text(encoding="utf-8")


def test_the_diagnosis_judges_curves_and_abstains_from_networks(ridge: Results) -> None:
    codes = {finding.code for finding in ridge.diagnose()}
    assert {"gap", "converged"} <= codes
    assert not ridge.diagnose().advice


def test_a_changed_file_is_another_training(ridge: Results, tmp_path: Path) -> None:
    path = write(tmp_path, block("yaml"), block("python") + "# changed\n")
    plan = pb.run(path, out=tmp_path / "out", seeds=1, workers=1)
    digests = {record.spec.digest for record in plan.records.values()}
    assert digests.isdisjoint(record.spec.digest for record in ridge.records.values())


def test_a_run_can_be_repeated_to_the_bit_from_what_a_notebook_carries(
    ridge: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = pb.Study(**to_dict(ridge.study))  # pyright: ignore[reportArgumentType]
    reported = ridge["strong"].reported(seed=1)
    assert reported is not None
    assert pb.rerun(study, reported).outcome == "same-bits"


def test_what_cannot_be_known_before_is_left_open(tmp_path: Path) -> None:
    planned = pb.plan(write(tmp_path, block("yaml"), block("python")), out=tmp_path / "out", seeds=1)
    assert planned.seconds is None
    assert planned.to_frame()[["updates", "parameters", "seconds"]].isna().all(axis=None)


FAILING = """\
import os, sys
import numpy as np


def train(config, seed, run):
    kind = config["kind"]
    print('{"kind": "idle"}', "x" * 5000)
    if kind == "exits at once":
        sys.exit(3)
    if kind == "forks":
        if os.fork() == 0:
            return
        os.wait()
    for epoch in run.epochs():
        if kind == "raises" and epoch == 2:
            np.ones(3) @ np.ones(4)
        if kind == "dies" and epoch == 2:
            sys.stdout.write("so far\\n")
            sys.stdout.flush()
            os._exit(7)
        loss = "0.3" if kind == "text" else float("nan") if kind == "nan" and epoch == 2 else 1.0
        run.log(loss=loss, accuracy=0.5, val_loss=1.0, val_accuracy=0.5)
    if kind == "no test":
        return
    run.test(labels=[0, 1, 1, 0] * 20, outputs=[[1, 0], [0, 1], [0.2, 0.8], [0.4, 0.6]] * 20)
"""
KINDS = {
    "fine": "",
    "raises": "After epoch 1: train.py, line 16: ValueError: matmul",
    "exits at once": "Before the first epoch: train.py, line 9 called sys.exit(3)",
    "dies": "After epoch 1: The training process ended with exit status 7",
    "text": "Before the first epoch: train.py, line 22: loss is '0.3', which is no number.",
    "nan": "The loss was NaN or infinite after epoch 2.",
    "no test": "After epoch 3: train.py: The function did not call run.test",
    **({"forks": ""} if hasattr(os, "fork") else {}),
}


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("failing")
    variants = "".join(f"  {kind}: {{kind: {kind}}}\n" for kind in KINDS)
    study = "name: failing\nseeds: 1\ntrain: {python: 'train.py:train'}\nbase: {epochs: 3}\nvariants:\n"
    study += variants
    return pb.run(write(folder, study, FAILING), out=folder / "out", workers=2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_is_one_message_and_the_others_go_on(failing: Results, kind: str) -> None:
    record = failing.records[kind, 0]
    assert record.result is not None
    assert record.result.message.startswith(KINDS[kind])
    assert len(record.result.message) < 200
    if not KINDS[kind]:
        assert (record.status, len(record.history)) == (Status.FINISHED, 3)


def test_what_failed_is_reported_too(failing: Results, tmp_path: Path) -> None:
    assert failing.report(tmp_path / "report.html").exists()


DYING = """\
import os, signal, time
from pathlib import Path
import numpy as np


def train(config, seed, run):
    state = {"w": np.zeros(3), "draw": np.random.default_rng(run.seed("draw"))}
    for epoch in run.epochs(state=state):
        time.sleep(0.6)
        state["w"] += state["draw"].normal(size=3) + np.random.normal()
        mark = Path(config["mark"])
        if epoch == 6 and not mark.exists():
            mark.write_text("died")
            os.kill(os.getpid(), signal.SIGKILL)
        run.log(loss=float(np.abs(state["w"]).sum()))
    run.test(accuracy=0.5)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_run_that_was_killed_goes_on_to_the_same_history(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    study = "name: dying\nseeds: 1\ntrain: {python: 'train.py:train'}\n"
    study += f"base: {{epochs: 8, mark: '{mark}'}}\nvariants: {{plain: {{}}}}\n"
    path = write(tmp_path, study, DYING)
    cut = pb.run(path, out=tmp_path / "cut", workers=1).records["plain", 0]
    assert cut.status is Status.FAILED
    assert len(cut.history) == 5
    again = pb.run(path, out=tmp_path / "cut", workers=1).records["plain", 0]
    whole = pb.run(path, out=tmp_path / "whole", workers=1).records["plain", 0]
    assert again.history == whole.history
    assert (again.folder / "result.json").read_bytes() == (whole.folder / "result.json").read_bytes()
    assert not list(again.folder.glob("checkpoint*"))


SCRIPT = """\
import paribus as pb


def train(config, seed, run):
    for epoch in run.epochs():
        run.log(loss=1 / (epoch + config["width"]))
    run.test(accuracy=config["width"] / 200)


variants = {"plain": {}, "wide": {"width": 128}}
study = pb.Study(train=train, base={"epochs": 2, "width": 64}, variants=variants, seeds=1)
results = pb.run(study, out="out", workers=1)
print(sorted(record.test_score for record in results.records.values()))
"""


def test_an_unguarded_script_hands_over_its_function(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[0.32, 0.64]"


DATA = """\
import numpy as np


def train(config, seed, run):
    data = run.data
    assert data.x_train.shape[0] == 90 and data.x_val.shape[0] == 30 and data.x_test.shape == (30, 4)
    means = np.stack([data.x_train[data.y_train == c].mean(axis=0) for c in range(3)])

    def outputs(x):
        return -((x[:, None] - means) ** 2).sum(axis=2)

    accuracy = np.mean(outputs(data.x_val).argmax(1) == data.y_val)
    run.log(loss=1.0, accuracy=accuracy, val_loss=1.0, val_accuracy=accuracy)
    run.test(labels=data.y_test, outputs=outputs(data.x_test))
"""


def test_a_function_gets_the_studys_data_split_by_seed(tmp_path: Path) -> None:
    study = "name: data\nseeds: 3\ntrain: {python: 'train.py:train'}\ndata: {sklearn: iris}\n"
    study += "base: {validation: 0.25}\nvariants: {plain: {}}\n"
    results = pb.run(write(tmp_path, study, DATA), out=tmp_path / "out", workers=1)
    scores = [record.history[0]["val_accuracy"] for record in results.records.values()]
    assert all(record.status is Status.FINISHED for record in results.records.values())
    assert min(scores) > 0.8


CARELESS = """\
import multiprocessing
import os


def train(config, seed, run):
    kind = config["kind"]
    if kind == "quits":
        quit()
    if kind == "asks":
        input("Go on? ")
    if kind == "changes folder":
        os.chdir("/")
    if kind == "pool":
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.map(abs, [-1]) == [1]
    run.log(loss=1.0, accuracy=0.5, val_loss=1.0, val_accuracy=0.5)
    labels = [0, 2, 1]
    run.test(labels=labels, outputs=labels) if kind == "predicts classes" else run.test(accuracy=0.5)


def lacks(config):
    return None
"""
CARELESS_KINDS = {
    "quits": "Before the first epoch: train.py, line 8 called sys.exit",
    "asks": "Before the first epoch: train.py, line 10: ",  # where quit() has closed the input or not
    "predicts classes": "After epoch 1: train.py, line 18: Labels in run.test are classes from 0 to 1",
    "changes folder": "",
    "fine": "",
    **({"pool": ""} if hasattr(os, "fork") else {}),
}


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("careless")
    variants = "".join(f"  {kind}: {{kind: {kind}}}\n" for kind in CARELESS_KINDS)
    variants += "  lacks: {kind: lacks, train: {python: 'train.py:lacks'}}\n"
    study = "name: careless\nseeds: 1\ntrain: {python: 'train.py:train'}\nbase: {epochs: 1}\nvariants:\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # so that the results' folder is a relative one
        return pb.run(write(folder, study + variants, CARELESS).name, out="out", workers=1)


@pytest.mark.parametrize("train", ["{python: 'train.py:train'}", "{command: python train.py}"])
def test_code_that_trains_is_refused_where_the_user_refuses_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train: str
) -> None:
    train = train.replace("}", ", history: log, test: result}" if "command" in train else "}")
    path = write(tmp_path, f"name: refused\nseeds: 1\ntrain: {train}\nvariants: {{plain: {{}}}}\n", CARELESS)
    monkeypatch.setenv("PARIBUS_NO_PYTHON", "1")
    with pytest.raises(UsageError, match="--no-python"):
        pb.run(path, out=tmp_path / "out", workers=1)


@pytest.mark.parametrize("kind", CARELESS_KINDS)
def test_what_a_function_does_to_its_process_hangs_nothing(careless: Results, kind: str) -> None:
    result = careless.records[kind, 0].result
    assert result is not None
    assert result.message.startswith(CARELESS_KINDS[kind])
    if not CARELESS_KINDS[kind]:
        assert result.status is Status.FINISHED


def test_an_error_outside_the_users_file_names_no_line_of_it(careless: Results) -> None:
    result = careless.records["lacks", 0].result
    assert result is not None
    assert result.message.startswith("Before the first epoch: train.py: TypeError: lacks() takes 1")


def test_a_function_below_the_study_that_a_script_trains_is_said(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text("import paribus as pb\npb.run({})\ndef train(config, seed, run): ...\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"above the first pb\.run"):
        load_function(file, "train", hashlib.sha256(file.read_bytes()).hexdigest())


MENDED = "def train(config, seed, run):\n    run.log(loss=1.0)\n    run.test(accuracy=0.5)\n"


def test_runs_that_an_error_ended_answer_no_question(tmp_path: Path) -> None:
    study = "name: mended\nseeds: 3\ntrain: {python: 'train.py:train'}\nbase: {rate: 1}\n"
    study += "variants: {plain: {}, fast: {rate: 2}}\nquestions: [{treatment: fast, reference: plain}]\n"
    for source in ("def train(config, seed, run):\n    raise ValueError\n", MENDED):
        results = pb.run(write(tmp_path, study, source), out=tmp_path / "out", workers=1)
        (comparison,) = results.comparisons()
        assert comparison.family == 1
    later = MENDED + "# changed after its answer\n"
    results = pb.run(write(tmp_path, study, later), out=tmp_path / "out", workers=1)
    assert results.comparisons()[0].family == 2


INPUTS = """\
import numpy as np


def load():
    draw = np.random.default_rng(0)
    image = draw.integers(0, 255, (60, 4, 4, 1)).astype("uint8")
    return {"image": image, "age": np.arange(60.0)}, [0, 1] * 30


def train(config, seed, run):
    for x in (run.data.x_train, run.data.x_val, run.data.x_test):
        assert x["image"].shape[1:] == (4, 4, 1) and x["image"].dtype == np.uint8
        assert len(x["image"]) == len(x["age"])
    run.log(loss=1.0)
    run.test(accuracy=0.5)
"""


def test_several_inputs_are_arrays_by_name(tmp_path: Path) -> None:
    study = "name: inputs\nseeds: 1\ntrain: {python: 'train.py:train'}\ndata: {python: 'train.py:load'}\n"
    results = pb.run(
        write(tmp_path, study + "variants: {plain: {}}\n", INPUTS), out=tmp_path / "out", workers=1
    )
    (record,) = results.records.values()
    assert record.status is Status.FINISHED, record.result


def test_a_function_is_told_without_the_words_of_a_network(
    ridge: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    from paribus.cli.curves import show_curves

    show_curves(Console(width=200), ridge.study, ridge.records)
    shown = capsys.readouterr().out
    assert "train loss" in shown
    assert "data loss" not in shown
    assert "–" not in shown
    for language, word in (("en", "penalty"), ("vi", "số hạng phạt")):
        with pb.language(language):
            assert word not in str(ridge.remarks())


def test_the_documented_estimator_learns_epoch_by_epoch(tmp_path: Path) -> None:
    study = "name: sgd\nseeds: 1\ntrain: {python: 'train.py:train'}\ndata: {sklearn: iris}\n"
    study += "base: {alpha: 0.01, epochs: 5}\nvariants: {plain: {}}\n"
    results = pb.run(write(tmp_path, study, block("python", 5)), out=tmp_path / "out", workers=1)
    (record,) = results.records.values()
    assert (record.status, len(record.history)) == (Status.FINISHED, 5), record.result


@pytest.fixture
def with_torch(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that finds PyTorch beside Paribus's own packages."""
    return beside_torch(tmp_path)


@pytest.mark.torch
def test_the_documented_torch_example_trains(tmp_path: Path, with_torch: dict[str, str]) -> None:
    study = "name: net\nseeds: 2\ntrain: {python: 'train.py:train'}\ndata: {sklearn: digits}\n"
    study += "base: {width: 64, learning_rate: 0.003, batch_size: 32, epochs: 8, validation: 0.2}\n"
    study += "variants: {plain: {}, narrow: {width: 4}}\nquestions: [{treatment: narrow, reference: plain}]\n"
    path = write(tmp_path, study, block("python", 2))
    command = [sys.executable, "-m", "paribus", "run", str(path), "--out", str(tmp_path / "out")]
    subprocess.run(command, env=with_torch, check=True, capture_output=True)
    results = pb.load_results(tmp_path / "out")
    scores = {key: record.test_score or 0.0 for key, record in results.records.items()}
    assert min(scores["plain", seed] for seed in (0, 1)) > 0.93
    assert max(scores["narrow", seed] for seed in (0, 1)) < 0.93


WATCHED = """\
import torch
import paribus.torch


def train(config, seed, run):
    paribus.torch.seed(run, "start")
    x, y = torch.randn(256, 8), torch.randint(0, 2, (256,))
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    with torch.no_grad():
        model[0].weight[: config["dead"]] = model[0].weight[0]
        model[0].bias[: config["dead"]] = -100.0
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = torch.nn.CrossEntropyLoss()
    if config["watch"] == "batch":
        paribus.torch.watch(run, model, optimizer)
    if config["watch"] == "sample":
        paribus.torch.watch(run, model, optimizer, sample=(x[:64], y[:64]), loss=loss)
    for epoch in run.epochs(state=[model, optimizer]):
        for rows in torch.randperm(256).split(32):
            optimizer.zero_grad()
            error = loss(model(x[rows]), y[rows])
            error.backward()
            optimizer.step()
        run.log(loss=error, accuracy=0.5, val_loss=error, val_accuracy=0.5)
    run.test(labels=y, outputs=model(x).softmax(1))
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A network with a quarter of its units dead, watched in each way, and one that is not watched."""
    folder = tmp_path_factory.mktemp("watched")
    environment = beside_torch(folder)
    study = "name: net\nseeds: 1\ntrain: {python: 'train.py:train'}\nbase: {epochs: 3, dead: 4}\n"
    study += "variants: {batch: {watch: batch}, sample: {watch: sample}, plain: {watch: none},"
    study += " lost: {watch: sample, dead: 16}, seen: {watch: batch, dead: 16}}\n"
    path = write(folder, study, WATCHED)
    command = [sys.executable, "-m", "paribus", "run", str(path), "--out", str(folder / "out")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return pb.load_results(folder / "out")


@pytest.mark.torch
def test_watching_a_network_leaves_the_training_alone(watched: Results) -> None:
    histories = [watched.records[name, 0].history for name in ("plain", "batch", "sample")]
    assert histories[0] == histories[1] == histories[2]
    assert not probes.read(watched.records["plain", 0])


@pytest.mark.torch
def test_a_batch_and_a_sample_measure_the_same_network(watched: Results) -> None:
    steps = [(0, 0), (0, 1), (0, 2), (0, 4), (1, 8), (2, 16)]
    batch, sample = (probes.read(watched.records[name, 0]) for name in ("batch", "sample"))
    assert [(each.epoch, each.step) for each in batch] == steps
    assert [(each.epoch, each.step) for each in sample] == [*steps, (3, 24)]
    for first in (batch[0].layers["linear_0"], sample[0].layers["linear_0"]):
        assert (first.dead, first.identical) == (0.25, 0.25)
    assert batch[0].layers["linear_0"].update == pytest.approx(
        0.1 * (batch[0].layers["linear_0"].gradient or 0), rel=1e-3
    )
    assert [each.data_loss for each in batch] == [None] * 6
    assert all(each.data_loss is not None and sum(each.predicted) == 64 for each in sample)


@pytest.mark.torch
@pytest.mark.parametrize(("name", "is_batch"), [("lost", False), ("seen", True)])
def test_a_dead_layer_is_found_in_a_watched_network_with_its_cause(
    watched: Results, name: str, is_batch: bool
) -> None:
    found = {each.code: each for each in watched.diagnose() if each.variants == (name,)}
    assert found["zero-gradient"].placeholders["layers_named"] == Listed(("linear_0",))
    assert ("one batch in training mode" in str(found["zero-gradient"].remedy)) is is_batch
    assert "no output of linear_0 is positive" in str(found["zero-gradient"].cause)


SLOW = """\
import time


def train(config, seed, run):
    run.log(loss=1.0)
    time.sleep(config["seconds"])
    run.test(accuracy=0.5)
"""


def test_a_run_that_takes_too_long_is_stopped_and_the_others_go_on(tmp_path: Path) -> None:
    study = "name: slow\nseeds: 1\ntrain: {python: 'train.py:train', timeout: 2}\n"
    study += "variants: {hangs: {seconds: 600}, fine: {seconds: 0}}\n"
    results = pb.run(write(tmp_path, study, SLOW), out=tmp_path / "out", workers=1)
    late, fine = (results.records[name, 0] for name in ("hangs", "fine"))
    assert late.result is not None
    assert late.result.message == (
        "After epoch 1: The run took longer than its timeout of 2 seconds and was stopped."
    )
    assert len(late.history) == 1
    assert fine.status is Status.FINISHED
