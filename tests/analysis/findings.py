"""Runs that show each finding with each of its severities: what a new rule adds one more to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from tests.analysis import made_runs
from tests.analysis.made_runs import (
    DECAYING,
    DIED,
    DROPPED,
    LARGE,
    LAST,
    LOST,
    NORMALIZED,
    POOR,
    answering,
    configured,
    falling,
    flat,
    gaining,
    hidden,
    in_both_modes,
    measured,
    probes,
    regression,
    rising,
    run,
    stopped_early,
    stopping,
    study,
    swinging,
)
from tests.analysis.made_studies import tabular

from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import standard_error
from paribus.analysis.runs.evidence import RunEvidence, Ties
from paribus.record.run import Status
from paribus.study.study import Study

SERIOUS, WARNING, INFO = Severity


@dataclass(frozen=True)
class Example:
    """Runs of ``plain`` and ``treatment``, in which the first one named has a finding.

    Args:
        runs: By variant and seed.
        study: Of these variants.
    """

    runs: Mapping[tuple[str, int], RunEvidence]
    study: Study = field(default_factory=study)


def alone(observed: RunEvidence) -> Example:
    """One run of ``plain``."""
    return Example({("plain", 0): observed})


def beside(observed: RunEvidence, other: RunEvidence) -> Example:
    """One run of ``plain`` beside one of ``treatment``, which differs in one factor."""
    treatment = study().variants["treatment"].configuration
    spec = other.record.spec.model_copy(update={"configuration": treatment})
    other = replace(other, record=replace(other.record, spec=spec))
    return Example({("plain", 0): observed, ("treatment", 0): other})


def compared(observed: RunEvidence, reference: RunEvidence) -> Example:
    """One run of ``treatment`` beside its reference ``plain``."""
    return Example({("treatment", 0): observed, ("plain", 0): reference})


def of(changes: dict[str, object], observed: RunEvidence) -> Example:
    """One run of ``plain`` with these changes to its configuration."""
    return Example({("plain", 0): configured(changes, observed)})


def numbers(**curves: Sequence[float]) -> Example:
    """One run of ``plain`` in a regression."""
    study = tabular("diabetes", metric="test_data_loss")
    return Example({("plain", 0): regression(**curves)}, study)


_DEAD = measured({}, hidden(dead=0.6))
_SIGMOIDS = {"model": {"hidden": [64] * 5, "activation": "sigmoid"}}
_GAIN = 2 * standard_error(0.97, 6_000)
_LOST = [*flat(0.97, 28), 0.1, 0.1]
_L1 = {"kernel_regularizer": {"l1": 0.01}}
_NEVER_A_NINE = (*made_runs.LABELS[:8], made_runs.LABELS[8] + made_runs.LABELS[9], 0)
_STILL_RISING = np.linspace(0.5, 0.9, 30)
_WORSE = np.linspace(0.95, 0.7, 30)

_LARGE_STEPS = {"probes": probes(first=hidden(ratio=0.6), then=hidden(ratio=0.4))}

EXAMPLES: Mapping[tuple[str, Severity], Example] = {
    ("output-loss", SERIOUS): of({"model": {"output": "relu"}}, run(**LOST)),
    ("output-loss", WARNING): of({"loss": "binary_crossentropy"}, run()),
    ("dropped-outputs", SERIOUS): of(DROPPED, run(**LOST)),
    ("dropped-outputs", WARNING): of(DROPPED, run()),
    ("unstable-rate", SERIOUS): of(
        {"model": {"output": "linear"}, "loss": "mse", "learning_rate": 20.0},
        run(status=Status.DIVERGED, data_loss=[0.5, math.nan]),
    ),
    ("rate-gone", SERIOUS): of(falling(10), run(**LOST)),
    ("rate-gone", WARNING): of(falling(10), run()),
    ("rate-gone", INFO): of(falling(5000), run()),
    ("heavy-dropout", SERIOUS): of({"model": {"dropout": 0.95}}, run(**LOST)),
    ("heavy-dropout", WARNING): Example(
        {
            ("plain", 0): configured({"model": {"dropout": 0.95}}, run(val_accuracy=flat(0.9))),
            ("treatment", 0): run(val_accuracy=flat(0.97)),
        }
    ),
    ("heavy-dropout", INFO): of({"model": {"dropout": 0.95}}, run()),
    ("hidden-softmax", SERIOUS): of({"model": {"activation": "softmax"}}, run(**LOST)),
    ("hidden-softmax", WARNING): of({"model": {"activation": "softmax"}}, run()),
    ("slow-loss", SERIOUS): of({"loss": "mse"}, run(data_loss=flat(0.09), **LOST)),
    ("slow-loss", WARNING): of({"loss": "mse"}, run(data_loss=flat(0.08))),
    ("shut-start", SERIOUS): of({"bias_initializer": {"name": "constant", "value": -4.0}}, run(**LOST)),
    ("shrinking-error", SERIOUS): of(_SIGMOIDS, run(**LOST)),
    ("shrinking-error", WARNING): of(_SIGMOIDS, run(**POOR)),
    ("strong-decay", SERIOUS): of(DECAYING, run(**LOST)),
    ("strong-decay", WARNING): of(DECAYING, run(**POOR)),
    ("forgotten-start", SERIOUS): of({"optimizer": "ftrl"}, measured({}, hidden(weight=0.1), learned=False)),
    ("large-steps", SERIOUS): alone(measured(hidden(ratio=60.0), hidden(ratio=40.0), learned=False)),
    ("large-steps", WARNING): alone(run(**POOR, more=_LARGE_STEPS)),
    ("narrow-layer", SERIOUS): of({"model": {"hidden": [2]}}, run(**LOST)),
    ("narrow-layer", WARNING): of({"model": {"hidden": [2]}}, run(**POOR)),
    ("few-normalized-images", SERIOUS): of({**NORMALIZED, "batch_size": 1}, run(**LOST)),
    ("few-normalized-images", WARNING): of({**NORMALIZED, "batch_size": 2}, run(**POOR)),
    ("few-updates", SERIOUS): of({"batch_size": 20_000}, run(**LOST)),
    ("few-updates", WARNING): of({"batch_size": 20_000}, run(**POOR)),
    ("lagging-statistics", WARNING): of(NORMALIZED, in_both_modes(training=0.97, inference=0.3)),
    ("linear-layers", WARNING): of({"model": {"activation": "linear"}}, run()),
    ("linear-layers", INFO): of(
        {"layers": {"hidden_1": {"activation": "linear"}}, "model": {"hidden": [128, 64]}}, run()
    ),
    ("tied-outputs", WARNING): alone(
        run(test=0.5, more={"labels": made_runs.LABELS, "ties": Ties(0.4, 1.0, 0.8)})
    ),
    ("tied-outputs", INFO): alone(run(more={"labels": made_runs.LABELS, "ties": Ties(0.02, 1.0, 0.971)})),
    ("measured-with-dropout", INFO): of(
        {"model": {"dropout": 0.5}}, in_both_modes(training=0.8, inference=0.98)
    ),
    ("one-answer", SERIOUS): alone(answering(0)),
    ("zero-gradient", SERIOUS): alone(measured(hidden(gradient=0.0), hidden(gradient=0.0))),
    ("silent-layer", SERIOUS): alone(measured({}, {"hidden_1": replace(DIED, gradient=0.1)}, learned=False)),
    ("silent-layer", WARNING): alone(measured({}, hidden(active=0.001))),
    ("identical-units", WARNING): alone(measured(hidden(identical=1.0), hidden(identical=1.0))),
    ("identical-units", INFO): alone(measured({}, hidden(identical=0.1))),
    ("predicts-mean", SERIOUS): numbers(r2=flat(0.01), val_r2=flat(0.01)),
    ("r2-rising", WARNING): numbers(r2=_STILL_RISING, val_r2=_STILL_RISING),
    ("collapsed", SERIOUS): alone(run(accuracy=_LOST, val_accuracy=_LOST)),
    ("nothing-learned", SERIOUS): alone(run(accuracy=flat(0.1), val_accuracy=flat(0.1))),
    ("diverged", SERIOUS): alone(run(status=Status.DIVERGED, data_loss=[0.5, math.nan])),
    ("dead-units", WARNING): beside(_DEAD, run(val_accuracy=flat(0.99))),
    ("dead-units", INFO): alone(_DEAD),
    ("exploding", SERIOUS): alone(measured(hidden(ratio=2.0), {"data_loss": 9.0}, learned=False)),
    ("exploding", INFO): alone(measured(hidden(ratio=2.0), {"data_loss": 9.0})),
    ("saturation", WARNING): alone(measured({}, {"saturated": 0.9}, learned=False)),
    ("vanishing", WARNING): alone(
        measured({"output": replace(LAST, ratio=1e-9)}, {"output": replace(LAST, ratio=1e-9)})
    ),
    ("unscaled-input", WARNING): alone(
        measured({"data_loss": 30.0}, {}, learned=False, configuration=made_runs.unscaled())
    ),
    ("unscaled-input", INFO): alone(measured({"data_loss": 30.0}, {}, configuration=made_runs.unscaled())),
    ("large-weights", SERIOUS): of(LARGE, measured({"data_loss": 30.0}, {}, learned=False)),
    ("large-weights", WARNING): of(LARGE, measured({"data_loss": 30.0}, {})),
    ("large-weights", INFO): of(LARGE, measured({"data_loss": 5.0}, {})),
    ("test-differs", WARNING): alone(run(test=0.6, more={"labels": made_runs.LABELS})),
    ("neglected-class", WARNING): alone(
        run(test=0.9, more={"labels": made_runs.LABELS, "predicted": _NEVER_A_NINE})
    ),
    ("easy-validation", WARNING): alone(run(accuracy=flat(0.8), val_accuracy=flat(0.999))),
    ("gap", INFO): alone(run(val_accuracy=flat(0.9))),
    ("declined", WARNING): alone(run(accuracy=_WORSE, val_accuracy=_WORSE)),
    ("declined", INFO): alone(
        run(accuracy=_WORSE, val_accuracy=_WORSE, configuration=stopping(restore_best_weights=True))
    ),
    ("only-memorized", WARNING): alone(run(accuracy=flat(0.9), val_accuracy=flat(0.1))),
    ("overfitting", WARNING): alone(run(val_data_loss=np.linspace(0.1, 0.4, 30))),
    ("overfitting", INFO): alone(
        run(val_data_loss=np.linspace(0.1, 0.4, 30), configuration=stopping(monitor="val_accuracy"))
    ),
    ("overfits-beside", WARNING): beside(
        run(accuracy=flat(1.0), val_accuracy=flat(0.9)), run(accuracy=flat(0.95), val_accuracy=flat(0.95))
    ),
    ("underfitting", WARNING): beside(
        run(accuracy=flat(0.9), val_accuracy=swinging(0.9, 0.02)), run(val_accuracy=flat(0.97))
    ),
    ("converged", INFO): alone(run(val_accuracy=rising(0.97))),
    ("not-converged", WARNING): alone(run(accuracy=_STILL_RISING, val_accuracy=_STILL_RISING)),
    ("not-converged", INFO): alone(run(val_accuracy=gaining(0.97, _GAIN))),
    ("oscillation", WARNING): alone(run(val_accuracy=swinging(0.95, 0.02))),
    ("oscillation", INFO): alone(
        run(val_accuracy=swinging(0.95, 0.02), configuration=stopping(restore_best_weights=True))
    ),
    ("plateau", INFO): alone(run(accuracy=[0.4, 0.5, *flat(0.6, 8), 0.7, 0.8, 0.9, *flat(0.95, 17)])),
    ("overflow-at-start", SERIOUS): alone(
        measured({"data_loss": None}, {"data_loss": None}, status=Status.DIVERGED)
    ),
    ("strong-penalty", SERIOUS): of(
        _L1, measured({}, hidden(weight=0.5), learned=False, penalty=flat(1.0), data_loss=flat(0.5))
    ),
    ("penalty-limits", WARNING): of(
        _L1,
        run(
            accuracy=flat(0.9),
            val_accuracy=flat(0.9),
            data_loss=flat(0.1),
            val_data_loss=flat(0.1),
            penalty=flat(1.0),
        ),
    ),
    ("penalty-dominates", INFO): alone(run(penalty=flat(1.0))),
    ("stopped-by-setting", WARNING): alone(
        run(
            status=Status.EARLY_STOPPED,
            configuration=stopping(monitor="val_accuracy", mode="min", patience=3),
            val_accuracy=[0.5, 0.6, 0.7, 0.8],
        )
    ),
    ("stopped-early", INFO): alone(stopped_early()),
    ("stopped-on-penalty", WARNING): alone(
        run(configuration=stopping(), penalty=np.linspace(9, 1, 30), val_data_loss=flat(0.1))
    ),
    ("stopped-too-soon", WARNING): alone(
        run(
            status=Status.EARLY_STOPPED,
            configuration=stopping(),
            val_accuracy=flat(0.8, 10),
            more={"longest_history": run(val_accuracy=[*flat(0.8, 10), *flat(0.95, 20)]).record.history},
        )
    ),
    ("stopped-on-noise", WARNING): alone(
        run(
            status=Status.EARLY_STOPPED,
            configuration=stopping(monitor="val_accuracy", patience=1),
            accuracy=[0.3, 0.7],
            val_accuracy=[0.58, 0.57],
        )
    ),
    ("swings-more", INFO): compared(
        run(val_accuracy=swinging(0.95, 0.02)), run(val_accuracy=swinging(0.95, 0.001))
    ),
    ("slower", INFO): compared(
        run(more={"seconds": (2.0,) * 30}, configuration=study().variants["treatment"].configuration),
        run(more={"seconds": (1.0,) * 30}),
    ),
}
