"""What is known of a run, as rules read it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.rule import Fact
from paribus.analysis.runs.curves import MIN_EPOCHS, N_SIGMA, standard_error
from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.metrics import predicted_classes
from paribus.record.probes import LayerProbe, Probe, read
from paribus.record.records import Records
from paribus.record.run import EpochRow, RunRecord, Status
from paribus.study.configuration import Configuration
from paribus.study.step_size import held_out, trained_on, training_images
from paribus.texts.message import Message

_NEARLY_ALL = 0.9
"""Of the predictions: a convention for a network that hardly tells one image from another."""
_GOOD_FIT = 0.9
"""Training accuracy on images: a convention."""
_SOME_FIT = 0.25
"""Of the way from the commonest class, or from the mean, to no error, on data other than images: tables are
noisy, so that most cannot be fitted much better without being memorized; a convention."""
_LEAST = 0.05
"""Of what always predicting the commonest class gets wrong: to get less of it right is next to nothing, by
convention; also R² in a regression."""
_MOST_NOISE = 0.5
"""R² that counts as learned, on however few rows."""


@dataclass(frozen=True)
class Ties:
    """Test images whose largest output is shared by several classes.

    Args:
        share: Of all test images.
        value: The output that is most often shared.
        accuracy_at_best: The test accuracy if each of them were predicted right where its class shares it.
    """

    share: float
    value: float
    accuracy_at_best: float


@dataclass(frozen=True)
class RunEvidence:
    """Everything that is known of one run.

    Args:
        record: Its specification, epochs and end.
        probes: What was measured inside the network, in order; none for runs of older versions.
        predicted: How many test images were predicted to be of each class; none where predictions were not
            kept.
        labels: How many test images are of each class; as many numbers as `predicted`.
        ties: Test images with several largest outputs; None where predictions were not kept.
        recall: Mean share of each class that is predicted right, and its standard error by chance; None where
            predictions of classes were not kept.
        commonest: What always giving the commonest answer gets right, on average over several labels.
        variation: Standard deviation of what a regression predicts for the test rows, over that of their
            targets, on average over several targets; None elsewhere.
        seconds: Of each epoch.
        longest_history: That of the run which shares this one's trajectory and went farthest; its own where
            none does.
        facts: What each rule has found, by its code, so that none judges twice; filled by `RunRule.find`.
    """

    record: RunRecord
    probes: tuple[Probe, ...] = ()
    predicted: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    ties: Ties | None = None
    recall: tuple[float, float] | None = None
    commonest: float | None = None
    variation: float | None = None
    seconds: tuple[float, ...] = ()
    longest_history: tuple[EpochRow, ...] = ()
    facts: dict[str, Fact | None] = field(
        default_factory=dict[str, "Fact | None"], init=False, repr=False, compare=False
    )

    @property
    def configuration(self) -> Configuration:
        """What was trained."""
        return self.record.spec.configuration

    @property
    def epochs(self) -> int:
        """How many were trained."""
        return len(self.record.history)

    @property
    def has_ended(self) -> bool:
        """Whether it was trained to its end and tested."""
        return self.record.has_ended

    @property
    def is_over(self) -> bool:
        """Whether it was trained to its end or has diverged."""
        return self.has_ended or self.record.status is Status.DIVERGED

    @property
    def _images(self) -> int:
        return training_images(self.configuration, self.record.data.train, self.record.data.test)

    @property
    def held_out(self) -> int:
        """Number of validation images."""
        return held_out(self.configuration, self._images)

    @property
    def trained_on(self) -> int:
        """Number of images that it trained on."""
        return trained_on(self.configuration, self._images)

    @property
    def updates(self) -> int:
        """Updates of the weights in all epochs together."""
        return self.epochs * math.ceil(self.trained_on / self.configuration.batch_size)

    @cached_property
    def kept(self) -> EpochRow:
        """The history's row of the kept epoch; empty where none was."""
        return self.record.kept_row

    def curve(self, name: str) -> NDArray[np.float64]:
        """A column of the history, shape (epochs,); empty where the run has none.

        Args:
            name: Such as ``val_accuracy``.
        """
        rows = self.record.history
        return np.array([row[name] for row in rows] if rows and name in rows[0] else [], np.float64)

    @cached_property
    def kept_probe(self) -> Probe | None:
        """What was measured with the weights that were kept."""
        epoch = self.kept.get("epoch")
        return next((probe for probe in reversed(self.probes) if probe.epoch == epoch), None)

    @cached_property
    def train_accuracy(self) -> float | None:
        """Training accuracy of the kept epoch.

        Over all images while the weights moved. What the kept weights get right of the probes' sample where
        the two differ beyond noise, or where training has a mode of its own, which the sample is measured
        without.
        """
        running = self.kept.get("accuracy")
        return self._sampled if self.is_sampled else running

    @property
    def train_images(self) -> int:
        """How many images `train_accuracy` was measured on."""
        return sum(self.kept_probe.predicted) if self.kept_probe and self.is_sampled else self.trained_on

    @property
    def measured(self) -> Message:
        """How `train_accuracy` was measured, in brackets."""
        code = f"diagnosis.train-{'sampled' if self.is_sampled else 'running'}"
        return Message(code, {"images": float(self.train_images)})

    @cached_property
    def is_sampled(self) -> bool:
        """Whether `train_accuracy` is that of the probes' sample, with the kept weights."""
        running, sampled = self.kept.get("accuracy"), self._sampled
        if running is None or sampled is None or self.kept_probe is None:
            return False
        if has_training_mode(self.configuration):
            return True
        noise = standard_error(running, max(1, sum(self.kept_probe.predicted)))
        return abs(running - sampled) > N_SIGMA * noise

    @cached_property
    def train_measures(self) -> Mapping[str, tuple[float, int]]:
        """Training accuracy of the kept epoch by each measure that there is, and its number of images.

        ``running`` is over all images while the weights moved, ``sampled`` of the kept weights on the probes'
        sample.
        """
        sampled = sum(self.kept_probe.predicted) if self.kept_probe else 0
        each = {
            "running": (self.kept.get("accuracy"), self.trained_on),
            "sampled": (self._sampled, sampled),
        }
        return {
            name: (share, images) for name, (share, images) in each.items() if share is not None and images
        }

    @property
    def _sampled(self) -> float | None:
        return self.kept_probe.accuracy if self.kept_probe else None

    @property
    def validation_accuracy(self) -> float | None:
        """Validation accuracy with the kept weights."""
        return self.kept.get("val_accuracy")

    @property
    def score(self) -> str:
        """What epochs are scored by in the history: ``accuracy``, or ``r2`` in a regression."""
        return "r2" if self.configuration.facts.task == "regression" else "accuracy"

    @cached_property
    def train_score(self) -> float | None:
        """Training accuracy of the kept epoch; R² in a regression."""
        return self.kept.get("r2") if self.score == "r2" else self.train_accuracy

    @cached_property
    def validation_score(self) -> float | None:
        """Validation accuracy with the kept weights; R² in a regression."""
        return self.kept.get(f"val_{self.score}")

    @cached_property
    def majority_share(self) -> float:
        """Share of the commonest class among the test images: what predicting it always gets right.

        In a regression it is 0, the R² of always predicting the mean.
        """
        facts = self.configuration.facts
        if facts.task == "regression":
            return 0.0
        if self.commonest is not None:
            return self.commonest
        if sum(self.labels):
            return max(self.labels) / sum(self.labels)
        return 1 / len(facts.classes) if facts.task == "classification" else 0.5

    @property
    def fit(self) -> float | None:
        """How much of the way training examples are known, from the commonest answer to no error."""
        known, least = self.train_score, self.majority_share
        return None if known is None else (known - least) / max(1 - least, 1e-9)

    @property
    def predictions(self) -> tuple[int, ...]:
        """How many images are predicted to be of each class: of the test images, else of the last sample."""
        return self.predicted or (self.probes[-1].predicted if self.probes else ())

    @cached_property
    def commonest_prediction(self) -> tuple[int, float] | None:
        """The class that is predicted most often, and its share; None without predictions."""
        counts = self.predictions
        if len(counts) < 2 or not sum(counts):
            return None
        most = max(range(len(counts)), key=counts.__getitem__)
        return most, counts[most] / sum(counts)

    @cached_property
    def is_nearly_constant(self) -> bool:
        """Whether nine predictions of ten are one class, and not because most images are of it."""
        if self.commonest_prediction is None:
            return False
        most, share = self.commonest_prediction
        of_class = self.labels[most] / sum(self.labels) if sum(self.labels) else self.majority_share
        return share >= _NEARLY_ALL and of_class < share / 2

    @property
    def scored(self) -> tuple[str, int]:
        """The accuracy in the history that shows what was learned, and its number of images."""
        if self.validation_score is not None and self.held_out > 0:
            return f"val_{self.score}", self.held_out
        return self.score, max(1, self.trained_on)

    @cached_property
    def has_learned(self) -> bool:
        """Whether it is right more often than always predicting one class, beyond noise, on either images.

        Not where it has collapsed: the training accuracy of the last epoch is a mean over that epoch. Where
        one class is common, a network that tells the others from it may be right less often than that class
        is: it has learned where its mean recall is beyond chance and noise.
        """
        measured = ((self.validation_score, self.held_out), (self.train_score, self.train_images))
        is_right = not self.has_collapsed and any(
            share is not None and number > 0 and share > self.learning_threshold(number)
            for share, number in measured
        )
        return is_right or self.tells_classes_apart

    @property
    def tells_classes_apart(self) -> bool:
        """Whether its mean recall over the classes of the test examples is beyond chance and noise."""
        if self.recall is None:
            return False
        mean, noise = self.recall
        chance = 1 / sum(count > 0 for count in self.labels)
        return mean - chance > max(N_SIGMA * noise, _LEAST * (1 - chance))

    @cached_property
    def has_collapsed(self) -> bool:
        """Whether an earlier epoch had learned, beyond twice the noise, and the kept one has not.

        A regression that still knows its training rows overfits: R² on others can fall to any depth.
        """
        knows_rows = self.score == "r2" and (self.train_score or 0.0) > self.learning_threshold(
            max(1, self.trained_on)
        )
        if knows_rows or self.tells_classes_apart:
            return False
        name, images = self.scored
        curve, kept = self.curve(name), self.kept.get(name)
        limit = self.learning_threshold(images)
        if kept is None or kept > limit or not np.isfinite(curve).any():
            return False
        return bool(np.nanmax(curve) - self.majority_share > 2 * (limit - self.majority_share))

    def learning_threshold(self, number: int) -> float:
        """Return the accuracy above which more was learned than the commonest class, beyond noise.

        The noise is that of both shares: of the accuracy, and of the commonest class among the test images.
        Where nearly all predictions are one class, what is left to be learned counts too, a twentieth of it.

        In a regression it is R²: that of predictions at random within a spread of their own lies below z²/n
        with the probability that z has, and a twentieth is the least that counts.

        Args:
            number: How many images the accuracy was measured on.
        """
        if self.score == "r2":
            return min(_MOST_NOISE, max(_LEAST, N_SIGMA**2 / number))
        tested = sum(self.labels)
        noise = standard_error(self.majority_share, number)
        if tested:
            noise = math.hypot(noise, standard_error(self.majority_share, tested))
        least = _LEAST * (1 - self.majority_share) if self.is_nearly_constant else 0.0
        return self.majority_share + max(N_SIGMA * noise, least)

    def layer(self, name: str) -> Iterator[tuple[Probe, LayerProbe]]:
        """Return what was measured of one layer, in order.

        Args:
            name: As `layers` has it.
        """
        return ((probe, probe.layers[name]) for probe in self.probes if name in probe.layers)

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """The layers that were measured, the first one first."""
        return tuple(dict.fromkeys(name for probe in self.probes for name in probe.layers))


