"""Runs written by hand, epoch by epoch and probe by probe, for the rules that read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.signal import lfilter
from tests.analysis.made_studies import clean, tabled, tabular

from paribus.analysis.finding import Finding
from paribus.analysis.rule import Fact
from paribus.analysis.runs.diagnosis import RunFindings
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.registry import facts, run_rules
from paribus.record.probes import LayerProbe, Probe
from paribus.record.run import DataIdentity, DataUsed, EpochRow, Result, RunRecord, RunSpec, Status
from paribus.study.configuration import Configuration, EarlyStopping

MNIST = DataUsed(name="mnist", sha256="06" * 32, verified=True, stand_in=False, train=60_000, test=10_000)
PLAIN = clean().variants["plain"].configuration
"""784 to 128 to 10 on scaled pixels, batches of 128; 54,000 images train, 6,000 are held out."""


def configuration(**changes: object) -> Configuration:
    """`PLAIN` with some fields changed."""
    return PLAIN.model_copy(update=changes)


def scheduled(name: str, **arguments: object) -> Configuration:
    """`PLAIN` under a schedule of Keras, for 30 epochs of 422 updates."""
    schedule = {"name": name, **arguments}
    study = clean(base={"epochs": 30, "optimizer": {"name": "sgd", "learning_rate": schedule}})
    return study.variants["plain"].configuration


def unscaled() -> Configuration:
    """`PLAIN` on pixels from 0 to 255."""
    return configuration(scale="none")


NORMALIZED = {"model": {"hidden": [128], "batch_normalization": True}}
"""A study's settings with batch normalization, of Keras's own momentum, 0.99."""


_SOFTMAX = {"dense": {"units": 10, "activation": "softmax"}}
_HIDDEN = ("flatten", {"dense": 64}, {"activation": "relu"})
DROPPED = {"model": [*_HIDDEN, _SOFTMAX, {"dropout": 0.5}]}
"""A study's settings with dropout of the outputs."""
TWICE = {"model": [*_HIDDEN, _SOFTMAX, {"activation": "softmax"}]}
"""A study's settings with a second softmax."""
SHUT = {"bias_initializer": {"name": "constant", "value": -4.0}}
"""A study's settings with biases that shut every hidden layer."""
DECAYING = {"optimizer": {"name": "adamw", "learning_rate": 0.01, "weight_decay": 20.0}}
"""A study's settings with a weight decay that takes a fifth at each update."""
LARGE = {"kernel_initializer": {"name": "random_normal", "stddev": 1.0}}
"""A study's settings with initial weights that are far too large."""


def falling(steps: int) -> dict[str, object]:
    """A study's settings with a rate that falls to 0 along a cosine in so many updates."""
    decay = {"name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": steps}
    return {"optimizer": {"name": "sgd", "learning_rate": decay}}


def configured(settings: Mapping[str, object], observed: RunEvidence) -> RunEvidence:
    """The same run of the configuration that a study has with these settings."""
    plain = clean(plain=dict(settings)).variants["plain"].configuration
    spec = observed.record.spec.model_copy(update={"configuration": plain})
    return replace(observed, record=replace(observed.record, spec=spec))


def in_both_modes(*, training: float, inference: float, **curves: Sequence[float]) -> RunEvidence:
    """A run whose probes after each epoch have about these accuracies in training and in inference mode."""
    later = [
        replace(
            probe(100 * epoch, epoch=epoch, accuracy=inference),
            training_accuracy=training + 0.01 * (-1) ** epoch,
            training_loss=0.3,
        )
        for epoch in range(1, 31)
    ]
    return run(more={"probes": (probe(0), *later)}, **curves)


def flat(value: float, epochs: int = 30) -> list[float]:
    """The same value at every epoch."""
    return [value] * epochs


POOR = {"accuracy": flat(0.8), "val_accuracy": flat(0.8)}
"""Curves of a network that has learned, and gets a fifth of its training images wrong."""
LOST = {"accuracy": flat(0.1), "val_accuracy": flat(0.1)}
"""Curves of a network that has learned nothing."""


def rising(top: float, epochs: int = 30, *, pace: float = 3.0, start: float = 0.8) -> list[float]:
    """A curve that rises to `top` and levels off."""
    return [top - (top - start) * float(np.exp(-epoch / pace)) for epoch in range(epochs)]


