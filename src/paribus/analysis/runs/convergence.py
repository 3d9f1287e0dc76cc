"""How accuracy goes over the epochs: where it converged, whether it still rises, swings or stood still."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from paribus.analysis.design.learning_rates import learning_rates
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.conditions import has_validation, has_validation_curve, is_mostly_gap
from paribus.analysis.runs.curves import (
    MIN_EPOCHS,
    N_SIGMA,
    convergence_band,
    convergence_epoch,
    degrees_of_freedom,
    late_gain,
    level_epochs,
    plateau,
    standard_error,
)
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rate_changes import change_rate
from paribus.analysis.runs.rise import MIN_SHORT, is_ordered
from paribus.analysis.runs.rule import Place, RunRule, beside
from paribus.analysis.runs.swing import swing
from paribus.study.configuration import Configuration
from paribus.texts.message import Joined, Message

WIDEST_BAND = 0.03
"""Of accuracy: a wider band calls epochs equal that are far apart, by convention."""
_LARGEST_BATCH = 512
_SHORT_OVER = 2
_GONE = 0.01
"""Of a schedule's highest learning rate: less moves the weights no more, by convention."""


class Converged(RunRule):
    """The epochs from which on training and validation accuracy gain no more than validation can resolve.

    Both are compared with the same band: one standard error on the validation images, or three of a smoothed
    value by the curve's own noise where that is larger. A band above three points allows no such epoch.
    """

    code = "converged"
    severities = (Severity.INFO,)
    any_training = True
    tasks = LABELS
    remark = Place.CONVERGENCE
    is_compared = True

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has a validation curve of nine epochs or more."""
        return has_validation_curve(run)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return both epochs, where validation accuracy has one."""
        band = convergence_band(run.curve("val_accuracy"), run.held_out)
        if band is None:
            return None
        evidence = {"band": band, "epochs": float(run.epochs), "images": float(run.held_out)}
        if band > WIDEST_BAND:
            return _converged(evidence, "unclear")
        validation = convergence_epoch(run.curve("val_accuracy"), band)
        train = convergence_epoch(run.curve("accuracy"), band)
        if validation is None:
            return None
        evidence = {"validation_epoch": float(validation), **evidence}
        rises = Message("diagnosis.train-rises")
        words = rises if train is None else Message("diagnosis.train-converged", {"epoch": train})
        evidence |= {} if train is None else {"train_epoch": float(train)}
        is_of_images = band <= standard_error(_level(run), run.held_out)
        within = Message(f"diagnosis.band-of-{'images' if is_of_images else 'course'}", evidence)
        return _converged(evidence, "at", within=within, train=words)

    def compare(self, mine: Finding, other: Finding) -> Message | None:
        """Return where both converged; None where that cannot be said of one of them."""
        both = mine.evidence, other.evidence
        if not all("validation_epoch" in each for each in both):
            return None
        same = "-same" if both[0]["validation_epoch"] == both[1]["validation_epoch"] else ""
        return Message(f"remarks.compared-converged{same}", beside(mine, other))


def _level(run: RunEvidence) -> float:
    """Return the accuracy over the last epochs, with which earlier ones are compared."""
    return float(run.curve("val_accuracy")[-level_epochs(run.epochs) :].mean())


def _converged(evidence: dict[str, float], code: str, **values: Message) -> Fact:
    """Return where a run converged, or that this cannot be said, in words of three lengths."""
    numbers = {**evidence, **values}
    parts = {part: Message(f"diagnosis.converged-{code}-{part}", numbers) for part in ("why", "remedy")}
    return Fact(
        Severity.INFO, evidence, {**values, **parts, "short": Message(f"remarks.converged-{code}", numbers)}
    )


class NotConverged(RunRule):
    """Validation accuracy that still rises in the last epochs, beyond its own noise and the images'.

    It is a warning from three standard errors on the images on: a smaller rise lies within what other images
    of the same number would make of the accuracy, unless most of what is still wrong is a gap to the training
    images, which more epochs do not close. None is a gain that came as a jump and is over, that a slow
    swing makes, or that was made under a schedule which has brought the learning rate down to nothing.

    Four to eight epochs do not tell their own noise: there the last four must rise one after the other, and
    the last two by three standard errors of a difference of two accuracies on the validation images.
    """

    code = "not-converged"
    severities = (Severity.WARNING, Severity.INFO)
    any_training = True
    tasks = LABELS
    remark = Place.CONVERGENCE
    is_contrasted = True
    silences = frozenset({"converged"})

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has a validation curve of four epochs or more."""
        return has_validation(run) and run.epochs >= MIN_SHORT

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the gain of the last epochs over as many before them."""
        curve = run.curve("val_accuracy")
        if len(curve) < MIN_EPOCHS:
            return _short_gain(run)
        gain, swinging = late_gain(curve), swing(curve)
        if gain is None or swinging is None:
            return None
        images = standard_error(float(curve[-1]), run.held_out)
        slow = math.sqrt(2) * swinging.size if swinging.period else 0.0
        limit = max(N_SIGMA * gain.noise, N_SIGMA * slow, images)
        if gain.size <= limit or gain.is_over or rate_is_gone(run):
            return None
        evidence = {
            "gain": gain.size,
            "over": float(gain.epochs),
            "limit": limit,
            "noise": gain.noise,
            "images_noise": images,
            "accuracy": float(curve[-1]),
            "epochs": float(run.epochs),
        }
        is_large = gain.size > N_SIGMA * images
        return Fact(Severity.WARNING if is_large and not is_mostly_gap(run) else Severity.INFO, evidence)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise twice as many epochs, where early stopping does not end them."""
        if configuration.early_stopping is None:
            epochs = 2 * configuration.epochs
            yield Change("longer", {"epochs": epochs}, {"twice": epochs})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect that there are too few epochs."""
        if configuration.early_stopping is None:
            now = configuration.epochs
            yield Change("few-epochs", {"epochs": 2 * now}, {"now": now, "then": 2 * now})


