"""The family: the questions over which p-values are adjusted, wherever that is told or done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from paribus.record.looks import AnsweredQuestion, LookLog
from paribus.study.model import DesignQuestion, Question
from paribus.study.ranking import Ranking
from paribus.study.study import Study


@dataclass(frozen=True)
class Family:
    """Questions that were asked together.

    Args:
        asked: Those of the study, and others asked now, of whose variants runs were requested.
        earlier: Those that were answered before and are not among these.
        of_factors: Those about factors, as `asked`.
        rankings: Those about several variants: each counts as one, whatever it consists of.
    """

    asked: tuple[Question, ...]
    earlier: tuple[AnsweredQuestion, ...]
    of_factors: tuple[DesignQuestion, ...] = ()
    rankings: tuple[Ranking, ...] = ()

    def __len__(self) -> int:
        return len(self.asked) + len(self.earlier) + len(self.of_factors) + len(self.rankings)


def family(study: Study, requested: Collection[str], looks: LookLog, *extra: Question) -> Family:
    """Return the questions that count: asked for with runs of both variants, or answered before.

    A question that nobody ran anything for is not counted, and one that was answered counts for ever: to
    remove it from the study after its answer would otherwise make the others look more certain.

    Args:
        study: Its questions.
        requested: The variants of which runs were requested, whether or not they have run.
        looks: Which questions were answered before.
        extra: Questions that the study does not declare.
    """
    both = [each for each in study.questions if {each.treatment, each.reference} <= {*requested}]
    asked = (*both, *extra)
    of_factors = tuple(
        each for each in study.design_questions if len(study.design_of(each).cells.keys() & {*requested}) > 1
    )
    rankings = tuple(each for each in study.rankings if {*each.named} <= {*requested})
    known = {identify(study, each).digest for each in (*asked, *of_factors)}
    known |= {identify_ranking(study, each).digest for each in rankings}
    earlier = tuple(each for each in looks.answered if each.digest not in known)
    return Family(asked, earlier, of_factors, rankings)


def requested_variants(ran: Collection[str], looks: LookLog) -> frozenset[str]:
    """Return the variants of which runs were requested.

    Args:
        ran: Those that have a record.
        looks: What was requested up to each look.
    """
    return frozenset(ran) | frozenset(
        name for look in looks.entries for name, seeds in look.seeds.items() if seeds
    )


def identify(study: Study, question: Question | DesignQuestion) -> AnsweredQuestion:
    """Return what a question is, whatever its variants are called.

    Args:
        study: Which has its variants.
        question: Of these.
    """
    if not isinstance(question, Question):
        return _of_factors(study, question)
    sides = [study.variants[name].configuration for name in (question.treatment, question.reference)]
    tree = [*(each.model_dump(mode="json", by_alias=True) for each in sides), question.metric]
    digest = hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
    return AnsweredQuestion(question.treatment, question.reference, question.metric, digest)


def _of_factors(study: Study, question: DesignQuestion) -> AnsweredQuestion:
    design = study.design_of(question)
    cells = [
        [study.variants[name].configuration.model_dump(mode="json", by_alias=True), list(places)]
        for name, places in design.cells.items()
    ]
    kind, factors = type(question).__name__.lower(), list(question.factors)
    tree = [kind, factors, list(design.names), cells, question.metric]
    digest = hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
    return AnsweredQuestion(", ".join(factors), kind, question.metric, digest)


def identify_ranking(study: Study, ranking: Ranking) -> AnsweredQuestion:
    """Return what a question about several variants is, whatever they are called and in whatever order.

    Args:
        study: Which has its variants.
        ranking: One of the study's, or of its variants.
    """
    ranked = sorted(study.variants[name].configuration.canonical for name in ranking.variants)
    against = ranking.against and study.variants[ranking.against].configuration.canonical
    tree = [ranking.kind, ranked, against, ranking.metric]
    digest = hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
    names = ", ".join(ranking.variants)
    return AnsweredQuestion(names, ranking.against or "", ranking.metric, digest)