def gaining(top: float, gain: float) -> list[float]:
    """A curve of 30 epochs that rises straight over its last twelve: the last six gain so much."""
    return [top - gain / 6 * (11 - max(0, epoch - 18)) for epoch in range(30)]


def swinging(middle: float, by: float, epochs: int = 30) -> list[float]:
    """A curve that goes up and down around a level: its standard deviation from epoch to epoch is `by`.

    Each epoch lies 2d off the mean of its neighbours, and √(4d² / 1.5) is to be `by`.
    """
    step = by * float(np.sqrt(1.5)) / 2
    return [middle + step * (-1) ** epoch for epoch in range(epochs)]


def persisting(draw: np.random.Generator, correlation: float, epochs: int = 30) -> np.ndarray:
    """Noise of standard deviation 1 whose neighbours correlate: a first-order autoregression."""
    steps = lfilter([1], [1, -correlation], draw.normal(size=epochs + 100))[100:]
    return steps * np.sqrt(1 - correlation**2)


def rows(**curves: Sequence[float]) -> list[EpochRow]:
    """History rows of curves of one length."""
    length = len(next(iter(curves.values())))
    return [
        {"epoch": epoch + 1, **{name: float(curve[epoch]) for name, curve in curves.items()}}
        for epoch in range(length)
    ]


def run(
    *,
    status: Status = Status.FINISHED,
    configuration: Configuration = PLAIN,
    data: DataUsed = MNIST,
    kept_epoch: int | None = None,
    test: float | None = None,
    seed: int = 0,
    more: Mapping[str, object] | None = None,
    **curves: Sequence[float],
) -> RunEvidence:
    """A run with these curves; those that are left out are of an uneventful run.

    Args:
        more: Other fields of `RunEvidence`.
        curves: Columns of the history, of one length; 30 epochs where there is none.
    """
    length = len(next(iter(curves.values()), range(30)))
    usual = {
        "accuracy": flat(0.98, length),
        "val_accuracy": flat(0.97, length),
        "data_loss": flat(0.05, length),
        "val_data_loss": flat(0.08, length),
        "penalty": flat(0.0, length),
    }
    curves = {**usual, **curves}
    curves["loss"] = [a + b for a, b in zip(curves["data_loss"], curves["penalty"], strict=True)]
    curves["val_loss"] = [a + b for a, b in zip(curves["val_data_loss"], curves["penalty"], strict=True)]
    if not configuration.validation:
        curves = {name: curve for name, curve in curves.items() if not name.startswith("val_")}
    history = tuple(rows(**curves))
    ended = status in (Status.FINISHED, Status.EARLY_STOPPED)
    accuracy = history[-1].get("val_accuracy", 0.9) if test is None else test
    scores = {"accuracy": accuracy, "loss": 0.1, "data_loss": 0.1} if ended else {}
    result = Result(status, length, kept_epoch or length, scores) if status is not Status.RUNNING else None
    identity = DataIdentity(name=data.name, sha256=data.sha256)
    spec = RunSpec(configuration=configuration, seed=seed, data=identity)
    record = RunRecord(spec, status, history, result, float(length), data, Path("runs") / spec.digest[:16])
    return RunEvidence(record, **{"longest_history": history, **(more or {})})


def regression(*, variation: float = 0.7, **curves: Sequence[float]) -> RunEvidence:
    """A run of a regression on a table, whose history has R² in place of an accuracy."""
    study = tabular("diabetes", metric="test_data_loss")
    (data,) = tabled(study).values()
    epochs = len(next(iter(curves.values()), range(30)))
    usual = {"data_loss": flat(0.5, epochs), "val_data_loss": flat(0.6, epochs)}
    columns = {"r2": flat(0.5, epochs), "val_r2": flat(0.4, epochs), **usual, **curves}
    made = run(
        configuration=study.variants["plain"].configuration,
        data=data,
        more={"variation": variation},
        **columns,
    )
    history = [
        {name: value for name, value in row.items() if "accuracy" not in name} for row in made.record.history
    ]
    test = {"r2": float(columns["val_r2"][-1]), "loss": 0.6, "data_loss": 0.6}
    result = made.record.result and replace(made.record.result, test=test)
    return replace(
        made,
        record=replace(made.record, history=tuple(history), result=result),
        longest_history=tuple(history),
    )


