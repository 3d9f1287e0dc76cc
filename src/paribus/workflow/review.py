"""A study reviewed for a user: its images counted, its earlier runs looked at, its findings in words."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from paribus.analysis.design import review as analysis
from paribus.analysis.finding import Finding, Severity, plain
from paribus.errors import UsageError
from paribus.record.files import finite
from paribus.record.records import Records
from paribus.record.store import Store
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.run import (
    Prepared,
    Request,
    StudySource,
    as_path,
    chosen,
    default_folder,
    known_data,
    prepare,
)


@dataclass(frozen=True)
class Review:
    """The findings about a study's design, the worst first.

    Args:
        study: The study's name.
        findings: What was found.
    """

    study: str
    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def counted(self) -> str:
        """How many findings of which severity, in words."""
        numbers = {each: sum(found.severity is each for found in self) for each in Severity}
        return ", ".join(text(f"finding.count-{each}", count=number) for each, number in numbers.items())

    def tree(self) -> object:
        """The findings as JSON can hold them; numbers that are not finite are null."""
        return finite({"study": self.study, "findings": [plain(found) for found in self]})

    def __repr__(self) -> str:
        lines = [text("finding.review", study=self.study, counted=self.counted())]
        lines += [f"{text(f'finding.severity-{each.severity}')}: {each.why} {each.remedy}" for each in self]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td>{text(f'finding.severity-{each.severity}')}</td><td>{html.escape(each.title)}</td>"
            f"<td>{html.escape(each.why)}<br><em>{html.escape(each.remedy)}</em></td></tr>"
            for each in self
        ]
        heading = html.escape(text("finding.review", study=self.study, counted=self.counted()))
        return f"<p>{heading}</p><table>{''.join(rows)}</table>"


def review(
    study: StudySource,
    *,
    only: Sequence[str] | None = None,
    seeds: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
) -> Review:
    """What is doubtful about a study's design, before anything is spent; trains nothing, writes nothing.

    Runs that the study's folder has already tell how much results vary from seed to seed.

    Args:
        study: A study, its file, a built-in's name, or a mapping with a study file's keys.
        only: Names of the variants to run; None for all.
        seeds: Number of seeds to run; None for the study's own number.
        data_dir: Folder with the images, to count them; None for the numbers of the official ones.
        embedded: Whether small stand-ins play the image sets' roles.
        out: The study's folder; None for ``paribus-out/<study>``.

    Raises:
        InputError: The study is faulty, the images are missing, or an argument names what is not there.

    Example:
        >>> import paribus as pb
        >>> [finding.variants for finding in pb.review("lab2") if finding.code == "same-trajectory"]
        [('6', '5')]
    """
    loaded = study if isinstance(study, Study) else load(study)
    names = chosen(loaded, only)
    if seeds is not None and seeds < 1:
        raise UsageError("run.not-positive", option="seeds", value=seeds)
    request = Request(only, seeds, None, as_path(data_dir), embedded, as_path(out))
    if data_dir is not None or embedded:
        return of_prepared(prepare(loaded, request, needs_images=False), request)
    store = Store(request.out or default_folder(loaded, embedded))
    data = known_data(store)
    records = store.records(loaded, data) if data else Records()
    found = analysis.review(loaded, only=names, seeds=seeds, data=data, records=records)
    return Review(loaded.name, found)


def of_prepared(prepared: Prepared, request: Request) -> Review:
    """The review of a study that is about to run.

    Args:
        prepared: From `paribus.workflow.run.prepare`.
        request: What the user asked.
    """
    study, store = prepared.study, prepared.store
    records = store.records(study, {**known_data(store), **prepared.data}) if store.exists() else Records()
    names = chosen(study, request.only)
    found = analysis.review(study, only=names, seeds=request.seeds, data=prepared.data, records=records)
    return Review(study.name, found)
