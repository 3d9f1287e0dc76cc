"""Networks that compute something else while training: batch normalization and dropout."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from paribus.analysis.design.dropout import dropout_rates
from paribus.analysis.design.networks import MAX_LEFT, normalization_momenta
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.sample_loss import uniform_loss
from paribus.record.probes import Probe
from paribus.study.configuration import Configuration
from paribus.texts.message import Message

_QUICK = 0.9
_MIN_PROBES = 5
_STARTED = 0.01
"""Share of the moving statistics that is still where they started, which counts as the cause."""
_TIMES, _SHARE, _LESS = 2.0, 0.2, 0.05
"""Of the loss in training mode, and of a uniform prediction's: what keeps two modes apart, by convention.

Of the latter less is enough where the moving statistics are known to lag.
"""


class LaggingStatistics(RunRule):
    """Batch normalization whose moving statistics are not those of the network's own sums.

    In training mode the kept weights get more images right, beyond noise, than in inference mode, or their
    loss on these images is less than half, by a fifth of that of a uniform prediction or more; by a
    twentieth where more than a twentieth of the moving statistics is still where they started. Dropout only
    raises the loss of training mode, and so cannot bring this about.
    """

    code = "lagging-statistics"
    severities = (Severity.WARNING,)
    tasks = ("classification",)
    reference = "Ioffe and Szegedy 2015, arXiv:1502.03167"
    explains = frozenset({"neglected-class", "not-converged", "nothing-learned", "one-answer", "oscillation"})
    silences = frozenset({"overfitting", "converged"})
    remark = Place.CURVES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended, and both modes were measured with the kept weights."""
        return run.has_ended and run.kept_probe is not None and run.kept_probe.training_accuracy is not None

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return both accuracies, and how much of the statistics is still where they started."""
        probe, momenta = run.kept_probe, normalization_momenta(run.configuration)
        if not momenta or probe is None or probe.training_accuracy is None:
            return None
        training, inference, images = probe.training_accuracy, probe.accuracy or 0.0, _images(probe)
        limit = N_SIGMA * math.hypot(standard_error(training, images), standard_error(inference, images))
        slowest = max(momenta.values())
        left = slowest**run.updates
        share = _LESS if left > MAX_LEFT else _SHARE
        is_by_accuracy = training - inference > limit
        if not is_by_accuracy and not _loss_is_apart(run, probe, share):
            return None
        evidence = {
            "difference": training - inference,
            "training": training,
            "inference": inference,
            "limit": limit,
            "images": float(images),
            "momentum": slowest,
            "updates": float(run.updates),
            "left": left,
        }
        if not is_by_accuracy:
            evidence |= {
                "training_loss": probe.training_loss or 0.0,
                "inference_loss": probe.data_loss or 0.0,
            }
        what = Message(f"diagnosis.modes-{'accuracies' if is_by_accuracy else 'losses'}", evidence)
        moment = "lag" if evidence["left"] > _STARTED else "behind"
        fault = Message(f"diagnosis.statistics-{moment}", {**evidence, "window": 1 / max(1e-9, 1 - slowest)})
        remedy = Message(f"diagnosis.statistics-{'momentum' if slowest > _QUICK else 'rate'}")
        return Fact(Severity.WARNING, evidence, {"fault": fault, "what": what, "to_try": remedy})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a lower momentum."""
        slow = {label: each for label, each in normalization_momenta(configuration).items() if each > _QUICK}
        if slow:
            settings = {"layers": {label: {"momentum": _QUICK} for label in slow}}
            yield Change("momentum", settings, {"now": max(slow.values()), "then": _QUICK})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the momentum."""
        return self.advise(configuration, finding)


def _loss_is_apart(run: RunEvidence, probe: Probe, share: float) -> bool:
    """Return whether the loss of inference mode is far above that of training mode, on the same images."""
    uniform, training, inference = uniform_loss(run), probe.training_loss, probe.data_loss
    if uniform is None or training is None or inference is None:
        return False
    return inference > _TIMES * training and inference - training > share * uniform


class MeasuredWithDropout(RunRule):
    """Training accuracy that is lower because it is measured with dropout.

    Each probe after an epoch compares the same weights on the same images in both modes. The mean of these
    differences over the last two thirds of the epochs lies below 0 by more than three standard errors.
    """

    code = "measured-with-dropout"
    severities = (Severity.INFO,)
    tasks = ("classification",)
    reference = "Srivastava et al. 2014, JMLR 15"
    remark = Place.CURVES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended, with dropout, both modes measured at epochs enough."""
        return (
            run.has_ended and bool(dropout_rates(run.configuration)) and len(_late_probes(run)) >= _MIN_PROBES
        )

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return both mean accuracies."""
        probes = _late_probes(run)
        with_dropout = np.array([probe.training_accuracy for probe in probes], np.float64)
        without = np.array([probe.accuracy for probe in probes], np.float64)
        less = without - with_dropout
        limit = N_SIGMA * float(less.std(ddof=1)) / math.sqrt(len(less))
        if less.mean() <= limit:
            return None
        evidence = {
            "difference": float(less.mean()),
            "training": float(with_dropout.mean()),
            "inference": float(without.mean()),
            "limit": limit,
            "images": float(_images(probes[-1])),
            "over": float(len(probes)),
        }
        return Fact(Severity.INFO, evidence)


def _late_probes(run: RunEvidence) -> list[Probe]:
    """Return the probes after the last two thirds of the epochs that measured both modes."""
    first = run.epochs // 3
    return [
        probe
        for probe in run.probes
        if probe.epoch > first and None not in (probe.training_accuracy, probe.accuracy)
    ]


def _images(probe: Probe) -> int:
    return max(1, sum(probe.predicted))
