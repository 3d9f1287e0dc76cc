"""Questions about several variants at once: which is the best, which differ, which differ from one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from paribus.study.metrics import title_of
from paribus.study.model import AskedOnMetric, Question, Variant
from paribus.texts import text, translated

RankingKind: TypeAlias = Literal["best_of", "all_pairs", "each"]

RANKING_KEYS: tuple[RankingKind, ...] = ("best_of", "all_pairs", "each")
"""The keys by which a study file asks about several variants."""
QUESTION_KINDS = (("treatment", "reference"), ("best_of",), ("all_pairs",), ("each", "against"))
"""The keys that a question needs, by its kind."""
MAX_RANKED = 50
"""Variants of one such question: 1,225 pairs."""


class Ranking(AskedOnMetric):
    """A question about several variants.

    Args:
        kind: ``best_of``: which of them may be the best. ``all_pairs``: which of them differ. ``each``: which
            of them differ from one other variant.
        variants: Those that are ranked, in the study's words.
        against: The variant that each is compared with; None but for ``each``.

    Example:
        >>> Ranking(kind="each", variants=("adam", "sgd"), against="plain").pairs
        (('adam', 'plain'), ('sgd', 'plain'))
        >>> len(Ranking(kind="best_of", variants=("a", "b", "c", "d")).pairs)
        6
    """

    kind: RankingKind
    variants: tuple[str, ...] = Field(min_length=1, max_length=MAX_RANKED)
    against: str | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """Every variant that it names."""
        return self.variants if self.against is None else (*self.variants, self.against)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The comparisons that it consists of: treatment and reference."""
        if self.against is not None:
            return tuple((name, self.against) for name in self.variants)
        return tuple(combinations(self.variants, 2))

    @property
    def questions(self) -> tuple[Question, ...]:
        """Its comparisons, as questions of two variants."""
        return tuple(
            Question(treatment=treatment, reference=reference, metric=self.metric, margin=self.margin)
            for treatment, reference in self.pairs
        )

    @property
    def tests(self) -> int:
        """How many tests share its level, see `paribus.analysis.questions.ranking`."""
        return len(self.variants) - 1 if self.kind == "best_of" else len(self.pairs)

    @model_serializer(mode="wrap")
    def _without_absent_keys(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        written: dict[str, object] = handler(self)
        return {key: value for key, value in written.items() if value is not None}

    def as_written(self) -> dict[str, object]:
        """Return it with the keys that a study file has."""
        own: dict[str, object] = {self.kind: list(self.variants)}
        own |= {"against": self.against, "metric": self.metric, "margin": self.margin}
        own |= {"title": self.title, "ask": self.ask}
        return {key: value for key, value in own.items() if value not in (None, "")}


def ranking_title(variants: Mapping[str, Variant], ranking: Ranking) -> str:
    """Return a few words for a ranking: its own title, or made ones.

    Args:
        variants: The study's.
        ranking: One of its rankings.
    """
    if ranking.title:
        return translated(ranking.title)
    names = ", ".join(ranking.variants)
    words = text(f"ranking.title-{ranking.kind}", variants=names, against=ranking.against)
    if ranking.metric == variants[ranking.variants[0]].configuration.score.test:
        return words
    return f"{words} ({title_of(ranking.metric)})"
