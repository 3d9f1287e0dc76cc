"""What differs between two variants besides the factor that their comparison is about, also by implication.

The review, the mark of a comparison and the remarks all ask here, so that they never disagree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from paribus.study.change import Change
from paribus.study.configuration import Configuration
from paribus.study.difference import difference, factors
from paribus.study.l2_dose import NEGLIGIBLE, Dose, dose, strength
from paribus.study.model import Variant
from paribus.study.step_size import effective_learning_rate, momentum, updates_per_epoch
from paribus.study.variant_changes import declared_changes

_TOLERANCE = 0.1  # relative: epochs are whole, and a rate or λ is written with two digits
_UPDATES = frozenset({"batch_size", "train_size"})  # what changes how many updates an epoch makes
_MAX_DOSE_RATIO = 2.0  # of two doses that count as the same


@dataclass(frozen=True)
class Confound:
    """A factor that differs besides the one a comparison is about.

    Args:
        factor: As `factors` names it, or implied: ``effective_step``, ``updates`` or ``l2_dose``.
        ratio: Treatment over reference, where it is implied and a number.
    """

    factor: str
    ratio: float | None = None


@dataclass(frozen=True)
class Pair:
    """Two configurations that are compared.

    Args:
        before: The reference.
        after: The treatment.
        train_images: How many training images each data set has, those held out included.
        epochs: How many ran of either, the reference first, on average over runs that ended; each None where
            none has, and those of its configuration count.
    """

    before: Configuration
    after: Configuration
    train_images: Mapping[str, int]
    epochs: tuple[float | None, float | None] = field(default=(None, None), kw_only=True)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What differs, setting by setting."""
        return difference(self.before, self.after)

    @cached_property
    def factors(self) -> tuple[str, ...]:
        """What differs, by factor."""
        return factors(self.changes)

    @property
    def has_two_optimizers(self) -> bool:
        """Whether the two train with different optimizers, and not with one at different settings."""
        names = [each.optimizer.name for each in self._both]
        return all(names) and names[0] != names[1]  # a function of the user's may not say which

    @property
    def steps(self) -> tuple[float | None, float | None]:
        """η / (1 − μ) of both; None where it is not one number."""
        return effective_learning_rate(self.before), effective_learning_rate(self.after)

    @property
    def updates(self) -> tuple[int, int]:
        """How many updates an epoch of each makes."""
        before, after = (updates_per_epoch(each, self.train_images[each.data]) for each in self._both)
        return before, after

    @cached_property
    def doses(self) -> tuple[Dose | None, Dose | None]:
        """The dose of L2 in each."""
        both = zip(self._both, self.epochs, strict=True)
        before, after = (dose(each, self.train_images[each.data], epochs) for each, epochs in both)
        return before, after

    @property
    def has_matched_step(self) -> bool:
        """Whether the learning rate makes up for momentum or the batch size under SGD.

        It does where η / ((1 − μ)·B) agrees: an epoch moves the weights about as far.
        """
        before, after = self.steps
        if self.before.optimizer.name != "sgd" or not self._make_up("learning_rate"):
            return False
        if before is None or after is None:
            return False
        return _agree(before / self.before.batch_size, after / self.after.batch_size)

    @property
    def has_matched_updates(self) -> bool:
        """Whether the epochs make up for batch size or training size, without early stopping."""
        if self.before.early_stopping or self.after.early_stopping:
            return False
        before, after = self.updates
        agree = _agree(self.before.epochs * before, self.after.epochs * after)
        return agree and "stopping" in self.factors and not _UPDATES.isdisjoint(self.factors)

    @property
    def has_matched_dose(self) -> bool:
        """Whether λ makes up for momentum or the batch size, so that the dose of L2 agrees."""
        before, after = self.doses
        if before is None or after is None or not self._make_up("regularization"):
            return False
        return _agree(before.exponent, after.exponent)

    @cached_property
    def matching(self) -> tuple[str, ...]:
        """The factors that were changed so that something else stays equal."""
        matched = {
            "learning_rate": self.has_matched_step,
            "stopping": self.has_matched_updates,
            "regularization": self.has_matched_dose,
        }
        return tuple(factor for factor, holds in matched.items() if holds)

    @property
    def free_factors(self) -> tuple[str, ...]:
        """What differs, by factor, without what was changed to keep something equal."""
        return tuple(factor for factor in self.factors if factor not in self.matching)

    @cached_property
    def implied(self) -> Mapping[str, float | None]:
        """What differs because something else does: treatment over reference; None where that is no number.

        - ``effective_step``: η / (1 − μ), through another momentum under one optimizer.
        - ``updates``: those of an epoch, through another batch size or training size.
        - ``l2_dose``: the dose of one λ, through anything else, or since only one optimizer rescales it.
        """
        ratios = {
            "effective_step": self._changed_step(),
            "updates": self._changed_updates(),
            "l2_dose": self._changed_dose(),
        }
        rescaled = {"l2_dose": None} if self._rescales_one_penalty() else {}
        return {factor: ratio for factor, ratio in ratios.items() if ratio is not None} | rescaled

    def _changed_step(self) -> float | None:
        before, after = self.steps
        if self.has_two_optimizers or momentum(self.before) == momentum(self.after) or self.has_matched_step:
            return None
        return after / before if before and after and not _agree(before, after) else None

    def _changed_updates(self) -> float | None:
        if _UPDATES.isdisjoint(self.factors) or self.has_matched_step or self.has_matched_updates:
            return None
        before, after = self.updates
        return after / before if before else None

    def _changed_dose(self) -> float | None:
        before, after = self.doses
        if (
            before is None
            or after is None
            or before.strength != after.strength
            or self.factors == ("stopping",)
        ):
            return None
        ratio = after.exponent / before.exponent
        is_negligible = min(before.remaining, after.remaining) > NEGLIGIBLE
        return None if is_negligible or 1 / _MAX_DOSE_RATIO <= ratio <= _MAX_DOSE_RATIO else ratio

    def _rescales_one_penalty(self) -> bool:
        before, after = map(strength, self._both)
        optimizers = {each.optimizer.name for each in self._both}
        return before == after > 0 and len(optimizers) == 2 and "sgd" in optimizers

    @property
    def _both(self) -> tuple[Configuration, Configuration]:
        return self.before, self.after

    def _make_up(self, factor: str) -> bool:
        """Return whether this factor differs, and the batch size or the settings of one optimizer with it."""
        with_it = {"batch_size", "optimizer"} & set(self.factors)
        return bool(with_it) and factor in self.factors and not self.has_two_optimizers


