"""What a study's runs came to, by variant, for a program, a notebook or a script.

Properties are what the folder holds of the runs; methods compute something from it or read further files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paribus.analysis import result_table
from paribus.analysis.finding import Severities
from paribus.analysis.questions.comparison import Comparison
from paribus.errors import UsageError
from paribus.record import opened
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.record.run import DataUsed
from paribus.record.store import Store
from paribus.report import tables
from paribus.study.model import Question
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.printable import Block, Lines, Paragraph, Printable
from paribus.workflow import comparisons as comparisons_file
from paribus.workflow import frames
from paribus.workflow.archives import opened_copy
from paribus.workflow.asked import answered_now, question_of
from paribus.workflow.comparisons import Comparisons
from paribus.workflow.decision import Decision
from paribus.workflow.public import public
from paribus.workflow.request import as_path, unknown_variant, wrong_argument
from paribus.workflow.variant_results import VariantResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from paribus.analysis.questions.aa import AATest
    from paribus.analysis.questions.designs import DesignAnswer
    from paribus.analysis.questions.published import Verification
    from paribus.analysis.tuning import TunedStudy
    from paribus.report.material import Material
    from paribus.workflow.confirmations import Confirmations
    from paribus.workflow.diagnosis import Diagnosis, Remarks
    from paribus.workflow.rankings import Rankings


class Results(Printable, Mapping[str, VariantResults]):
    """A study's results by variant: ``results["2"]``.

    Args:
        study: What was asked.
        records: What has run.
        data: The images each data set's name stood for.
        folder: Where everything lies.

    Attributes:
        decision: Which questions are settled; None unless ``paribus.run(until_decided=True)`` returned this.
    """

    def __init__(self, study: Study, records: Records, data: Mapping[str, DataUsed], folder: Path) -> None:
        self.study = study
        self.records = records
        self.data = data
        self.folder = folder
        self.looks = Store(folder).looks()
        self.decision: Decision | None = None
        self._based: tuple[LookLog, str] | None = None

    @property
    def rows(self) -> tuple[result_table.Row, ...]:
        """The result table: one row a variant, in the study's order."""
        return result_table.rows(self.study, self.records)

    @property
    def table(self) -> DataFrame:
        """The result table as a DataFrame: a row a variant, accuracies in percent, NaN for what is missing.

        Columns are ``variant``, ``changes``, ``runs`` (those that ended well, whose means follow),
        ``epochs_min``, ``epochs_max``, ``train``, ``validation``, ``test``, ``published`` (NaN beside
        stand-ins), ``seconds`` (of a run, on average) and ``data``.
        """
        return frames.of_table(self.study, self.rows)

    def to_frame(self) -> DataFrame:
        """Return every run as recorded, a row each: what an analysis of one's own starts from.

        Columns are ``variant``, ``seed``, ``status``, ``epochs``, ``kept_epoch``, ``train_accuracy`` and
        ``validation_accuracy`` at that epoch, ``test_accuracy``, ``test_loss``, ``test_data_loss``,
        ``seconds``, ``data`` and ``stand_in``; accuracies are in [0, 1], and NaN for a run that has none.
        """
        return frames.of_runs(self.records)

    def comparisons(self) -> Comparisons:
        """Return the study's questions answered, in its order."""
        return self._comparisons

    @cached_property
    def _comparisons(self) -> Comparisons:
        self.record_look(self.study.questions)
        kept = comparisons_file.kept(self.study, self.folder, self.basis())
        if kept is not None:
            return kept
        from paribus.analysis.questions.answering import comparisons

        return Comparisons(comparisons(self.study, self.records, looks=self.looks), self.study)

    def rankings(self) -> Rankings:
        """Return the study's questions about several variants answered, in its order."""
        return self._rankings

    @cached_property
    def _rankings(self) -> Rankings:
        from paribus.workflow.rankings import read

        self.record_look(self.study.questions)
        return read(self.study, self.records, self.looks, self.folder, self.basis)

    def design_answers(self) -> tuple[DesignAnswer, ...]:
        """Return the study's questions about factors answered: trends, effects and interactions."""
        return self._design_answers

    @cached_property
    def _design_answers(self) -> tuple[DesignAnswer, ...]:
        if not self.study.design_questions:
            return ()
        self.record_look(self.study.questions)
        from paribus.analysis.questions.answering import design_answers

        return design_answers(self.study, self.records, looks=self.looks)

    def save_comparisons(self, severities: Severities | None = None) -> None:
        """Keep the comparisons in the folder, so that whoever reads them next need not compute them.

        Args:
            severities: Those of each variant's findings, to be kept as well; None where they are not known.
        """
        found = self.comparisons()  # which may record a look, of which the basis has the digest
        comparisons_file.keep(self.folder, self.basis(), found, severities)
        self.rankings().keep(self.folder, self.basis())

    def diagnose(self) -> Diagnosis:
        """Diagnose the runs: what went on in them, over seeds, with its causes, and what to try next."""
        from paribus.workflow.diagnosis import diagnosis

        return diagnosis(self.study, self.records)

    def confirmations(self) -> Confirmations:
        """Return what ablation runs say of the causes of findings; empty if `paribus.confirm` never ran."""
        from paribus.workflow.confirmations import confirmations

        return confirmations(self.study, self.records, self.data, Store(self.folder))

    def tuned(self) -> TunedStudy | None:
        """Return what tuning found, and the questions with each at its best; None where nothing is tuned."""
        from paribus.workflow.tuned import tuned_study

        return tuned_study(self.study, self.records, self.data, Store(self.folder), self.looks)

    def remarks(self) -> Remarks:
        """Return what there is to say of each variant, each question and the study."""
        from paribus.workflow.diagnosis import remarked

        return remarked(self.study, self.records, self.comparisons())

    def basis(self) -> str:
        """Return the digest of all that its comparisons follow from."""
        if self._based is None or self._based[0] is not self.looks:
            self._based = self.looks, comparisons_file.basis_of(self.study, self.records.values(), self.looks)
        return self._based[1]

    def aa_test(self) -> AATest | None:
        """Return the A/A test; None where none was run, or its variant is no longer one of the study's."""
        kept = Store(self.folder).aa_test()
        if kept is None or kept[0] not in self.study.variants:
            return None
        from paribus.analysis.questions.aa import aa_test

        return aa_test(self.study, self.records, *kept)

    def compare(self, treatment: str, reference: str, metric: str = "") -> Comparison:
        """Compare two variants, paired by seed; imported ones only where the user says so.

        A question that the study declares is answered as in `comparisons`; any other is adjusted as one
        more question than the study's.

        Args:
            treatment: The variant asked about.
            reference: The one that it is compared with.
            metric: A metric's name after ``test_`` or ``val_``, such as ``test_f1_macro``; none for
                ``test_accuracy``, in a regression ``test_r2``, of imported results what they are compared by.

        Raises:
            UsageError: A name is none of the study's; the metric is not known, of the task or measured.
        """
        from paribus.analysis.questions.answering import compare

        names = self[treatment].variant, self[reference].variant
        question = question_of(self.study, *names, metric)
        self.record_look([question])
        return compare(self.study, self.records, question, looks=self.looks)

    def record_look(
        self,
        questions: Iterable[Question],
        requested: Mapping[str, Iterable[int]] | None = None,
        *,
        until_decided: bool = False,
    ) -> None:
        """Record that questions are answered now; whatever shows a comparison does so by itself.

        Args:
            questions: Those that are shown.
            requested: The seeds that a run was asked for, by variant, beside those that have run.
            until_decided: Whether seeds are being added until every question is decided.
        """
        seeds, answered = answered_now(self.study, self.records, questions)
        for name, more in (requested or {}).items():
            seeds.setdefault(name, set()).update(more)
        self.looks = Store(self.folder).record_look(seeds, until_decided=until_decided, answered=answered)

    def plot(self, *variants: str) -> Figure:
        """Draw the study at a glance, or some variants overlaid; a matplotlib figure to build on.

        Args:
            variants: Their names, the reference first; none for a small panel a variant.

        Raises:
            UsageError: A name is none of the study's.
        """
        from paribus.report.figures.figures import overlay_figure, overview_figure

        if not variants:
            return overview_figure(self.study, self.records)
        return overlay_figure(self.study, [self[name].variant for name in variants], self.records)

    def plot_answers(self) -> Figure:
        """Draw every question's difference and its 95% intervals; thin ones are corrected, and decide."""
        from paribus.report.figures.answers import answers_figure

        return answers_figure(self.study, self.comparisons(), self.records)

    def verify(self) -> Verification:
        """Compare every figure that the study carries as published, and the differences of two, with ours."""
        from paribus.analysis.questions.published import compare_with_published

        return compare_with_published(self.study, self.records)

    def report(
        self, output: str | Path, *, author: str = "", both: bool = False, appendix: bool = False
    ) -> Path:
        """Write the study's report: an HTML file, PDF, a notebook, or Markdown with its figures.

        Args:
            output: The file; its ending, ``.html``, ``.pdf``, ``.ipynb`` or ``.md``, says the format.
            author: Who the report names as its author, such as a name and a course.
            both: Whether an HTML file has the report in every language, with a switch between them.
            appendix: Whether everything that an HTML file folds away is printed too; also in a PDF.

        Raises:
            UsageError: The ending is of no known format or has not that option, the folder does not exist,
                the file cannot be written, or what the format needs is missing: nbformat, or a browser.
        """
        from paribus.workflow.kept_report import of_file
        from paribus.workflow.report import write_report

        def write() -> Path:
            material = partial(self.material, author)
            return write_report(material, output, self.folder, both=both, appendix=appendix)

        return of_file(self, output, (author, both, appendix), write)

    def weights(self, variant: str, seed: int = 0) -> Any:
        """Return a run's network with the weights that it kept, as `VariantResults.weights` does."""
        return self[variant].weights(seed)

    def predict(
        self, x: object, *, variant: str | None = None, seed: int = 0, probabilities: bool = False
    ) -> Any:
        """Return what a run's network predicts for raw examples, as `VariantResults.predict` does.

        Args:
            x: As the data have them.
            variant: None where the study has one alone.
            seed: The run's.
            probabilities: Whether to return a DataFrame with the probability of each class.
        """
        return self[self.only_variant(variant)].predict(x, seed=seed, probabilities=probabilities)

    def only_variant(self, variant: str | None) -> str:
        """Return a variant's name, or that of the only one; an error where there are several."""
        if variant is None and len(self) > 1:
            raise UsageError("kept.which-variant", known=", ".join(self))
        return next(iter(self)) if variant is None else variant

    def card(self, variant: str | None = None, seed: int | None = None) -> str:
        """Return the model card of a run's kept weights, as Hugging Face has them: YAML, then Markdown.

        Args:
            variant: The run's; None where the study has one alone.
            seed: The run's; None for the first that was trained to its end.

        Raises:
            UsageError: Several variants could be meant, or no such run was trained to its end.
        """
        from paribus.report.card import write_card

        chosen = self[self.only_variant(variant)]
        record, found = chosen.with_weights(seed), self.diagnose().by_variant().get(chosen.variant, ())
        runs = list(chosen.records.values())
        return write_card(self.study, chosen.variant, record, runs, found, str(self.folder))

    def export(self, output: str | Path, *, variant: str | None = None, seed: int | None = None) -> Path:
        """Write every epoch and every run as tables for other programs, or a model card.

        Args:
            output: The file; its ending, ``.csv``, ``.parquet``, ``.json`` or ``.md``, says the format. The
                runs of CSV and Parquet, with settings and tests, lie beside it in ``...-runs``.
            variant: As for `card`.
            seed: As for `card`.

        Raises:
            UsageError: The ending is of no known format, the file cannot be written, or a package is missing.
        """
        from paribus.workflow.export import write

        file = as_path(output)
        if not isinstance(file, Path):
            raise wrong_argument("output", output, "file")
        return write(self.study.name, self.records, file, card=lambda: self.card(variant, seed))[0]

    def material(self, author: str = "") -> Material:
        """Everything that the report by this author is made from, in the language that is spoken."""
        from paribus.report.material import Material
        from paribus.workflow import again, confirmations, pictures

        return Material(
            self.study,
            self.records,
            self.comparisons(),
            self.looks,
            self.design_answers(),
            self.aa_test(),
            self.confirmations(),
            partial(pictures.of_study, self.study),
            again.commands(self.study, self.folder),
            author,
            confirmations.damaged(Store(self.folder)),
            comparisons_file.kept_severities(self.folder, self.basis()),
            self.rankings(),
            self.tuned(),
        )

    def __getitem__(self, variant: str) -> VariantResults:
        if variant not in tuple(self.study.variants):  # which may be asked of what has no hash
            raise unknown_variant(self.study, variant)
        return VariantResults(self.study, variant, self.records.of(variant))

    def __iter__(self) -> Iterator[str]:
        return iter(self.study.variants)

    def __len__(self) -> int:
        return len(self.study.variants)

    def blocks(self) -> Iterator[Block]:
        """Return where everything lies, the answers, and the result table with its baselines."""
        yield Paragraph(text("run.results-title", study=self.study.name, folder=opened.place(self.folder)))
        if answered := self.comparisons().answered:
            yield Lines([each.sentence for each in answered])
        yield from tables.result_blocks(self.study, self.rows)

    def __repr__(self) -> str:
        return f"Results({self.study.name!r}, {len(self.records)} runs of {len(self)} variants)"


@public
def load_results(path: str | Path) -> Results:
    """Read the results in a study's folder; trains nothing.

    Args:
        path: The study's folder, such as ``paribus-out/lab2``; an archive's file or its address.

    Raises:
        StoreError: The folder holds no study, or the archive cannot be read.
        UsageError: It is no path.

    Example:
        >>> import paribus as pb
        >>> pb.load_results("paribus-out/lab2").table  # doctest: +SKIP
    """
    folder = as_path(path)
    if not isinstance(folder, Path):
        raise wrong_argument("path", path, "folder")
    store = Store(opened_copy(str(path)) or folder)
    study, data = store.study()
    return Results(study, store.records(study, data), data, store.folder)
