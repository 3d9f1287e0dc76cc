"""The review of a study's design for a user: what its images and earlier runs tell, its findings in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paribus.analysis.design import review as analysis
from paribus.analysis.finding import Finding, plain
from paribus.record.files import finite
from paribus.record.records import Records
from paribus.record.run import DataUsed
from paribus.record.store import Store
from paribus.report.findings import severity_counts
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.texts.message import Joined, Message
from paribus.texts.printable import Block, Paragraph, Printable
from paribus.workflow.folders import default_folder
from paribus.workflow.public import public
from paribus.workflow.request import Request, StudySource, as_path, check_trainable, chosen_variants
from paribus.workflow.run import prepare
from paribus.workflow.size import check_size
from paribus.workflow.splits import check_splits
from paribus.workflow.training import Training, own_data


@dataclass(frozen=True, repr=False)
class Review(Printable):
    """The findings about a study's design, the worst first; how many variants were reviewed.

    `places` has the variants and the pairs that questions compare, in words, as `Study.places`; `unknown`
    says what no rule could look at.
    """

    study: str
    findings: tuple[Finding, ...]
    variants: int = 0
    places: Mapping[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])
    unknown: tuple[Message, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def heading(self) -> Message:
        """How many findings of which severity there are, in words."""
        counted = severity_counts(self.findings)
        return Message("finding.review", {"study": self.study, "counted": counted})

    def tree(self) -> object:
        """Return the findings as JSON can hold them; numbers that are not finite are null."""
        unknown = {"unknown": [str(each) for each in self.unknown]} if self.unknown else {}
        return finite({"study": self.study, "findings": [plain(found) for found in self], **unknown})

    def blocks(self) -> Iterator[Block]:
        """Return the number of findings, and each in words."""
        yield Paragraph(self.heading)
        yield from (Paragraph(each) for each in self.unknown)
        for each in self:
            severity = Message(f"finding.severity-{each.severity}")
            yield Paragraph(
                Joined((each.why, each.remedy)), about=Joined((severity, each.title), between=": ")
            )

    def __repr__(self) -> str:
        return f"Review({self.study!r}, {len(self)} findings)"


@public
def review(
    study: StudySource,
    *,
    only: Sequence[str] | None = None,
    seeds: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
) -> Review:
    """Review a study's design before anything is spent; trains nothing, writes nothing.

    Runs that the study's folder has already tell how much results vary from seed to seed.

    Args:
        study: A study, its file, a built-in's name, or a mapping with a study file's keys.
        data_dir: Folder with the images, to count them; None for the numbers of the official ones.
        ...: As in `Request`.

    Raises:
        InputError: The study is faulty, the images are missing, or an argument is not allowed.

    Example:
        >>> import paribus as pb
        >>> [finding.variants for finding in pb.review("lab2") if finding.code == "same-trajectory"]
        [('6', '5')]
    """
    request = Request(only=only, seeds=seeds, data_dir=as_path(data_dir), embedded=embedded, out=as_path(out))
    return review_design(study, request)


def review_design(source: StudySource, request: Request) -> Review:
    """As `review`.

    Raises:
        InputError: As `review`.
    """
    study = load(source)
    check_trainable(study)
    if request.data_dir is not None or request.embedded:
        return review_training(prepare(study, request, needs_images=False))
    check_size(study, chosen_variants(study, request.only), request.seeds or study.seeds)
    store = Store(request.out or default_folder(study, request.embedded))
    own = own_data(study, tuple(study.facts))
    names = [
        name
        for name in chosen_variants(study, request.only)
        if study.variants[name].configuration.data in own
    ]
    check_splits(study, own, dict.fromkeys(names, range(request.seeds or study.seeds)))
    return _review(study, request, request.seeds, {**store.known_data(), **own}, store)


def review_training(training: Training) -> Review:
    """Review the design of a study that is about to be trained."""
    study, store, request = training.study, training.store, training.request
    seeds = training.budget.most if training.budget else request.seeds
    return _review(study, request, seeds, {**store.known_data(), **training.data}, store)


def _review(
    study: Study, request: Request, seeds: int | None, data: Mapping[str, DataUsed], store: Store
) -> Review:
    names = chosen_variants(study, request.only)
    records = store.records(study, data) if store.exists() and data else Records()
    found = analysis.review(study, only=names, seeds=seeds, data=data, records=records, looks=store.looks())
    return Review(study.name, found, len(names), study.places, unknown_of(study, names))


def unknown_of(study: Study, names: Iterable[str]) -> tuple[Message, ...]:
    """Return what a review cannot know of some variants: of a training of the user's own its network.

    Args:
        study: The study.
        names: Of its variants.
    """
    own = [study.variants[name].configuration.train for name in names]
    return (Message("report.made-own-unknown"),) if any(own) and study.imported is None else ()
