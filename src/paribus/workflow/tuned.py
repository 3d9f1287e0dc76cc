"""What tuning a study has come to, read from its folder: what was tried, what won, both comparisons."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import cast

from pydantic import TypeAdapter

from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.family import identify, identify_ranking
from paribus.analysis.tuning import Ending, Try, TunedStudy, TunedVariant
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.record.run import DataUsed, EpochRow, RunRecord, Status, defined
from paribus.record.store import Store
from paribus.study.configuration import Scalar
from paribus.study.confounds import Confound
from paribus.study.derive import derive_variant
from paribus.study.model import Design, Variant
from paribus.study.seeds import FIRST_TRIAL_SEED
from paribus.study.study import Study
from paribus.study.tuning import Tune, as_changes
from paribus.workflow.early_end import Progress, decide
from paribus.workflow.search import Settings

_OVER = (Status.FINISHED, Status.EARLY_STOPPED, Status.DIVERGED)


@dataclass(frozen=True)
class Searches:
    """Every search that a folder has been asked for.

    Args:
        tried_for: The settings that were tried, in order, by the variant and the digest of its search.
    """

    tried_for: dict[tuple[str, str], list[Settings]]

    @classmethod
    def of(cls, store: Store) -> Searches:
        """Read those of a folder; none where its file is missing or damaged."""
        with suppress(ValueError):
            read = _SEARCHES.validate_python(store.searches())
            return cls({(each.variant, each.search): list(each.tried) for each in read})
        return cls({})

    def write(self, store: Store) -> None:
        """Write them into a folder."""
        store.write_searches(
            asdict(_Search(variant, search, tuple(dict(each) for each in tried)))
            for (variant, search), tried in self.tried_for.items()
        )

    def tried(self, variant: Variant) -> Sequence[Settings]:
        """Return what was tried in the search that the study has now."""
        return self.tried_for.get(_key(variant), ())

    def extend(self, variant: Variant, more: Sequence[Settings]) -> Sequence[Settings]:
        """Add settings to the search that the study has now, and return them."""
        self.tried_for.setdefault(_key(variant), []).extend(more)
        return more

    def earlier(self, variant: Variant) -> int:
        """Return how many settings were tried for a variant in searches that the study has no more."""
        now = _key(variant)
        return sum(len(each) for key, each in self.tried_for.items() if key[0] == now[0] and key != now)


@dataclass(frozen=True)
class _Search:
    variant: str
    search: str
    tried: tuple[dict[str, Scalar], ...]


_SEARCHES: TypeAdapter[tuple[_Search, ...]] = TypeAdapter(tuple[_Search, ...])


def _key(variant: Variant) -> tuple[str, str]:
    """Return what a search is kept under: another range or another base is another search."""
    tune = "" if variant.tune is None else variant.tune.model_dump_json()
    words = f"{variant.configuration.canonical} {tune}"
    return variant.name, hashlib.sha256(words.encode()).hexdigest()


def trial_seeds(tune: Tune) -> range:
    """Return the seeds of a search, which no study has."""
    return range(FIRST_TRIAL_SEED, FIRST_TRIAL_SEED + tune.seeds)


def derived(study: Study, variant: str, settings: Settings, ending: str) -> Variant:
    """Return a variant with tuned settings, under a name that none of the study has."""
    name = f"{variant}-{ending}"
    while name in study.variants:
        name += "-"
    return derive_variant(study, variant, name, as_changes(settings))


def trials_of(study: Study, variant: str, tried: Sequence[Settings]) -> dict[str, Variant]:
    """Return what is trained for the settings of a search, by name."""
    made = (derived(study, variant, each, f"try-{place}") for place, each in enumerate(tried, 1))
    return {each.name: each for each in made}


@dataclass(frozen=True)
class SearchState:
    """What a variant's search has come to so far, and what it trains next.

    Args:
        variant: What is known of it.
        wanted: The trials to be trained next, by name: up to which epoch, None for their end. Empty where the
            search waits for nothing: it is over, or further settings are to be chosen.
    """

    variant: TunedVariant
    wanted: Mapping[str, int | None]


def search_state(
    study: Study, name: str, searches: Searches, store: Store, data: Mapping[str, DataUsed]
) -> SearchState:
    """Return what a variant's search has come to so far, and what it trains next.

    Args:
        study: As it is written.
        name: The variant's, which is tuned.
        searches: What was tried.
        store: The study's folder.
        data: The images that each data set's name stands for.
    """
    variant, tune = study.variants[name], study.tuned[name]
    tried = searches.tried(variant)
    trials = trials_of(study, name, tried)
    seeds = trial_seeds(tune)
    records = (
        store.records(study.model_copy(update={"variants": trials}), data, seeds) if trials else Records()
    )
    runs = [[records.get((trial, seed)) for seed in seeds] for trial in trials]
    plain = [_try(each, of_try, tune.on) for each, of_try in zip(tried, runs, strict=True)]
    epochs = variant.configuration.epochs
    progress = [_progress(each, of_try, tune.on) for each, of_try in zip(plain, runs, strict=True)]
    decided = decide(tune, epochs, progress)
    checks = tune.stop.checks(tune.most_epochs(epochs)) if tune.stop else ()
    most = [tune.seeds * trial.configuration.epochs for trial in trials.values()]
    tries = (
        _counted(each, decided.ended.get(place), of_try, most[place], checks)
        for place, (each, of_try) in enumerate(zip(plain, runs, strict=True))
    )
    margin = study.margin if tune.on == study.score.val and study.score.has_margin else None
    written = {setting: _written(variant, setting) for setting in tune.settings}
    found = TunedVariant(name, tune, tuple(tries), written, margin, searches.earlier(variant))
    names = list(trials)
    return SearchState(found, {names[place]: until for place, until in decided.wanted.items()})


def tuned_variant(
    study: Study, name: str, searches: Searches, store: Store, data: Mapping[str, DataUsed]
) -> TunedVariant:
    """Return what a variant's search has come to so far; see `search_state`."""
    return search_state(study, name, searches, store, data).variant


