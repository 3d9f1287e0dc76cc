"""Results that were made elsewhere, read and made into a study's folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from paribus.errors import StoreError
from paribus.imported.measures import Measure, described
from paribus.imported.plan import ImportPlan, plan_of, read_plan
from paribus.imported.source import read_source
from paribus.record.store import RUNS, LastRequest, Store
from paribus.report.imported import import_notes
from paribus.report.tables import Table
from paribus.study.metrics import name_of
from paribus.texts import number, text
from paribus.texts.message import Listed
from paribus.texts.printable import Block, Lines, Paragraph, Printable
from paribus.workflow.folders import default_folder
from paribus.workflow.imported_study import MAX_ASKED, ImportedStudy, imported_study
from paribus.workflow.public import public
from paribus.workflow.request import as_path, wrong_argument
from paribus.workflow.results import Results, load_results


@dataclass(frozen=True, repr=False)
class Import(Printable):
    """What was understood of a source, and where it was written.

    Args:
        found: The study, and what its columns were taken for.
        folder: Where everything lies.
    """

    found: ImportedStudy
    folder: Path

    @property
    def table(self) -> Table:
        """What each column was taken for, a row each."""
        rows = [*self._roles(), *self._measured()]
        headings = {
            name: text(f"imported.column-{name}") for name in ("column", "meaning", "better", "unit", "runs")
        }
        return Table(headings, rows)

    def _roles(self) -> Iterator[Mapping[str, str]]:
        for column, role in self.found.reading.columns.items():
            if role in ("variant", "seed", "epoch", "setting", "unused", "run"):
                yield {"column": column, "meaning": text(f"imported.role-{role}"), **_EMPTY}
        if not self.found.reading.columns:
            names = dict.fromkeys(name for each in self.found.grouped.variants for name in each.settings)
            for name in names:
                yield {"column": name, "meaning": text("imported.role-setting"), **_EMPTY}

    def _measured(self) -> Iterator[Mapping[str, str]]:
        runs = sum(len(each.runs) for each in self.found.grouped.variants)
        for column, each in described(self.found.measures).items():
            yield {
                "column": column,
                "meaning": _meaning(each, each is self.found.measures.score),
                "better": text(f"imported.{_better(each)}"),
                "unit": text("imported.unit-percent") if each.factor != 1 else "",
                "runs": number(each.runs, "d") if each.runs < runs else "",
            }

    @property
    def lines(self) -> Iterator[str]:
        """How many runs of which variants there are, and what is missing."""
        study, variants = self.found.study, self.found.grouped.variants
        runs = sum(len(each.runs) for each in variants)
        names = Listed(tuple(study.variants)) if len(variants) <= _MAX_LISTED else ""
        code = "imported.found" if names else "imported.found-many"
        yield text(code, runs=runs, count=len(variants), variants=names, reference=next(iter(study.variants)))
        counts = [len(each.runs) for each in variants]
        if min(counts) != max(counts):
            yield text("imported.uneven", least=min(counts), most=max(counts))
        if len(variants) == 1:
            yield text("imported.one-variant")
        elif not study.questions:
            yield text("imported.too-many", count=len(variants), most=MAX_ASKED)

    def blocks(self) -> Iterator[Block]:
        """Yield what was understood: counts, a table of columns, and what is not known."""
        yield Lines(tuple(self.lines))
        yield self.table.grid()
        yield Lines(import_notes(self.found.study))
        yield Paragraph(text("imported.written", folder=self.folder))

    def __repr__(self) -> str:
        return f"Import({self.found.study.name!r}, {len(self.found.grouped.variants)} variants)"


_EMPTY = {"better": "", "unit": "", "runs": ""}
_MAX_LISTED = 12


def _meaning(measure: Measure, is_score: bool) -> str:
    part = measure.meaning.part or "train"
    said = text(f"imported.part-{part}", metric=name_of(measure.meaning.metric))
    return text("imported.compared", metric=said) if is_score else said


def _better(measure: Measure) -> str:
    if measure.meaning.is_guess:
        return "better-guess"
    return "better-higher" if measure.meaning.metric.rises else "better-lower"


@public
def import_results(
    source: str | Path,
    *,
    mapping: str | Path | Mapping[str, object] | None = None,
    reference: str = "",
    experiment: str = "",
    out: str | Path | None = None,
) -> Results:
    """Read results that were made elsewhere, write them into a study's folder and return them.

    Columns are guessed by their names and values; ``paribus import`` shows the guess.

    Args:
        source: A table (CSV, Parquet), logs (Keras, Lightning, TensorBoard, Hydra, W&B), an MLflow store or
            server, or an Optuna study.
        mapping: What the guess should not decide: a YAML file, or a mapping with its keys.
        reference: The variant that the others are compared with.
        experiment: MLflow's experiment or Optuna's study, where there are several.
        out: The study's folder; None for ``paribus-out/<name>``.

    Raises:
        SourceError: The source cannot be read or understood.
        StudyError: The mapping has faults.
        StoreError: The folder has other results, or cannot be written.

    Example:
        >>> import paribus as pb
        >>> pb.import_results("runs.csv").compare("dropout", "plain")  # doctest: +SKIP
    """
    written = write_import(source, mapping=mapping, reference=reference, experiment=experiment, out=out)
    return load_results(written.folder)


def write_import(
    source: str | Path,
    *,
    mapping: str | Path | Mapping[str, object] | None = None,
    reference: str = "",
    experiment: str = "",
    out: str | Path | None = None,
) -> Import:
    """Read results, write them, and return what was understood of them.

    Args:
        ...: As `import_results`.
    """
    plan = _plan(mapping)
    found = imported_study(read_source(_place(source), plan, experiment), _with_reference(plan, reference))
    folder = as_path(out) or default_folder(found.study, embedded=False)
    _write(found, folder)
    return Import(found, folder)


def _place(source: object) -> str:
    if not isinstance(source, str | Path):
        raise wrong_argument("source", source, "file")
    return str(source)


def _plan(mapping: str | Path | Mapping[str, object] | None) -> ImportPlan:
    if mapping is None:
        return ImportPlan()
    return plan_of(mapping) if isinstance(mapping, Mapping) else read_plan(Path(mapping))


def _with_reference(plan: ImportPlan, reference: str) -> ImportPlan:
    return replace(plan, reference=reference) if reference else plan


def _write(found: ImportedStudy, folder: Path) -> None:
    """Write a study's folder; earlier results of an import are replaced, others are left alone.

    Raises:
        StoreError: The folder has results of runs that were trained here, or cannot be written.
    """
    store = Store(folder)
    known = store.whole_study()
    if known is not None and known[0].imported is None:
        raise StoreError("imported.other-results", folder=folder)
    with store.writing():
        shutil.rmtree(folder / RUNS, ignore_errors=True)
        store.write_study(found.study, {found.data.name: found.data})
        seeds = {each.name: tuple(each.runs) for each in found.grouped.variants}
        store.write_last_request(LastRequest(seeds, workers=1))  # so that the live page knows it is all there
        for run in found.runs():
            place = store.run(run.spec)
            place.put(run.spec, run.history, run.result)
            if found.plan.examples is not None:
                place.write_environment({"examples": list(found.plan.examples)})
