"""The suspected causes of findings, confirmed or not by ablation runs: planned, trained, judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from paribus.analysis.causes.ablation import Ablation, ablations, confirmable
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.gathering import gather_evidence
from paribus.errors import UsageError
from paribus.execute.executor import LOCAL
from paribus.execute.threads import Threads
from paribus.record.records import Records
from paribus.record.run import DataUsed, Status
from paribus.record.store import Store
from paribus.study.derive import derive_variant
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.texts import suggestion
from paribus.workflow.confirmations import Confirmations, confirmations, kept
from paribus.workflow.folders import FoundResults, default_folder, results_of
from paribus.workflow.public import public
from paribus.workflow.request import Request, StudySource, as_path, check_trainable, chosen_variants
from paribus.workflow.training import Training, plan_training, train_missing


@dataclass(frozen=True)
class Suspected:
    """Suspected causes, and their ablation runs ready to be trained.

    Args:
        study: What was asked.
        store: Its folder.
        ablations: What is suspected; empty where nothing can be put to the test.
        training: The ablation runs, planned; None where there is none.
        found: Where the study's runs were found.
    """

    study: Study
    store: Store
    ablations: tuple[Ablation, ...]
    training: Training | None
    found: FoundResults


@public
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
    threads: Threads = 1,
    on: str = LOCAL,
    ray_address: str | None = None,
) -> Confirmations:
    """Put the causes of findings to the test: train each diagnosed run again without one suspected setting.

    Ablation runs take the seeds of the runs that were diagnosed, and lie in the study's folder like any
    others; they are no variants of the study. What has run already is not trained again.

    Args:
        study: A study that has run: the study, its file, a built-in's name, or a mapping.
        finding: The code of the one finding to look at; None for all.
        seeds: Seeds 0 to n - 1 of those that have run; None for all of them.
        ...: As in `Request`.

    Raises:
        InputError: As `paribus.run`; none of the variants has run, or with other images; or no finding
            has such a code.

    Example:
        >>> import paribus as pb
        >>> print(pb.confirm("lab2", only=["3a"], embedded=True)[0].sentence)  # doctest: +SKIP
    """
    request = Request(
        only=only,
        seeds=seeds,
        workers=workers,
        data_dir=as_path(data_dir),
        embedded=embedded,
        out=as_path(out),
        threads=threads,
        on=on,
        ray_address=ray_address,
    )
    suspected = prepare_confirm(study, request, finding)
    return train_confirm(suspected)


def prepare_confirm(source: StudySource, request: Request, finding: str | None = None) -> Suspected:
    """Diagnose what has run, and plan what takes away each suspected setting; trains nothing.

    Args:
        finding: The code of the one finding to look at; None for all.

    Raises:
        InputError: As `confirm`.
    """
    study = load(source)
    check_trainable(study)
    names = chosen_variants(study, request.only)
    if finding is not None and finding not in confirmable():
        near, known = suggestion(str(finding), confirmable()), ", ".join(confirmable())
        raise UsageError("confirm.unknown-finding", given=finding, known=known, suggestion=near)
    if request.out or request.data_dir:
        found = FoundResults(request.out or default_folder(study, embedded=False))
    else:
        found = results_of(study.name, embedded=request.embedded)
        request = replace(request, embedded=found.folder == default_folder(study, embedded=True))
    store = Store(found.folder)
    store.expect(study)
    if store.exists():
        store.study()  # says so where it is damaged: nothing could be told of what has run
    data = store.known_data()
    records = store.records(study, data)
    seeds = _seeds(records, names, request.seeds)
    if not seeds:
        raise UsageError(
            "confirm.nothing-run", folder=store.folder, variants=", ".join(names), study=study.name
        )
    diagnosed = diagnose(study, gather_evidence(records))
    made = ablations(study, diagnosed, only=seeds, code=finding)
    if finding is not None and not made:
        raise UsageError("confirm.not-there", code=finding, variants=", ".join(seeds), folder=store.folder)
    training = _planned(study, data, made, request, seeds) if made else None
    if training is not None:
        more = () if finding is None else ("--finding", finding)
        training = replace(training, command=("confirm", *more))
    return Suspected(study, store, made, training, found)


def train_confirm(suspected: Suspected) -> Confirmations:
    """Train what is missing of the ablation runs, keep what they are about, and judge what came of them.

    Raises:
        StoreError: Another process is training into the folder, or it cannot be written.
    """
    store, study = suspected.store, suspected.study
    if suspected.training is not None:
        with store.writing():
            known = {_key(each): each for each in (*kept(store), *suspected.ablations)}
            store.write_ablations(asdict(each) for each in known.values())
            train_missing(suspected.training)
    data = store.known_data()
    found = confirmations(study, store.records(study, data), data, store)
    requested = {_key(each) for each in suspected.ablations}
    return Confirmations(tuple(each for each in found if _key(each.ablation) in requested), study)


def failed(suspected: Suspected) -> bool:
    """Return whether an ablation run failed or has not ended; one that diverged is a result."""
    planned = suspected.training.plan.runs if suspected.training else ()
    over = (Status.FINISHED, Status.EARLY_STOPPED, Status.DIVERGED)
    results = (suspected.store.run(run.spec).checked_result() for run in planned)
    return not all(result is not None and result.status in over for result in results)


def _seeds(records: Records, names: Sequence[str], most: int | None) -> dict[str, tuple[int, ...]]:
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
) -> Training:
    variants = {each.name: derive_variant(study, each.variant, each.name, each.changes) for each in made}
    known = {**study.variants, **variants}  # displays say what ablations change of them
    ablated = study.model_copy(update={"variants": known, "questions": (), "published": {}})
    training = plan_training(ablated, request, {each.name: seeds[each.variant] for each in made})
    for name, used in training.data.items():
        if used.sha256 != data[name].sha256:
            digests = {"kept": data[name].sha256[:12], "given": used.sha256[:12]}
            folder = training.store.folder
            raise UsageError("confirm.other-images", folder=folder, name=name, **digests)
    return training


def _key(ablation: Ablation) -> tuple[str, str, str]:
    return ablation.variant, ablation.code, ablation.kind
