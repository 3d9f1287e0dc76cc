"""The causes of findings put to the test: counter-runs from the diagnosis to the sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from paribus.analysis.causes.ablation import CODES, Ablation, ablations
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.evidence import gather_evidence
from paribus.errors import UsageError
from paribus.execute.plan import plan_each
from paribus.record.records import Records
from paribus.record.run import DataUsed, Status
from paribus.record.store import Store
from paribus.study.derive import derive_variant
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.texts import suggestion
from paribus.workflow.confirmations import Confirmations, confirmations, kept
from paribus.workflow.run import (
    Display,
    Prepared,
    Request,
    StudySource,
    as_path,
    chosen,
    default_folder,
    display_for,
    known_data,
    prepare,
    train_held,
)


@dataclass(frozen=True)
class Suspected:
    """Counter-runs ready to be trained.

    Args:
        study: What was asked.
        store: Its folder.
        counters: What is suspected; empty where nothing can be put to the test.
        prepared: The counter-runs, planned; None where there is none.
    """

    study: Study
    store: Store
    ablations: tuple[Ablation, ...]
    prepared: Prepared | None


def confirm(  # noqa: PLR0913 - the command's own options
    study: StudySource,
    *,
    only: Sequence[str] | None = None,
    finding: str | None = None,
    seeds: int | None = None,
    workers: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
) -> Confirmations:
    """Put the causes of findings to the test: train what each suspected setting takes away alone.

    Counter-runs take the seeds of the runs that were diagnosed, and lie in the study's folder like any
    others; they are no variants of the study. What has run already is not trained again.

    Args:
        study: A study that has run: the study, its file, a built-in's name, or a mapping.
        only: Names of the variants to look at; None for all.
        finding: The code of the one finding to look at; None for all.
        seeds: Seeds 0 to n - 1 of those that have run; None for all of them.
        workers: Processes side by side, one thread each; None for one a core. Never changes a result.
        data_dir: Folder with the images that the study has run with; None to look in the cache.
        embedded: Whether small stand-ins played the image sets' roles.
        out: The study's folder; None for ``paribus-out/<study>``.

    Raises:
        InputError: As `paribus.run`; none of the variants has run, or with other images; or no finding
            has such a code.

    Example:
        >>> import paribus as pb
        >>> pb.confirm("lab2", only=["3a"], embedded=True)[0].sentence  # doctest: +SKIP
    """
    request = Request(only, seeds, workers, as_path(data_dir), embedded, as_path(out))
    suspected = prepare_confirm(study, request, finding)
    plan = suspected.prepared.plan if suspected.prepared else None
    return train_confirm(suspected, request, display_for(plan, workers) if plan else None)


def prepare_confirm(source: StudySource, request: Request, finding: str | None = None) -> Suspected:
    """Diagnose what has run, and plan what takes away each suspected setting; trains nothing.

    Args:
        source: A study, its file, a built-in's name or a mapping.
        request: What the user asks.
        finding: The code of the one finding to look at; None for all.

    Raises:
        InputError: As `confirm`.
    """
    study = source if isinstance(source, Study) else load(source)
    names = chosen(study, request.only)
    if finding is not None and finding not in CODES:
        near = suggestion(finding, CODES)
        known = ", ".join(CODES)
        raise UsageError("confirm.unknown-finding", given=finding, known=known, suggestion=near)
    if request.seeds is not None and request.seeds < 1:
        raise UsageError("run.not-positive", option="seeds", value=request.seeds)
    store = Store(request.out or default_folder(study, request.embedded))
    store.expect(study)
    data = known_data(store)
    records = store.records(study, data) if data else Records()
    seeds = _seeds(records, names, request.seeds)
    if not seeds:
        raise UsageError(
            "confirm.nothing-run", folder=store.folder, variants=", ".join(names), study=study.name
        )
    diagnosed = diagnose(study, gather_evidence(records))
    made = ablations(study, diagnosed, only=seeds, code=finding)
    if finding is not None and not made:
        raise UsageError("confirm.not-there", code=finding, variants=", ".join(seeds), folder=store.folder)
    return Suspected(study, store, made, _planned(study, data, made, request, seeds) if made else None)


def train_confirm(suspected: Suspected, request: Request, display: Display | None) -> Confirmations:
    """Train what is missing of the counter-runs, keep what they are about, and say what came of it.

    Args:
        suspected: From `prepare_confirm`.
        request: What the user asks.
        display: Shows the training.

    Raises:
        StoreError: Another process is training into the folder, or it cannot be written.
    """
    store, study = suspected.store, suspected.study
    if suspected.prepared is not None and display is not None:
        with store.writing():
            known = {_key(each): each for each in (*kept(store), *suspected.ablations)}
            store.write_ablations(asdict(each) for each in known.values())
            train_held(suspected.prepared, request, display)
    data = known_data(store)
    found = confirmations(study, store.records(study, data), data, store)
    asked = {_key(each) for each in suspected.ablations}
    return Confirmations(study.name, tuple(each for each in found if _key(each.ablation) in asked))


def failed(suspected: Suspected) -> bool:
    """Whether a counter-run failed or has not ended; one that diverged is an answer.

    Args:
        suspected: What was trained.
    """
    planned = suspected.prepared.plan.runs if suspected.prepared else ()
    over = (Status.FINISHED, Status.EARLY_STOPPED, Status.DIVERGED)
    results = (suspected.store.run(run.spec).checked_result() for run in planned)
    return not all(result is not None and result.status in over for result in results)


def _seeds(records: Records, names: Sequence[str], most: int | None) -> dict[str, tuple[int, ...]]:
    """The seeds at which each variant has run."""
    seeds: dict[str, tuple[int, ...]] = {}
    for name, seed in records:
        if name in names and (most is None or seed < most):
            seeds[name] = (*seeds.get(name, ()), seed)
    return seeds


def _planned(
    study: Study,
    data: Mapping[str, DataUsed],
    made: Sequence[Ablation],
    request: Request,
    seeds: Mapping[str, Sequence[int]],
) -> Prepared:
    variants = {each.name: derive_variant(study, each.variant, each.name, each.changes) for each in made}
    beside = study.model_copy(update={"variants": variants, "questions": (), "published": {}})
    prepared = prepare(beside, replace(request, only=None, seeds=1))
    for name, used in prepared.data.items():
        if used.sha256 != data[name].sha256:
            digests = {"kept": data[name].sha256[:12], "given": used.sha256[:12]}
            folder = prepared.store.folder
            raise UsageError("confirm.other-images", folder=folder, name=name, **digests)
    wanted = {each.name: seeds[each.variant] for each in made}
    planned = plan_each(beside, prepared.data, store=prepared.store, seeds=wanted, updates=request.updates)
    return replace(prepared, plan=planned)


def _key(ablation: Ablation) -> tuple[str, str, str]:
    return ablation.variant, ablation.code, ablation.kind