def _short_gain(run: RunEvidence) -> Fact | None:
    """Return what the last two of a few epochs gained over the two before, where these four rise in order."""
    last = run.curve("val_accuracy")[-MIN_SHORT:]
    gain = float(last[_SHORT_OVER:].mean() - last[:_SHORT_OVER].mean())
    images = standard_error(float(last[-1]), run.held_out)
    limit = N_SIGMA * math.sqrt(2) * images
    if not is_ordered(last) or gain <= limit or rate_is_gone(run):
        return None
    evidence = {
        "gain": gain,
        "over": float(_SHORT_OVER),
        "limit": limit,
        "images_noise": images,
        "accuracy": float(last[-1]),
        "epochs": float(run.epochs),
    }
    return Fact(Severity.INFO if is_mostly_gap(run) else Severity.WARNING, evidence)


def rate_is_gone(run: RunEvidence) -> bool:
    """Return whether a schedule ended at next to nothing of its highest learning rate.

    Args:
        run: Any.
    """
    rates = learning_rates(run.configuration, run.updates)
    return rates is not None and len(rates) > 0 and bool(rates[-1] < _GONE * rates.max())


class Oscillation(RunRule):
    """A validation curve that moves more than other validation images would move it, up to its end.

    Its movement from epoch to epoch, or slowly around its course, is compared with one standard error on the
    validation images, widened by three standard errors of the noise itself, 1/√(2ν) each with ν degrees of
    freedom. Over the last third it must exceed one standard error still: a curve that has come to rest, as
    under a schedule that lowers the learning rate, no longer swings. No warning where the best weights are
    restored: the last epoch then decides nothing.
    """

    code = "oscillation"
    severities = (Severity.WARNING, Severity.INFO)
    any_training = True
    tasks = LABELS
    reference = "Gasser, Sroka and Jennen-Steinmetz, Biometrika 73 (1986), for the noise"
    remark = Place.CURVES
    is_summarized = True
    silences = frozenset({"converged"})

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has a validation curve of nine epochs or more."""
        return has_validation_curve(run)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the curve's noise, and between which values it swings."""
        curve = run.curve("val_accuracy")
        found = swing(curve)
        if found is None:
            return None
        late = curve[len(curve) // 3 :]
        images = standard_error(float(late.mean()), run.held_out)
        limit = images * (1 + N_SIGMA / math.sqrt(2 * degrees_of_freedom(run.epochs)))
        if found.size <= limit or found.at_end <= images:
            return None
        evidence = {
            "swing": found.size,
            "limit": limit,
            "images_noise": images,
            "lowest": float(late.min()),
            "highest": float(late.max()),
            "from_epoch": float(len(curve) // 3 + 1),
            "epochs": float(run.epochs),
            "last": float(curve[-1]),
            "batch": float(run.configuration.batch_size),
        }
        rhythm: Message | str = ""
        if found.period:
            evidence["period"] = found.period
            rhythm = Message("diagnosis.swing-period", evidence)
        stopping = run.configuration.early_stopping
        if stopping is not None and stopping.restore_best_weights:
            evidence["kept_epoch"] = float(run.kept.get("epoch", run.epochs))
            end = Message("diagnosis.swing-restored", evidence)
            return Fact(Severity.INFO, evidence, {"end": Joined((rhythm, end))})
        end = Message("diagnosis.swing-ends", evidence)
        return Fact(Severity.WARNING, evidence, {"end": Joined((rhythm, end))})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a learning rate at which the swing would be that of the images."""
        return change_rate(configuration, _steadying_factor(finding), "steadier")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the learning rate and the batch size: the gradient's noise goes with rate / batch."""
        factor = _steadying_factor(finding)
        yield from change_rate(configuration, factor, "rate")
        now = configuration.batch_size
        then = min(_LARGEST_BATCH, round(now / factor))
        if then > now:
            yield Change("batch", {"batch_size": then}, {"now": now, "then": then})


def _steadying_factor(finding: Finding) -> float:
    """Return by what the rate makes the swing the images' noise, if its variance goes with the rate."""
    return min(0.5, max(0.1, (finding.evidence["images_noise"] / finding.evidence["swing"]) ** 2))


class Plateau(RunRule):
    """A stretch in which training accuracy stood still before it went on."""

    code = "plateau"
    severities = (Severity.INFO,)
    any_training = True
    tasks = LABELS
    remark = Place.CURVES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended and learned, in nine epochs or more."""
        return run.has_ended and run.has_learned and run.epochs >= MIN_EPOCHS

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the longest such stretch."""
        curve = run.curve("accuracy")
        images = run.held_out or run.trained_on
        if not images:  # of a function of the user's that does not say
            return None
        found = plateau(curve, standard_error(float(np.median(curve)), images))
        if found is None:
            return None
        evidence = {
            "length": float(found.last - found.first + 1),
            "first_epoch": float(found.first),
            "last_epoch": float(found.last),
            "level": found.level,
            "after": found.after,
        }
        return Fact(Severity.INFO, evidence)
