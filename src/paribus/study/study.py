"""A study: a base, its variants, and the questions asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import cast

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from paribus.study.assemble import read_mapping
from paribus.study.datasets import DataFacts
from paribus.study.describe import describe_variant
from paribus.study.frozen import Frozen
from paribus.study.label import named, question_title
from paribus.study.metrics import Metric, title_of
from paribus.study.model import (
    DEFAULT_SEEDS,
    MAX_SEEDS,
    Design,
    DesignQuestion,
    Expectation,
    Imported,
    Keep,
    Published,
    Question,
    Trend,
    Variant,
)
from paribus.study.programs import Program
from paribus.study.ranking import Ranking, ranking_title
from paribus.study.source import Source
from paribus.study.tuning import Tune
from paribus.texts import current_language, text, translated
from paribus.texts.printable import Block, Grid, Heading, Lines, Printable


class Study(Printable, Frozen):
    """A base, variants that each change it, and the questions asked of them.

    Everything is given as in a study file, and checked like one. Where a file has names, `base` and
    `variants` may also hold Keras objects: a ``keras.Model``, a loss, an optimizer, an initializer, ...

    Args:
        name: Names the folder of its results.
        title: The heading of its report.
        seeds: How many seeds each variant is trained with, from 0.
        margin: The smallest difference in accuracy, or R², that matters, in (0, 1); None for none.
        keep: Of which runs the weights are kept: ``all``, of each configuration the ``best``, or ``none``.
        data: The data set of the base: ``mnist``, ``fashion_mnist``, ``cifar10``, a mapping that says where
            data of your own lies, or a `paribus.Data`.
        train: A function that trains in place of the engine, called with the settings of a variant, a seed
            and a `paribus.custom.run.Run`; or a mapping with ``python``: its file and its name.
        model: A function that builds the network and returns a ``keras.Model``, such a model, or what a study
            file has under ``model``; the same as in `base`.
        base: The settings that every variant starts from: ``model``, ``loss``, ``optimizer``, ``epochs``, ...
        variants: What each variant changes, by name; ``from`` names another variant to start from, ``label``
            has a few words for it. Of a study that was read, each is a resolved `Variant`.
        sweep: A setting with its doses, which makes a variant each; of two settings, one for every pair.
        cross: Factors with their levels, which make a variant for every combination.
        fraction: Of ``cross``, the factors whose levels follow from others, such as ``dropout * optimizer``;
            or the ``resolution`` that it is to have.
        questions: What to compare: mappings with ``treatment`` and ``reference``, with ``best_of``, with
            ``all_pairs``, with ``each`` and ``against``, with ``trend`` or with ``effects``; and with
            ``metric``, ``margin``, ``title`` and ``ask``.
        published: What a source reported, by variant: ``test``, ``train``, ``dev``, ``epochs``, ``runs``
            (the figures are their mean), ``of`` (the variant whose network it was) and ``note``.
        notes: What its author says in the report, by ``study``, the name of a variant, the number of an
            exercise or ``treatment vs reference``.
        expect: What results are expected to show, for ``paribus check``: mappings with one of ``finding``,
            ``verdict``, ``between`` and ``published``, and what each is about.
        tune: Settings that are tuned for each variant on validation examples, with their ranges, and with
            ``on``, ``search``, ``seeds`` and ``budget``; each variant has it as its own `Variant.tune`.

    Raises:
        StudyError: Anything is wrong; the error has every fault.

    Example:
        >>> Study(
        ...     name="mine",
        ...     data="mnist",
        ...     base={
        ...         "model": {"hidden": [784], "output": "softmax"},
        ...         "loss": "categorical_crossentropy",
        ...         "optimizer": {"name": "sgd", "learning_rate": 0.01},
        ...         "epochs": 30,
        ...     },
        ...     variants={"plain": {}, "l2": {"kernel_regularizer": {"l2": 0.01}}},
        ...     questions=[{"treatment": "l2", "reference": "plain", "ask": "Does L2 help?"}],
        ... )
        Study('mine', 2 variants, 1 question, 5 seeds)
    """

    name: str
    title: str = ""
    seeds: int = Field(default=DEFAULT_SEEDS, ge=1, le=MAX_SEEDS)
    margin: float | None = Field(default=None, gt=0, lt=1)
    keep: Keep = "all"
    variants: dict[str, Variant]
    questions: tuple[Question, ...] = ()
    rankings: tuple[Ranking, ...] = ()
    """The questions about several variants at once, which a file has among the others."""
    published: dict[str, Published] = Field(default_factory=dict)
    notes: dict[str, str] = Field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()
    sources: dict[str, Source] = Field(default_factory=dict)
    """Data of the user's own, by the name that configurations give it."""
    programs: dict[str, Program] = Field(default_factory=dict)
    """Files with functions that train, by their SHA-256."""
    source: str = ""
    """The file or the built-in study it was read from."""
    lines: dict[str, int] = Field(default_factory=dict)
    """The lines of its file, from 1, by what begins there: ``seeds``, ``variants.2``, ``questions.0``."""
    imported: Imported | None = None
    """Where its results came from, where they were made elsewhere."""
    designs: tuple[Design, ...] = ()
    """Of the variants that were made from the levels of factors."""
    design_questions: tuple[DesignQuestion, ...] = ()
    """The questions about factors; those about two variants are `questions`."""

    def __init__(  # noqa: PLR0913 - the keys of a study file
        self,
        *,
        name: str = "study",
        title: str = "",
        seeds: int = DEFAULT_SEEDS,
        margin: float | None = None,
        keep: str = "all",
        data: object = None,
        train: object = None,
        model: object = None,
        base: Mapping[str, object] | None = None,
        variants: Mapping[str, object] | None = None,
        sweep: object = None,
        cross: Mapping[str, object] | None = None,
        fraction: Mapping[str, str | int] | None = None,
        questions: Sequence[object] = (),
        published: Mapping[str, object] | None = None,
        notes: Mapping[str, str] | None = None,
        expect: Sequence[object] = (),
        tune: Mapping[str, object] | None = None,
        **others: object,
    ) -> None:
        fields: dict[str, object] = {"name": name, "title": title, "seeds": seeds, "margin": margin}
        fields["keep"] = keep
        fields |= {"variants": variants, "questions": questions, "published": published or {}}
        fields |= {"notes": notes or {}, "expect": expect, **others}
        given = {"data": data, "train": train, "model": model, "base": base}
        given |= {"sweep": sweep, "cross": cross, "fraction": fraction, "tune": tune}
        if any(each is not None for each in given.values()) or not _are_resolved(variants):
            fields = read_mapping({**fields, **given})
        super().__init__(**fields)

    def __repr__(self) -> str:
        questions = len(self.questions) + len(self.rankings) + len(self.design_questions)
        counts = {"variant": len(self.variants), "question": questions, "seed": self.seeds}
        counted = (f"{count} {thing}{'' if count == 1 else 's'}" for thing, count in counts.items())
        return f"Study({self.name!r}, {', '.join(counted)})"

    @model_serializer(mode="wrap")
    def _without_later_keys(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out later keys that are not there: studies from before them are written as they were."""
        written: dict[str, object] = handler(self)
        later = ("imported", "expect", "designs", "design_questions", "rankings")
        if self.keep == "all":
            del written["keep"]
        return {key: each for key, each in written.items() if key not in later or each}

    @property
    def tuned(self) -> dict[str, Tune]:
        """How variants are tuned, by their names; those that are not are left out."""
        return {name: each.tune for name, each in self.variants.items() if each.tune is not None}

    @property
    def are_paired(self) -> bool:
        """Whether runs of one seed belong together in all variants."""
        return self.imported is None or self.imported.paired

    @property
    def score(self) -> Metric:
        """What its runs are scored by: all variants have one task."""
        return next(iter(self.variants.values())).configuration.score

    @property
    def words(self) -> dict[str, object]:
        """What sentences name, see `Configuration.words`."""
        return next(iter(self.variants.values())).configuration.words

    @cached_property
    def facts(self) -> dict[str, DataFacts]:
        """What is known of each data set that a variant uses, by its name."""
        configurations = (variant.configuration for variant in self.variants.values())
        return {each.data: each.facts for each in configurations}

    @property
    def has_image_sets(self) -> bool:
        """Whether a variant trains on an image set by name, whose role small images can play."""
        return any(name not in self.sources for name in self.facts)

    @property
    def places(self) -> dict[tuple[str, ...], str]:
        """What findings are about, in words: variants with their labels, questions with their variants.

        A question is named by its treatment and reference; of several about two variants, the first counts.

        Example:
            >>> from paribus.study.reader import load
            >>> places = load("lab2").places
            >>> places["4a",], places["4a", "2"]
            ('4a · momentum 0.9', 'Momentum 0.9 vs plain SGD (4a vs 2)')
        """
        found: dict[tuple[str, ...], str] = {(name,): self.named(name) for name in self.variants}
        for each in self.questions:
            pair = text("comparison.question", treatment=each.treatment, reference=each.reference)
            found.setdefault((each.treatment, each.reference), f"{self.question_title(each)} ({pair})")
        return found

    def margin_of(self, question: Question | DesignQuestion | Ranking) -> float | None:
        """Return the smallest difference that matters in a question, in its metric's unit; None without one.

        The study's margin is one of shares that are right, or of R²: nothing is known of how it would
        translate to a loss.

        Args:
            question: Of its variants.
        """
        if question.margin is not None:
            return question.margin
        return self.margin if question.measured.has_margin else None

    def design_of(self, question: DesignQuestion) -> Design:
        """Return the design that a question is about: the first with all its factors."""
        return next(each for each in self.designs if {*question.factors} <= {*each.names})

    def named(self, variant: str) -> str:
        """Return a variant's name with its label, such as ``4a · momentum 0.9``.

        Raises:
            KeyError: There is no such variant.
        """
        key = current_language(), variant
        if key not in self._names:
            self._names[key] = named(self.variants, variant)
        return self._names[key]

    def question_title(self, question: Question) -> str:
        """Return a question in a few words, such as ``Batch 8 vs 128``.

        Raises:
            KeyError: There is no such variant.
        """
        key = current_language(), id(question)
        known = self._titles.get(key)
        if known is None or known[0] is not question:
            self._titles[key] = known = question, question_title(self.variants, question)
        return known[1]

    def design_title(self, question: DesignQuestion) -> str:
        """Return a question about factors in a few words, such as ``Trend over batch_size``."""
        if question.title:
            return translated(question.title)
        kind, factors = ("trend" if isinstance(question, Trend) else "effects"), ", ".join(question.factors)
        title = text(f"design.title-{kind}", factor=factors, factors=factors)
        if question.metric == self.score.test:
            return title
        return text("design.title-metric", title=title, metric=title_of(question.metric))

    def ranking_title(self, ranking: Ranking) -> str:
        """Return a question about several variants in a few words, such as ``Best of sgd, adam``."""
        return ranking_title(self.variants, ranking)

    def title_of(self, asked: Question | Ranking | DesignQuestion) -> str:
        """Return a question of any kind in a few words."""
        if isinstance(asked, Ranking):
            return self.ranking_title(asked)
        return self.question_title(asked) if isinstance(asked, Question) else self.design_title(asked)

    def variants_of(self, asked: Question | Ranking | DesignQuestion) -> tuple[str, ...]:
        """Return every variant that a question of any kind is about."""
        return asked.named if isinstance(asked, Question | Ranking) else tuple(self.design_of(asked).cells)

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        return {}

    @cached_property
    def _titles(self) -> dict[tuple[str, int], tuple[Question, str]]:
        return {}

    def blocks(self) -> Iterator[Block]:
        """Yield its title, its variants and its questions."""
        yield Heading(f"{self.name}: {translated(self.title)}" if self.title else self.name)
        yield Grid(
            [text("report.column-variant"), text("report.column-changes")],
            [
                (
                    self.named(name) if variant.label else name,
                    describe_variant(self.variants, name) or text("report.base"),
                )
                for name, variant in self.variants.items()
            ],
        )
        yield Lines(
            [
                f"{self.question_title(each)} ({each.treatment} − {each.reference})"
                + (f": {translated(each.ask)}" if each.ask else "")
                for each in self.questions
            ]
            + [
                self.ranking_title(each) + (f": {translated(each.ask)}" if each.ask else "")
                for each in self.rankings
            ]
            + [
                self.design_title(each) + (f": {translated(each.ask)}" if each.ask else "")
                for each in self.design_questions
            ]
        )


def _are_resolved(variants: object) -> bool:
    """Return whether variants are those of a study that was read, or the JSON of these."""
    given = cast("Mapping[str, object]", variants) if isinstance(variants, Mapping) else {}
    return bool(given) and all(
        isinstance(each, Variant) or (isinstance(each, Mapping) and "configuration" in each)
        for each in given.values()
    )