def stopping(**settings: object) -> Configuration:
    """`PLAIN`, for at most 100 epochs with early stopping."""
    return configuration(epochs=100, early_stopping=EarlyStopping(**settings))


ALIVE = LayerProbe(gradient=0.5, weight=10.0, update=0.01, ratio=0.001, dead=0.05, identical=0.0, active=0.5)
LAST = LayerProbe(gradient=0.5, weight=2.0, update=0.002, ratio=0.001)
DIED = replace(ALIVE, active=0.0, dead=1.0, gradient=0.0)


def probe(
    step: int,
    *,
    epoch: int = 0,
    data_loss: float | None = 0.5,
    accuracy: float | None = 0.98,
    predicted: Sequence[int] = (100,) * 10,
    saturated: float | None = 0.1,
    **layers: LayerProbe,
) -> Probe:
    """A probe of a network with one hidden layer, uneventful unless told otherwise."""
    named = {"hidden_1": ALIVE, "output": LAST, **layers}
    return Probe(epoch, step, data_loss, 0.0, accuracy, tuple(predicted), saturated, named)


def probes(*, first: Mapping[str, object], then: Mapping[str, object], count: int = 4) -> tuple[Probe, ...]:
    """A probe at the start, and later ones that are alike."""
    later = [probe(step=2**place, epoch=place, **then) for place in range(1, count)]
    return (probe(0, **first), *later)


def measured(first: dict, then: dict, *, learned: bool = True, **more: object) -> RunEvidence:
    """A run with a probe at the start and later ones that are alike."""
    top = 0.97 if learned else 0.1
    return run(
        accuracy=flat(top), val_accuracy=flat(top), more={"probes": probes(first=first, then=then)}, **more
    )


def hidden(**changes: object) -> dict[str, LayerProbe]:
    """The hidden layer of a probe, alive but for some changes."""
    return {"hidden_1": replace(ALIVE, **changes)}


LABELS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


def answering(others: int, **more: object) -> RunEvidence:
    """A run that predicts "1" for all test images of MNIST but so many."""
    more = {"predicted": (others, 10_000 - others, *[0] * 8), "labels": LABELS, **more}
    return run(accuracy=flat(0.112), val_accuracy=flat(0.115), test=0.1135, more=more)


LOSSES = (0.5, 0.3, 0.2, 0.25, 0.21, 0.22)


def stopped_early(**more: object) -> RunEvidence:
    """A run that patience 3 ended at epoch 6, its best epoch being the third."""
    return run(
        status=Status.EARLY_STOPPED,
        configuration=stopping(monitor="val_loss", patience=3),
        val_data_loss=LOSSES,
        val_accuracy=[0.8, 0.9, 0.95, 0.93, 0.94, 0.92],
        more=more,
    )


def judged(code: str, observed: RunEvidence) -> Fact | None:
    """What a rule finds; a failure where it has not the evidence to judge by."""
    (rule,) = (each for each in run_rules() if each.code == code)
    assert rule.can_judge(observed), f"{code} abstains"
    return rule.judge(observed)


def abstains(code: str, observed: RunEvidence) -> bool:
    (rule,) = (each for each in run_rules() if each.code == code)
    return not rule.can_judge(observed)


def found(observed: RunEvidence) -> set[str]:
    """The codes of all that is reported of a run."""
    return set(facts(observed))


def study(**variants: dict[str, object]):
    """A study of ``treatment`` and ``plain``, and others that are given."""
    return clean(variants={"plain": {}, "treatment": {"model": {"dropout": 0.3}}, **variants})


def of(diagnosed: RunFindings, code: str, *variants: str) -> Finding:
    """The one finding of a code about these variants."""
    (finding,) = (each for each in diagnosed.findings if each.code == code and each.variants == variants)
    return finding


def codes(diagnosed: RunFindings, variant: str) -> set[str]:
    """The codes of a variant's findings."""
    return {each.code for each in diagnosed.findings if each.variants[0] == variant}