def has_training_mode(configuration: Configuration) -> bool:
    """Return whether a network computes something else while training: by dropout, or on changed images.

    Args:
        configuration: A variant, resolved.
    """
    normalizations = ("batch_normalization", "spectral_normalization")
    draws = any(layer.kind in normalizations or layer.draws for layer in configuration.layers)
    return draws or bool(configuration.augment)


def has_learned_on_validation(run: RunEvidence) -> bool:
    """Return whether a run ended and learned something, with examples held out.

    Args:
        run: Any.
    """
    return run.has_ended and run.has_learned and run.validation_score is not None and run.held_out > 0


def has_validation(run: RunEvidence) -> bool:
    """Return whether a run ended and learned something, with a validation accuracy.

    Args:
        run: Any.
    """
    return has_learned_on_validation(run) and run.validation_accuracy is not None


def has_validation_curve(run: RunEvidence) -> bool:
    """Return whether a run has validation accuracies at enough epochs to tell its noise.

    Args:
        run: Any.
    """
    return has_validation(run) and run.epochs >= MIN_EPOCHS


def gap_noise(run: RunEvidence, train: float, validation: float) -> float:
    """Return the standard error of the difference of a run's training and validation accuracy.

    Args:
        run: With both.
        train: Training accuracy.
        validation: Validation accuracy.
    """
    return math.hypot(standard_error(train, run.train_images), standard_error(validation, run.held_out))


