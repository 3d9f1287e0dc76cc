"""The training of a tuned study: trials on seeds of their own, then each variant at its best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from paribus.execute.plan import refresh
from paribus.record.store import Store
from paribus.study.model import Variant
from paribus.study.study import Study
from paribus.workflow.request import Request
from paribus.workflow.search import Settings, next_settings
from paribus.workflow.size import check_size
from paribus.workflow.training import Training, plan_training, train_missing
from paribus.workflow.tuned import Searches, derived, trial_seeds, trials_of, tuned_variant


def plan_trials(
    study: Study, request: Request, names: Iterable[str], store: Store, *, needs_images: bool = True
) -> Training | None:
    """Plan the trials that are known now: the first round of a search that goes by its results.

    Args:
        study: As it is written.
        request: How much of it, and where.
        names: The variants that are asked for.
        store: The study's folder.
        needs_images: As for `plan_training`.

    Returns:
        None where nothing of these is tuned.
    """
    searches = Searches.of(store)
    tried = {
        name: searches.tried(study.variants[name]) or next_settings(tune, ())
        for name, tune in study.tuned.items()
        if name in {*names}
    }
    return _plan(study, request, tried, needs_images=needs_images) if tried else None


def _plan(
    study: Study,
    request: Request,
    tried: Mapping[str, Sequence[Settings]],
    *,
    needs_images: bool = True,
) -> Training:
    made: dict[str, Variant] = {}
    seeds: dict[str, range] = {}
    for variant, each in tried.items():
        trials = trials_of(study, variant, each)
        made |= trials
        seeds |= dict.fromkeys(trials, trial_seeds(study.tuned[variant]))
    check_size(study.model_copy(update={"variants": made}), made, max(map(len, seeds.values())))
    return plan_training(_beside(study, made), request, seeds, needs_images=needs_images)


def _beside(study: Study, made: Mapping[str, Variant]) -> Study:
    return study.model_copy(update={"variants": {**study.variants, **made}, "questions": (), "published": {}})


def train_trials(training: Training, names: Iterable[str]) -> None:
    """Train the trials of every variant that is tuned, in a folder that this process holds.

    Args:
        training: The study's.
        names: The variants that are asked for.
    """
    study, store = training.study, training.store
    asked = [name for name in study.tuned if name in {*names}]
    while asked:
        searches = Searches.of(store)
        data = {**store.known_data(), **training.data}
        more: list[Settings] = []
        for name in asked:
            made = tuned_variant(study, name, searches, store, data).tries
            if not any(each.missing for each in made):
                scored = [(each.settings, each.score) for each in made]
                more = [
                    *more,
                    *searches.extend(study.variants[name], next_settings(study.tuned[name], scored)),
                ]
        if more:
            searches.write(store)
        planned = _plan(
            study, training.request, {name: searches.tried(study.variants[name]) for name in asked}
        )
        if planned.plan.missing:
            train_missing(planned)
        elif not more:
            return
        if refresh(planned.plan, store).missing:
            return  # they failed: the next command tries them again


def train_winners(training: Training, seeds: Mapping[str, Sequence[int]]) -> None:
    """Train every variant at its best, in a folder that this process holds.

    Args:
        training: The study's.
        seeds: With which seeds, by variant: those of the study's own runs.
    """
    study, store = training.study, training.store
    searches = Searches.of(store)
    data = {**store.known_data(), **training.data}
    made: dict[str, Variant] = {}
    wanted: dict[str, Sequence[int]] = {}
    for name in study.tuned:
        best = tuned_variant(study, name, searches, store, data).best if name in seeds else None
        if best is not None:
            winner = derived(study, name, best.settings, "tuned")
            made[winner.name], wanted[winner.name] = winner, seeds[name]
    if made:
        planned = plan_training(_beside(study, made), training.request, wanted)
        train_missing(planned)
