"""What ablation runs say of the causes of findings: read from a study's folder, side by side, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pydantic import TypeAdapter

from paribus.analysis.causes.ablation import Ablation, confirmable
from paribus.analysis.causes.confirmation import (
    CauseVerdict,
    Confirmation,
    grouped,
    judge,
    more_seeds,
    plain,
    together,
)
from paribus.analysis.runs.gathering import gather_evidence
from paribus.errors import StudyError
from paribus.record.files import finite
from paribus.record.records import Records
from paribus.record.run import DataUsed
from paribus.record.store import ABLATIONS, Store
from paribus.study.derive import derive_variant
from paribus.study.model import Variant
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.message import Message
from paribus.texts.printable import Block, Heading, Lines, Paragraph
from paribus.workflow.listing import Listing

_ABLATIONS: TypeAdapter[tuple[Ablation, ...]] = TypeAdapter(tuple[Ablation, ...])


@dataclass(frozen=True, repr=False)
class Confirmations(Listing[Confirmation]):
    """What became of a study's findings in the ablation runs: one for each suspected setting."""

    study: Study

    @property
    def heading(self) -> str:
        """How many of which verdict, in words."""
        if not self:
            return text("confirm.nothing", study=self.study.name)
        counts = {each.name.lower(): sum(found.verdict is each for found in self) for each in CauseVerdict}
        return text("confirm.heading", study=self.study.name, **counts)

    def tree(self) -> object:
        """Return all of them as JSON can hold it; numbers that are not finite are null."""
        return finite({"study": self.study.name, "confirmations": [plain(each) for each in self]})

    def blocks(self) -> Iterator[Block]:
        """Return the number of verdicts, what came of each finding, and how many seeds would be enough."""
        yield Paragraph(self.heading)
        for (variant, _), group in grouped(self).items():
            about = {"variant": self.study.named(variant), "title": group[0].ablation.title}
            yield Heading(Message("confirm.about", about))
            lines = [
                f"{Message(f'confirm.verdict-{each.verdict}')}: {each.tried} {each.sentence}"
                for each in group
            ]
            yield Lines([*lines, *(words for words in [together(group)] if words)])
        if words := more_seeds(self):
            yield Paragraph(words)

    def __repr__(self) -> str:
        return f"Confirmations({self.study.name!r}, {len(self)} suspected causes)"


def confirmations(
    study: Study, records: Records, data: Mapping[str, DataUsed], store: Store
) -> Confirmations:
    """Return what the ablation runs in a study's folder say, in the study's order."""
    ablations = kept(store)
    before = gather_evidence(records) if ablations else {}
    judged: list[Confirmation] = []
    for ablation in sorted(ablations, key=lambda each: _place(study, each)):
        variant = _variant(study, ablation)
        if variant is None:
            continue
        ran = store.records(study.model_copy(update={"variants": {variant.name: variant}}), data)
        if not ran:
            continue
        # Runs of one trajectory complete each other's evidence, so the study's that share one come along.
        shared = {record.spec.trajectory for record in ran.values()}
        related = {key: record for key, record in records.items() if record.spec.trajectory in shared}
        after = {
            seed: run
            for (name, seed), run in gather_evidence(Records({**related, **ran})).items()
            if name == ablation.name
        }
        mine = {seed: run for (name, seed), run in before.items() if name == ablation.variant}
        judged.append(judge(ablation, mine, after))
    return Confirmations(tuple(judged), study)


def kept(store: Store) -> tuple[Ablation, ...]:
    """Return the ablations whose runs the folder has been asked for."""
    with suppress(ValueError):
        return _ABLATIONS.validate_python(store.ablations())
    return ()


def ablation_variants(study: Study, store: Store) -> tuple[Variant, ...]:
    """Return what the folder's ablations train, of those that start from a variant of the study."""
    found = (_variant(study, ablation) for ablation in kept(store))
    return tuple(each for each in found if each is not None)


def damaged(store: Store) -> tuple[str, ...]:
    """Return the names of the study's own damaged files, without those of its runs."""
    found = store.damaged()
    if ABLATIONS not in found and len(kept(store)) != len(store.ablations()):
        found.append(ABLATIONS)
    return tuple(found)


def _place(study: Study, ablation: Ablation) -> tuple[int, int]:
    names, codes = list(study.variants), list(confirmable())
    known = ablation.variant in names and ablation.code in codes
    return (names.index(ablation.variant), codes.index(ablation.code)) if known else (len(names), 0)


def _variant(study: Study, ablation: Ablation) -> Variant | None:
    """Return the variant of an ablation; None where the study no longer has what it starts from."""
    if ablation.variant not in study.variants or ablation.code not in confirmable():
        return None
    with suppress(StudyError):
        return derive_variant(study, ablation.variant, ablation.name, ablation.changes)
    return None