def is_mostly_gap(run: RunEvidence) -> bool:
    """Return whether less than half as many training images are wrong as validation images.

    Args:
        run: Any.
    """
    train, validation = run.train_accuracy, run.validation_accuracy
    return train is not None and validation is not None and 1 - train < (1 - validation) / 2


def fits_poorly(run: RunEvidence) -> bool:
    """Return whether nothing was learned, or more than a tenth of the training images are wrong.

    Other data than images need not be known so well: there a quarter of what the commonest answer gets wrong.

    Args:
        run: Any.
    """
    if not (run.has_ended and run.has_learned):
        return True
    if run.configuration.facts.values != "pixels":
        return run.fit is not None and run.fit < _SOME_FIT
    return run.train_accuracy is not None and run.train_accuracy < _GOOD_FIT


def has_probes(run: RunEvidence) -> bool:
    """Return whether a run is over, and its network was measured at the start and later.

    Args:
        run: Any.
    """
    return run.is_over and len(run.probes) > 1


def gather_evidence(records: Records) -> dict[tuple[str, int], RunEvidence]:
    """Return what is known of each run, from its folder; what a folder lacks is left out.

    Args:
        records: By variant and seed.
    """
    longest: dict[str, tuple[EpochRow, ...]] = {}
    for record in records.values():
        known = longest.get(record.spec.trajectory, ())
        longest[record.spec.trajectory] = max(known, record.history, key=len)
    return {key: _read(record, longest[record.spec.trajectory]) for key, record in records.items()}


