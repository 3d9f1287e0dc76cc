"""What is known of a run, as rules read it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.rule import Fact
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.record.history import column
from paribus.record.probes import LayerProbe, Probe
from paribus.record.run import EpochRow, RunRecord, Status, defined
from paribus.study.configuration import Configuration
from paribus.study.step_size import held_out, trained_on, training_images
from paribus.texts.message import Message

_NEARLY_ALL = 0.9
"""Of the predictions: a convention for a network that hardly tells one image from another."""
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
        examples: How many examples a function of the user's own trained on and held out; None where that is
            not known, and elsewhere.
        facts: What each rule has found, by its code, so that none judges twice; filled by `RunRule.find`.
    """

    record: RunRecord
    probes: Sequence[Probe] = ()
    predicted: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    ties: Ties | None = None
    recall: tuple[float, float] | None = None
    commonest: float | None = None
    variation: float | None = None
    seconds: tuple[float, ...] = ()
    longest_history: Sequence[EpochRow] = ()
    examples: tuple[int, int] | None = None
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
        if self.examples is not None:
            return self.examples[1]
        return held_out(self.configuration, self._images)

    @property
    def trained_on(self) -> int:
        """Number of images that it trained on."""
        if self.examples is not None:
            return self.examples[0]
        return trained_on(self.configuration, self._images)

    @property
    def updates(self) -> int:
        """Updates of the weights in all epochs together; of a watched network as they were counted."""
        last = self.probes[-1] if self.configuration.train is not None and self.probes else None
        if last is not None and last.epoch:
            return round(last.step / last.epoch * self.epochs)
        return self.epochs * math.ceil(self.trained_on / self.configuration.batch_size)

    @cached_property
    def kept(self) -> EpochRow:
        """The history's row of the kept epoch; empty where none was."""
        return self.record.kept_row

    @cached_property
    def has_columns(self) -> bool:
        """Whether the history has what rules read; a function of the user's own logs what it likes.

        A run that diverged needs none but its loss.
        """
        if self.configuration.train is None:
            return True
        names = {"loss"}
        if self.record.status is not Status.DIVERGED:
            names |= {self.score, "val_loss", f"val_{self.score}"}
        rows = self.record.history
        return bool(rows) and all(names <= row.keys() for row in rows)

    def curve(self, name: str) -> NDArray[np.float64]:
        """A column of the history, shape (epochs,); empty where the run has none.

        Args:
            name: Such as ``val_accuracy``.
        """
        if self.configuration.train is not None and name.endswith("data_loss"):
            name = name.replace("data_loss", "loss")  # of which a penalty is no known part
        return column(self.record.history, name)

    @cached_property
    def kept_probe(self) -> Probe | None:
        """What was measured with the weights that were kept."""
        epoch = self.kept.get("epoch")
        return next((probe for probe in reversed(self.probes) if probe.epoch == epoch), None)

    @cached_property
    def has_sample(self) -> bool:
        """Whether probes are of a fixed sample in inference mode, not of the batches that were trained on."""
        return self.configuration.train is None or any(each.data_loss is not None for each in self.probes)

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
        is_own = self.configuration.train is not None
        code = f"diagnosis.train-{'sampled' if self.is_sampled else 'logged' if is_own else 'running'}"
        return Message(code, {"images": float(self.train_images)})

    @cached_property
    def is_sampled(self) -> bool:
        """Whether `train_accuracy` is that of the probes' sample, with the kept weights."""
        running, sampled = self.kept.get("accuracy"), self._sampled
        if running is None or sampled is None or self.kept_probe is None:
            return False
        if self.configuration.has_training_mode:
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
        return defined(self.kept, "r2") if self.score == "r2" else self.train_accuracy

    @cached_property
    def validation_score(self) -> float | None:
        """Validation accuracy with the kept weights; R² in a regression."""
        return defined(self.kept, f"val_{self.score}")

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
        return 1 / len(facts.classes) if facts.classes and facts.task == "classification" else 0.5

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

    def class_name(self, number: int) -> str:
        """Return what a class is called; its number where a function's own data have no names."""
        names = self.configuration.facts.classes
        return names[number] if number < len(names) else str(number)

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
        if (
            self.configuration.train is not None
            and not self.recall
            and not (self.held_out or self.trained_on)
        ):
            return True  # on so little evidence nothing is said against it
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
        limit = self.learning_threshold(images, certain=True)  # the best of many epochs is high by chance
        if kept is None or kept > limit or not np.isfinite(curve).any():
            return False
        return bool(np.nanmax(curve) - self.majority_share > 2 * (limit - self.majority_share))

    def learning_threshold(self, number: int, *, certain: bool = False) -> float:
        """Return the accuracy above which more was learned than the commonest class, beyond noise.

        The noise is that of both shares: of the accuracy, and of the commonest class among the test images.
        Where nearly all predictions are one class, what is left to be learned counts too, a twentieth of it.
        On so few examples that three standard errors are half of what is left, one is asked for: else hardly
        any network would be said to have learned.

        In a regression it is R²: that of predictions at random within a spread of their own lies below z²/n
        with the probability that z has, and a twentieth is the least that counts.

        Args:
            number: How many images the accuracy was measured on.
            certain: Whether three standard errors are asked for on few examples too.
        """
        if self.score == "r2":
            return min(_MOST_NOISE, max(_LEAST, N_SIGMA**2 / number))
        tested = sum(self.labels)
        noise = standard_error(self.majority_share, number)
        if tested:
            noise = math.hypot(noise, standard_error(self.majority_share, tested))
        left = 1 - self.majority_share
        least = _LEAST * left if self.is_nearly_constant else 0.0
        errors = N_SIGMA if certain or N_SIGMA * noise < left / 2 else 1.0
        return self.majority_share + max(errors * noise, least)

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