def _try(settings: Settings, runs: Sequence[RunRecord | None], on: str) -> Try:
    over = [run for run in runs if run is not None and run.status in _OVER]
    scores = [defined(run.kept_row, on) for run in over if run.has_ended]
    known = tuple(score for score in scores if score is not None and math.isfinite(score))
    return Try(settings, known, diverged=len(over) - len(known), missing=len(runs) - len(over))


def _progress(each: Try, runs: Sequence[RunRecord | None], on: str) -> Progress:
    histories = [run.history if run is not None else () for run in runs]
    diverged = [len(run.history) for run in runs if run is not None and run.status is Status.DIVERGED]
    return Progress(
        tuple(_mean(rows, on) for rows in zip(*histories, strict=False)),
        tuple(map(len, histories)),
        tuple(run is not None and run.status in _OVER for run in runs),
        min(diverged, default=None),
        each.score,
    )


def _mean(rows: Sequence[EpochRow], on: str) -> float | None:
    values = [defined(row, on) for row in rows]
    known = [value for value in values if value is not None and math.isfinite(value)]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _counted(
    each: Try, ended: Ending | None, runs: Sequence[RunRecord | None], most: int, checks: Sequence[int]
) -> Try:
    """Return a try with its epochs counted, and without scores where it ended early."""
    lengths = [len(run.history) for run in runs if run is not None]
    if ended is None:
        return replace(each, epochs=sum(lengths), most_epochs=most)
    # What another search has trained beyond does not count. After a divergence others got to a check.
    until = next((check for check in checks if check >= ended.epoch), ended.epoch)
    epochs = sum(min(length, until) for length in lengths)
    return replace(each, scores=(), missing=0, ended=ended, epochs=epochs, most_epochs=most)


def _written(variant: Variant, setting: str) -> Scalar:
    """Return a setting as the study has it; None where it leaves it to a default that is not written out."""
    if setting == "learning_rate" and variant.configuration.train is None:
        rate = variant.configuration.optimizer.arguments.get(setting)
        return rate if isinstance(rate, int | float) else None
    place: object = variant.settings
    for key in setting.split("."):
        place = cast("Mapping[str, object]", place).get(key) if isinstance(place, Mapping) else None
    plain = getattr(variant.configuration, setting, None) if place is None else place
    return plain if isinstance(plain, bool | int | float | str) else None


