"""The engine against Keras on TensorFlow: whole trainings, epoch by epoch.

``tests/golden/make_trajectories.py`` has Keras fit 300 small images from given weights in a given order, in
float32 and in float64. Here `Program` does the same:

- in float64 losses and weights agree to 1e-7 or better, so that the formulas are the same and not only alike.
  Accuracies are not compared: they are defined by float32 outputs.
- in float32, as in every real run, each column of the history may lie as far from Keras's float32 as rounding
  carries Keras itself from its own float64 in that column, times ten, and 2e-5 more. Variants 4a and 6 are
  left out: under momentum, or in batches of 8, unscaled pixels make rounding alone move the losses of 4a
  and the epoch in which Keras stops 6.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from paribus.engine import network
from paribus.engine.program import Program
from paribus.record.early_stopping import Stopper

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
TRAJECTORIES = json.loads((GOLDEN / "trajectories.json").read_text())["trajectories"]
WEIGHTS = dict(np.load(GOLDEN / "weights.npz"))
DIGITS = dict(np.load(GOLDEN / "digits.npz"))
TRAIN = 250
LEFT_TO_ROUNDING = ("lab-4a", "lab-6")
QUICK = ["lab-2", "lab-3a", "lab-4b-outside", "lab-4c", "batch-normalization-images", "stop-restored"]
AS_FOR_USERS = ["lab-3a", "batch-normalization-images"]
"""The quick ones whose code is optimized too, as that of all slow ones."""


def initial_weights(name):
    return [
        array for key, array in WEIGHTS.items() if key.rpartition("/")[0] == TRAJECTORIES[name]["initial"]
    ]


def train(name, configure, resident, *, dtype=np.float32, path="auto"):
    """Our training of a case, in the words of the golden file."""
    case = dict(TRAJECTORIES[name]["case"])
    binary = case.pop("binary", False)
    layers = [(layer["kind"], layer["arguments"]) for layer in case["layers"]]
    optimizer = (case["optimizer"]["name"], case["optimizer"]["arguments"])
    settings = {key: value for key, value in case.items() if key not in ("layers", "optimizer")}
    configuration = configure(layers, optimizer, **settings)
    pixels, labels = DIGITS["pixels"], DIGITS["labels"]
    factor = 1 / 255 if configuration.scale == "unit" else 1.0
    images = resident(pixels, labels % 2 if binary else labels, factor=factor, dtype=dtype)

    program = Program(configuration, pixels.shape[1:], path)
    model = network.build(configuration.layers, program.shape, seed=0)
    model.set_weights(initial_weights(name))
    state = program.start(model)
    stopper = Stopper(configuration.early_stopping) if configuration.early_stopping else None
    held_out = np.arange(TRAIN, len(pixels))
    history = {metric: [] for metric in ("loss", "accuracy", "val_loss", "val_accuracy")}
    restored = None
    for epoch in range(1, configuration.epochs + 1):
        order = np.random.RandomState(epoch).permutation(TRAIN).astype(np.int32)
        state, steps = program.epoch(state, images, order)
        sizes = np.full(len(steps.seen), configuration.batch_size)
        sizes[-1] = TRAIN - sizes[:-1].sum()
        row = {
            "loss": np.average(np.asarray(steps.data_loss + steps.penalty), weights=sizes),
            "accuracy": np.asarray(steps.seen).sum() / TRAIN,
        }
        scores = program.evaluate(state, images, held_out)
        row |= {"val_loss": scores.data_loss + scores.penalty, "val_accuracy": scores.score}
        for metric, column in history.items():
            column.append(row[metric])
        stops = stopper is not None and stopper.observe(epoch, row)
        if stopper and stopper.settings.restore_best_weights and stopper.best_epoch == epoch:
            restored = [np.array(weights) for weights in state.trainable]
        if stops:
            break
    state = program.finalize(state)._replace(trainable=restored) if restored else program.finalize(state)
    kept = program.evaluate(state, images, held_out)
    variables = [*program.model.trainable_variables, *program.model.non_trainable_variables]
    by_path = dict(zip([v.path for v in variables], [*state.trainable, *state.non_trainable], strict=True))
    final = [np.asarray(by_path[weight.path], np.float64).ravel() for weight in program.model.weights]
    return {
        "history": history,
        "kept": {"loss": kept.data_loss + kept.penalty, "accuracy": kept.score},
        "norms": [np.linalg.norm(weights) for weights in final],
        "values": [weights[np.linspace(0, len(weights) - 1, 5).astype(int)] for weights in final],
    }


def columns(trained):
    """Everything in a trajectory, by name."""
    kept = {f"kept {name}": value for name, value in trained["kept"].items()}
    parts = {**trained["history"], **kept, "norms": trained["norms"], "values": np.ravel(trained["values"])}
    return {name: np.asarray(values) for name, values in parts.items()}


def agree_in_float32(ours, keras32, keras64):
    """Assert that each column is within what rounding explains; see the top of the file."""
    for name, expected in columns(keras32).items():
        drift = np.max(np.abs(expected - columns(keras64)[name]))
        np.testing.assert_allclose(columns(ours)[name], expected, 2e-5, 10 * drift + 2e-5, err_msg=name)


def agree_in_float64(ours, keras64):
    """Assert that losses and weights are the same."""
    for name, expected in columns(keras64).items():
        if "accuracy" not in name:
            np.testing.assert_allclose(columns(ours)[name], expected, 1e-7, 1e-9, err_msg=name)


def _marked(names):
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in names]


@pytest.mark.usefixtures("plainly_compiled")
@pytest.mark.parametrize("name", _marked(name for name in TRAJECTORIES if name not in LEFT_TO_ROUNDING))
def test_runs_follow_keras_on_tensorflow_as_closely_as_rounding_allows(name, configure, resident, request):
    if name not in QUICK or name in AS_FOR_USERS:
        request.getfixturevalue("as_for_users")
    golden = TRAJECTORIES[name]
    agree_in_float32(train(name, configure, resident), golden["float32"], golden["float64"])


def _paths():
    for name, golden in TRAJECTORIES.items():
        case = golden["case"]
        yield name, "auto"
        if case["optimizer"]["name"] == "sgd" and case["layers"][0]["kind"] == "dense":
            yield name, "stepwise"


@pytest.mark.slow
@pytest.mark.usefixtures("as_for_users")
@pytest.mark.parametrize(("name", "path"), list(_paths()))
def test_in_float64_runs_are_those_of_keras_on_tensorflow(name, path, configure, resident, float64):
    ours = train(name, configure, resident, dtype=float64, path=path)
    agree_in_float64(ours, TRAJECTORIES[name]["float64"])


def tensorflows_python():
    """The interpreter that has TensorFlow; the test that needs it fails where there is none."""
    found = os.environ.get("PARIBUS_GOLDEN_PYTHON") or str(ROOT / ".venv-golden" / "bin" / "python")
    if not Path(found).exists():
        pytest.fail(
            f"There is no {found}: `make golden` installs TensorFlow there; or name a Python that has it in "
            "PARIBUS_GOLDEN_PYTHON."
        )
    return found


@pytest.mark.keras
def test_keras_on_tensorflow_still_trains_as_the_golden_files_say(tmp_path, configure, resident):
    """The files are made anew, compared with the committed ones and, in float32, with the engine."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("KERAS_BACKEND", "NPROC")
    }
    for script in ("make_losses.py", "make_trajectories.py"):
        command = [tensorflows_python(), GOLDEN / script, "--out", tmp_path]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    losses = np.load(tmp_path / "losses.npz")
    for name, committed in np.load(GOLDEN / "losses.npz").items():
        if name != "versions":
            np.testing.assert_allclose(losses[name], committed, 1e-4, 1e-5, err_msg=name)
    for name, committed in np.load(tmp_path / "weights.npz").items():
        np.testing.assert_array_equal(WEIGHTS[name], committed)
    made = json.loads((tmp_path / "trajectories.json").read_text())["trajectories"]
    assert {name: golden["case"] for name, golden in made.items()} == {
        name: golden["case"] for name, golden in TRAJECTORIES.items()
    }
    for name, golden in made.items():
        agree_in_float64(golden["float64"], TRAJECTORIES[name]["float64"])
        if name not in LEFT_TO_ROUNDING:
            agree_in_float32(golden["float32"], TRAJECTORIES[name]["float32"], TRAJECTORIES[name]["float64"])
            agree_in_float32(train(name, configure, resident), golden["float32"], golden["float64"])
