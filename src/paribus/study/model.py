"""The parts of a study, frozen: variants, designs, questions, published figures, where results came from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from paribus.study.configuration import Configuration
from paribus.study.fractions import resolution
from paribus.study.frozen import Frozen
from paribus.study.metrics import Metric, metric_of
from paribus.study.tuning import Tune

Kept: TypeAlias = Literal["last", "best"]
Keep: TypeAlias = Literal["all", "best", "none"]
"""Of which runs the weights are kept: of all, of the best of each configuration, of none."""
DesignKind: TypeAlias = Literal["sweep", "cross"]

VERDICTS = (
    "better",
    "worse",
    "equivalent",
    "identical",
    "failed",
    "less-reliable",
    "more-reliable",
    "undecided",
)
"""What may be expected of a comparison: the values of `paribus.analysis.questions.verdict.Verdict`."""

DEFAULT_SEEDS = 5
MAX_SEEDS = 10_000
"""Seeds that a variant gets at most; who writes more has most likely taken the key for a generator's seed."""
"""Seeds of a study that does not say how many: enough for a verdict on large differences."""


class Variant(Frozen):
    """A named change to the base, or to another variant.

    Args:
        name: Its name in the study.
        label: A few words for it, beside its name; empty where they are made from what it changes.
        parent: The variant that it starts from; None for the base.
        base: The base as written, where it starts from that.
        changes: What it declares, as written.
        settings: The base with all changes up to this one merged in, as written.
        configuration: The same, resolved.
        tune: How it is tuned before it is compared at its best; None where it is not.
    """

    name: str
    label: str = ""
    parent: str | None = None
    base: dict[str, object] = Field(default_factory=dict)
    changes: dict[str, object] = Field(default_factory=dict)
    settings: dict[str, object]
    configuration: Configuration
    tune: Tune | None = None

    @model_serializer(mode="wrap")
    def _without_tuning(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out tuning where there is none: studies from before it are written as they were."""
        written: dict[str, object] = handler(self)
        return {key: value for key, value in written.items() if key != "tune" or value is not None}

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        yield None, self.name
        yield "parent", self.parent
        yield "changes", list(self.changes)


class Question(Frozen):
    """A comparison that the study asks for.

    Args:
        treatment: The variant asked about.
        reference: The variant that it is compared with.
        metric: What they are compared on: a metric's name after ``test_`` for the test examples at the end of
            their runs, after ``val_`` for those held out, with the weights that were kept.
        margin: The smallest difference that matters on this metric, in its unit, shares in [0, 1]; None for
            that of the study, where it is one of this metric.
        title: A few words for it in tables; empty where they are made from what differs.
        ask: The question in a sentence.
        definition: What the metric means, where an imported study has one of its own; None for those that
            Paribus knows.
    """

    treatment: str
    reference: str
    metric: str = "test_accuracy"
    margin: float | None = Field(default=None, gt=0)
    title: str = ""
    ask: str = ""
    definition: Metric | None = None

    @property
    def named(self) -> tuple[str, str]:
        """Both variants."""
        return self.treatment, self.reference

    @property
    def measured(self) -> Metric:
        """What the metric means."""
        return self.definition or metric_of(self.metric)

    @model_serializer(mode="wrap")
    def _without_absent_keys(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out later keys that are not there: studies from before them are written as they were."""
        written: dict[str, object] = handler(self)
        later = ("margin", "definition")
        return {key: value for key, value in written.items() if key not in later or value is not None}


class Factor(Frozen):
    """A factor of a design.

    Args:
        name: The setting that it varies, as written, such as ``kernel_regularizer.l2``.
        levels: Its levels as written, in that order.
        doses: The same as numbers; None where one is none.
    """

    name: str
    levels: tuple[str, ...]
    doses: tuple[float, ...] | None = None


class Design(Frozen):
    """Variants that were made from the levels of factors.

    Args:
        kind: The key that it was written under.
        factors: What it varies.
        cells: The place of each factor's level, by variant.
        generators: Of a fraction, the factors whose levels follow from others: the product of their signs,
            the first level being −1.
        written: The factors with their levels, as written.
    """

    kind: DesignKind
    factors: tuple[Factor, ...]
    cells: dict[str, tuple[int, ...]]
    generators: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    written: dict[str, object] = Field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its factors."""
        return tuple(each.name for each in self.factors)

    @property
    def whole(self) -> int:
        """How many combinations of levels there are, trained or not."""
        return math.prod(len(each.levels) for each in self.factors)

    @property
    def resolution(self) -> int | None:
        """The length of the shortest word that a fraction is defined by; None for a full design."""
        return resolution(self.generators)

    def variants(self, levels: Mapping[str, int]) -> tuple[str, ...]:
        """Return the variants with some factors at some levels, in order.

        Args:
            levels: Places of levels, by the factor's name.
        """
        wanted = {self.names.index(name): place for name, place in levels.items()}
        return tuple(
            name for name, places in self.cells.items() if all(places[at] == p for at, p in wanted.items())
        )


class AskedOnMetric(Frozen):
    """What every question about more than two variants says besides them.

    Args:
        metric: As in `Question`.
        margin: As in `Question`.
        title: As in `Question`.
        ask: As in `Question`.
    """

    metric: str = "test_accuracy"
    margin: float | None = Field(default=None, gt=0)
    title: str = ""
    ask: str = ""

    @property
    def measured(self) -> Metric:
        """What the metric means."""
        return metric_of(self.metric)


class Trend(AskedOnMetric):
    """A question about a dose: how the metric depends on it.

    Args:
        trend: The factor whose levels are doses.
    """

    trend: str

    @property
    def factors(self) -> tuple[str, ...]:
        """What it is about."""
        return (self.trend,)


class Effects(AskedOnMetric):
    """A question about factors that were crossed: their main effects and two-way interactions.

    Args:
        effects: The factors.
    """

    effects: tuple[str, ...]

    @property
    def factors(self) -> tuple[str, ...]:
        """What it is about."""
        return self.effects


DesignQuestion: TypeAlias = Trend | Effects


class Published(Frozen):
    """What a source reported for a variant; None where it reports nothing.

    Args:
        test: Accuracy on the test images, in [0, 1].
        train: Accuracy on the training images, in [0, 1].
        dev: Accuracy on the validation images, in [0, 1].
        epochs: Trained epochs.
        runs: How many runs these figures are means of.
        of: The variant whose network these figures belong to, where it is another one.
        note: A remark of the study's author.
    """

    test: float | None = None
    train: float | None = None
    dev: float | None = None
    epochs: int | None = None
    runs: int = 1
    of: str | None = None
    note: str = ""

    @property
    def own_test(self) -> float | None:
        """The test accuracy, unless it belongs to another variant's network."""
        return self.test if self.of is None else None


class Expectation(Frozen):
    """What results of the study are expected to show, and how many points it is worth to show it.

    Args:
        kind: Which of the four that follow is expected.
        finding: The code of a finding about a variant's runs.
        absent: Whether it is expected not to be found.
        verdict: The verdict of a comparison.
        between: The smallest and the largest value of a metric, or of a difference; shares in [0, 1].
        published: What may be said of a published difference and that of the results.
        variant: The variant it is about; empty where it is about two.
        treatment: The first of two variants.
        reference: The second.
        metric: With ``test_`` or ``val_``.
        points: What it is worth.
        ask: The exercise in a sentence.
    """

    kind: Literal["finding", "verdict", "between", "published"]
    finding: str = ""
    absent: bool = False
    verdict: str = ""
    between: tuple[float, float] | None = None
    published: str = ""
    variant: str = ""
    treatment: str = ""
    reference: str = ""
    metric: str = "test_accuracy"
    points: float = Field(default=1.0, gt=0)
    ask: str = ""

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants it is about."""
        return tuple(filter(None, (self.variant, self.treatment, self.reference)))

    @property
    def question(self) -> Question:
        """The comparison that it expects something of."""
        return Question(treatment=self.treatment, reference=self.reference, metric=self.metric)


class Imported(Frozen):
    """Where results came from that were made elsewhere, and what is not known of them.

    Args:
        kind: What they were read from: ``table``, ``tensorboard``, ``mlflow``, ...
        source: Its name, without folders.
        paired: Whether runs of one seed belong together in all variants, as the user says.
        has_seeds: Whether the seeds are known; else runs are numbered.
        part: The examples on which variants are compared: ``test``, or ``val`` where no test is known.
        kept: The epoch that counts: the last, or the best on the validation examples.
        reported: Whether the values are those that the source reports at the end, without epochs.
        unclear: Whether nothing says on which examples the metric was measured.
        metrics: What can be compared, by name, such as ``val_accuracy``; the usual one first.
    """

    kind: str
    source: str
    paired: bool = False
    has_seeds: bool = True
    part: Literal["test", "val"] = "test"
    kept: Kept = "last"
    reported: bool = False
    unclear: bool = False
    metrics: dict[str, Metric] = Field(default_factory=dict)