def tuned_study(
    study: Study, records: Records, data: Mapping[str, DataUsed], store: Store, looks: LookLog
) -> TunedStudy | None:
    """Return both comparisons of a study that is tuned; None where nothing of it is.

    Args:
        study: As it is written.
        records: Its own runs.
        data: The images that each data set's name stands for.
        store: Its folder.
        looks: With which seeds comparisons have been shown.
    """
    if not study.tuned:
        return None
    searches = Searches.of(store)
    variants = tuple(tuned_variant(study, name, searches, store, data) for name in study.tuned)
    known = {each.name: each.best for each in variants if each.best is not None}
    best = {
        name: study.variants[name].model_copy(
            update={
                key: getattr(derived(study, name, each.settings, "tuned"), key)
                for key in ("parent", "base", "changes", "settings", "configuration")
            }
        )
        for name, each in known.items()
    }
    at_best = study.model_copy(update={"variants": {**study.variants, **best}})
    open_ = {each.name for each in variants} - known.keys()

    tuned = {setting.rpartition(".")[2] for each in variants for setting in each.tune.settings}

    def is_asked(names: Collection[str]) -> bool:
        return bool({*names} & known.keys()) and not {*names} & open_

    def has_levels(design: Design) -> bool:
        """Return whether variants at their best still have a design's levels, none of which was tuned."""
        return is_asked(design.cells) and not tuned & {name.rpartition(".")[2] for name in design.names}

    asked = {
        "questions": tuple(q for q in study.questions if is_asked((q.treatment, q.reference))),
        "design_questions": tuple(q for q in study.design_questions if has_levels(study.design_of(q))),
        "rankings": tuple(q for q in study.rankings if is_asked(q.named)),
    }
    at_best = at_best.model_copy(update=asked)
    ran = store.records(at_best, data)
    winners = Records({key: record for key, record in ran.items() if key[0] in known})
    found = TunedStudy(study, variants, at_best, winners)
    return _answered(found, records, ran, looks) if any(asked.values()) else found


def _answered(tuned: TunedStudy, records: Records, ran: Records, looks: LookLog) -> TunedStudy:
    """Return a tuned study with its questions answered, as it is written and with each variant at its best.

    Args:
        tuned: Without answers.
        records: The study's own runs.
        ran: Those of each variant at its best.
        looks: With which seeds comparisons have been shown.
    """
    from paribus.analysis.questions.answering import comparisons, design_answers
    from paribus.analysis.questions.ranking import rankings

    study, best, apart = tuned.study, tuned.best, _without_own(looks, tuned.study)
    shared = [e for e in comparisons(study, records, looks=looks) if e.question in best.questions]
    compared = (
        replace(each, confounds=_untuned(each, other, study))
        for each, other in zip(comparisons(best, ran, looks=apart), shared, strict=True)
    )
    of_factors = {each.question: each for each in design_answers(study, records, looks=looks)}
    ranked = {each.ranking: each for each in rankings(study, records, looks=looks)}
    at_best = (design_answers(best, ran, looks=apart), rankings(best, ran, looks=apart))
    return replace(
        tuned,
        comparisons=tuple(compared),
        shared=tuple(shared),
        designs=tuple((of_factors[e.question], e) for e in at_best[0] if e.question in of_factors),
        rankings=tuple((ranked[e.ranking], e) for e in at_best[1]),
    )


def _without_own(looks: LookLog, study: Study) -> LookLog:
    """Return the log of looks without the questions that the study still asks.

    They are asked again of each variant at its best, as other questions: each would count twice.
    """
    asked = {identify(study, each).digest for each in (*study.questions, *study.design_questions)}
    asked |= {identify_ranking(study, each).digest for each in study.rankings}
    entries = (
        replace(look, answered=tuple(each for each in look.answered if each.digest not in asked))
        for look in looks.entries
    )
    return replace(looks, entries=tuple(entries))


def _untuned(best: Comparison, shared: Comparison, study: Study) -> tuple[Confound, ...]:
    """Return what two variants at their best differ in besides what was tuned: that was meant to differ."""
    names = {best.treatment, best.reference} & study.tuned.keys()
    tuned = {setting.rpartition(".")[2] for name in names for setting in study.tuned[name].settings}
    before = {each.factor for each in shared.confounds}
    return tuple(each for each in best.confounds if each.factor in before - tuned)