def question_factor(
    variants: Mapping[str, Variant], treatment: str, reference: str, pair: Pair
) -> str | None:
    """Return the factor that a comparison is about; None where nothing differs.

    Of the factors that differ, without those that only keep something equal, it is the first of these:

    1. the first one that the treatment declares,
    2. the first one that the reference declares,
    3. the first one in the order of `factors`.

    Args:
        variants: Those of the study.
        treatment: One of them.
        reference: Another.
        pair: Their configurations.
    """
    declared = (*declared_changes(variants, treatment), *declared_changes(variants, reference))
    ordered = (*factors(declared), *pair.free_factors)
    return next((factor for factor in ordered if factor in pair.free_factors), None)


def confounds(
    variants: Mapping[str, Variant],
    treatment: str,
    reference: str,
    train_images: Mapping[str, int],
    epochs: Mapping[str, float] | None = None,
) -> tuple[Confound, ...]:
    """Return what differs between two variants besides the factor that their comparison is about.

    What that factor implies counts as well: momentum multiplies the step, a smaller batch makes more updates,
    and either gives another dose of L2. A factor that was changed to keep such a thing equal does not count.

    Args:
        variants: Those of the study.
        treatment: One of them.
        reference: Another.
        train_images: How many training images each data set has, those held out included.
        epochs: How many epochs ran of each variant with runs that ended, on average.

    Raises:
        KeyError: There is no such variant.

    Example:
        >>> from paribus.study.reader import load
        >>> [each.factor for each in confounds(load("lab2").variants, "4a", "2", {"mnist": 60_000})]
        ['effective_step', 'l2_dose']
    """
    ran = epochs or {}
    pair = Pair(
        variants[reference].configuration,
        variants[treatment].configuration,
        train_images,
        epochs=(ran.get(reference), ran.get(treatment)),
    )
    about = question_factor(variants, treatment, reference, pair)
    others = tuple(Confound(factor) for factor in pair.free_factors if factor != about)
    return (*others, *(Confound(factor, ratio) for factor, ratio in pair.implied.items()))


def _agree(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_TOLERANCE)