def _read(record: RunRecord, longest_history: tuple[EpochRow, ...]) -> RunEvidence:
    folder = RunFolder(record.folder)
    found = RunEvidence(
        record,
        read(record),
        seconds=tuple(folder.epoch_seconds() or ()),
        longest_history=longest_history,
    )
    with suppress(OSError, StoreError):
        outputs, given = folder.predictions()
        match record.spec.configuration.facts.task:
            case "classification":
                return _of_classes(found, outputs, given)
            case "multilabel":
                shares = given.mean(axis=0)
                return replace(found, commonest=float(np.maximum(shares, 1 - shares).mean()))
            case "regression":
                spread = outputs.std(axis=0) / np.maximum(given.std(axis=0), 1e-12)
                return replace(found, variation=float(spread.mean()))
    return found


def _of_classes(found: RunEvidence, outputs: NDArray[np.floating], given: NDArray[np.integer]) -> RunEvidence:
    """Return the evidence with what is counted of predicted classes."""
    classes = max(2, outputs.shape[1])
    answers = predicted_classes(outputs)
    predicted, labels, right = (
        np.bincount(each, minlength=classes) for each in (answers, given, given[answers == given])
    )
    present = labels > 0
    chance = 1 / max(1, int(present.sum()))
    noise = chance * math.sqrt(float((chance * (1 - chance) / labels[present]).sum()))
    return replace(
        found,
        predicted=tuple(predicted.tolist()),
        labels=tuple(labels.tolist()),
        ties=find_ties(outputs, given),
        recall=(float((right[present] / labels[present]).mean()), noise) if present.sum() > 1 else None,
    )


def find_ties(outputs: NDArray[np.floating], labels: NDArray[np.integer]) -> Ties:
    """Return how many images have several largest outputs.

    Args:
        outputs: Shape (images, units).
        labels: Shape (images,).

    Example:
        >>> find_ties(np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1, 0]))
        Ties(share=0.5, value=1.0, accuracy_at_best=0.5)
    """
    if outputs.shape[1] == 1:
        return Ties(0.0, 0.0, float(np.mean((outputs[:, 0] > 0.5) == labels)))
    largest = outputs.max(axis=1, keepdims=True)
    is_largest = outputs == largest
    is_tied = is_largest.sum(axis=1) > 1
    values, counts = np.unique(largest[is_tied], return_counts=True)
    value = float(values[counts.argmax()]) if len(values) else 0.0
    at_best = is_largest[np.arange(len(labels)), labels]
    return Ties(float(is_tied.mean()), value, float(at_best.mean()))
