"""All that a report is made from: every format renders it, none computes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from paribus.analysis import result_table as table
from paribus.analysis.causes.advice import advice
from paribus.analysis.causes.confirmation import Confirmation
from paribus.analysis.design.review import review
from paribus.analysis.finding import Finding, Severities
from paribus.analysis.questions.aa import AATest
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.designs import DesignAnswer
from paribus.analysis.questions.published import Verification, compare_with_published
from paribus.analysis.questions.ranked import Ranked
from paribus.analysis.runs.diagnosis import RunFindings, Runs, diagnose
from paribus.analysis.runs.gathering import gather_evidence
from paribus.analysis.tuning import TunedStudy
from paribus.record.folder import RESULT
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.record.run import DataUsed, Status
from paribus.report import tables
from paribus.report.axis import Axis
from paribus.report.commands import NO_COMMANDS, Commands
from paribus.report.curves import CurveInfo
from paribus.report.designs import DesignSection
from paribus.report.findings import Suggestion, suggestion
from paribus.report.folding import in_full
from paribus.report.imported import import_notes
from paribus.report.predictions import MAX_MISTAKES, Pictures
from paribus.report.provenance import environments, looks_lines, looks_summary, made
from paribus.report.questions import QuestionSection
from paribus.report.ranking import RankingSection
from paribus.report.remark import About, Remark
from paribus.report.remarks import remarks
from paribus.report.scales import Bounds, bounds_of, scale_of
from paribus.report.tiles import TileGroup, tile_groups
from paribus.report.variants import VariantSection
from paribus.study.notes import exercise_numbers
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.quantities import day

_MAX_PICTURES = 400  # in the whole report, which holds each as often as it shows it


def no_pictures(_used: DataUsed) -> Pictures:
    """Return that no images are on this machine."""
    return Pictures(None, ())


@dataclass(frozen=True, eq=False)
class Material:
    """All that a report is made from; each part is made once, when a format first asks for it.

    Args:
        study: What was asked.
        records: What has run.
        comparisons: One for each of the study's questions.
        looks: With which seeds comparisons have been shown.
        design_answers: One for each of the study's questions about factors of which anything was requested.
        aa_test: A variant compared with itself, where that was done.
        confirmations: What ablation runs say of the causes of findings.
        pictures: Gives the test images of a data set, as far as this machine has them.
        commands: Those that are offered on the study.
        author: Who wrote the study, as the report names them; empty where nobody is named.
        damaged: Files of the folder that cannot be read, so that what they have is not shown.
        kept_severities: Those of each variant's findings, where they are known already.
        rankings: The study's questions about several variants answered.
        tuned: What tuning found, and each variant at its best; None where nothing is tuned.
    """

    study: Study
    records: Records
    comparisons: Sequence[Comparison]
    looks: LookLog
    design_answers: Sequence[DesignAnswer] = ()
    aa_test: AATest | None = None
    confirmations: Sequence[Confirmation] = ()
    pictures: Callable[[DataUsed], Pictures] = no_pictures
    commands: Commands = NO_COMMANDS
    author: str = ""
    damaged: Sequence[str] = ()
    kept_severities: Severities | None = None
    rankings: Sequence[Ranked] = ()
    tuned: TunedStudy | None = None

    def notes_on(self, *about: str) -> tuple[str, ...]:
        """Return the author's notes on these, in their order.

        Args:
            about: As `paribus.study.notes.subjects` names them.
        """
        return tuple(self.study.notes[each] for each in about if each in self.study.notes)

    @property
    def exercise_notes(self) -> Mapping[str, str]:
        """The author's notes on exercises that are no single variant, by their numbers."""
        numbers = dict.fromkeys(exercise_numbers(self.study.variants).values())
        notes = self.study.notes
        return {each: notes[each] for each in numbers if each in notes and each not in self.study.variants}

    @property
    def title(self) -> str:
        """The study's title, or its name."""
        return tables.title(self.study)

    @property
    def counted(self) -> str:
        """The study's name, with how many runs, variants and seeds it has."""
        runs = text("report.count-runs", count=len(self.records))
        return " · ".join(filter(None, (self.study.name, runs, self.size)))

    @property
    def size(self) -> str:
        """How many variants have run, with how many seeds; empty where none has."""
        if not self.records:
            return ""
        variants = text("report.count-variants", count=len(self.records.variants))
        return f"{variants} × {text('report.count-seeds', count=len(self.records.seeds))}"

    @cached_property
    def date(self) -> str:
        """The day on which the last run ended; empty where none has."""
        ends = [
            (record.folder / RESULT).stat().st_mtime
            for record in self.records.values()
            if record.result and (record.folder / RESULT).exists()
        ]
        return day(datetime.fromtimestamp(max(ends)).astimezone()) if ends else ""

    @property
    def base_name(self) -> str:
        """The variant that changes nothing, or the first where each changes something."""
        names = list(self.study.variants)
        return next(
            (n for n in names if not self.variants[n].badges and not self.variants[n].parent), names[0]
        )

    @cached_property
    def tile_groups(self) -> tuple[TileGroup, ...]:
        """The variants that have run, by data set, each with the scale of its small curves."""
        return tile_groups(self.shown, self.base_name)

    def tile_axis(self, variant: str) -> Axis:
        """Return the scale of a variant's small curve; it has run."""
        return self._tile_axes[variant]

    @cached_property
    def _tile_axes(self) -> Mapping[str, Axis]:
        return {each.name: group.axis for group in self.tile_groups for each in group.variants}

    @cached_property
    def rows(self) -> tuple[table.Row, ...]:
        """The result table: a row a variant, in the study's order."""
        return table.rows(self.study, self.records)

    @property
    def rows_by_variant(self) -> Mapping[str, table.Row]:
        """The rows of the result table by their variants."""
        return {row.variant: row for row in self.rows}

    @cached_property
    def review(self) -> Sequence[Finding]:
        """What is doubtful about the design of what has run, the worst first; of all where nothing has."""
        if self.study.imported is not None:
            return ()  # its runs are over, and how they were planned is not known
        ran = [name for name in self.study.variants if self.records.of(name)]
        used = {data.name: data for data in self.records.data}
        seeds = len(self.records.seeds) or None
        return review(
            self.study, only=ran or None, seeds=seeds, data=used, records=self.records, looks=self.looks
        )

    @property
    def about_review(self) -> str:
        """What the review goes by, and what it does not know of a training of the user's own."""
        own = [each.configuration.train for each in self.study.variants.values()]
        unknown = [text("report.made-own-unknown")] if any(own) and self.study.imported is None else []
        return " ".join((text("report.about-review"), *unknown))

    @cached_property
    def published(self) -> Verification:
        """Our results beside the published figures."""
        return compare_with_published(self.study, self.records)

    @cached_property
    def evidence(self) -> Runs:
        """What is known of each run."""
        return gather_evidence(self.records)

    @cached_property
    def run_findings(self) -> RunFindings:
        """What was found about the runs."""
        return diagnose(self.study, self.evidence)

    @cached_property
    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """What was found about a variant's runs, by variant, the worst first."""
        found: dict[str, list[Finding]] = {name: [] for name in self.study.variants}
        for each in self.run_findings.findings:
            found[each.variants[0]].append(each)
        return {name: tuple(its) for name, its in found.items()}

    @cached_property
    def severities(self) -> Severities:
        """How bad each variant's findings are, the worst first; variants without findings are left out."""
        if self.kept_severities is not None:
            return self.kept_severities
        return {
            name: tuple(sorted({each.severity for each in found}, key=lambda severity: severity.rank))
            for name, found in self.findings.items()
            if found
        }

    @cached_property
    def remarks(self) -> Sequence[Remark]:
        """What there is to say of each variant and each question, and what is concluded."""
        return remarks(self.study, self.evidence, self.run_findings, self.comparisons)

    @property
    def conclusions(self) -> tuple[Remark, ...]:
        """What is concluded of each exercise and of the study."""
        return tuple(each for each in self.remarks if each.about in (About.EXERCISE, About.STUDY))

    @cached_property
    def suggestions(self) -> Sequence[Suggestion]:
        """Variants to try next."""
        found = advice(self.study, self.run_findings)
        return tuple(suggestion(each, self.study.named(each.variant)) for each in found)

    @cached_property
    def variants(self) -> Mapping[str, VariantSection]:
        """Each variant by its name, in the study's order."""
        said = {
            each.names[0]: each.without(self.findings.get(each.names[0], ()))
            for each in self.remarks
            if each.about is About.VARIANT
        }
        max_mistakes = max(2, min(MAX_MISTAKES, _MAX_PICTURES // max(1, len(self.rows))))
        return {
            row.variant: VariantSection(
                study=self.study,
                key=f"v{place}",
                row=row,
                records=tuple(self.records.of(row.variant).values()),
                findings=self.findings.get(row.variant, ()),
                remark=said.get(row.variant, ""),
                pictures=lambda used: self._pictures[used],
                max_mistakes=max_mistakes,
                bounds=lambda section: self._bounds.get(scale_of(section), {}),
            )
            for place, row in enumerate(self.rows, start=1)
        }

    @cached_property
    def _bounds(self) -> Mapping[object, Bounds]:
        return bounds_of(self.shown)

    @property
    def curves(self) -> tuple[CurveInfo, ...]:
        """The curves of each variant that has run, of those that are shown in full."""
        return tuple(each.curves for each in self.shown if each.records)

    @cached_property
    def shown(self) -> tuple[VariantSection, ...]:
        """The variants that a page shows in full."""
        return tuple(self.variants[name] for name in in_full(self.rows, self.comparisons, self.base_name))

    @cached_property
    def shown_questions(self) -> tuple[QuestionSection, ...]:
        """The questions that a page shows in full: those about variants that it shows so."""
        names = {each.name for each in self.shown}
        return tuple(
            each for each in self.questions if {each.comparison.treatment, each.comparison.reference} <= names
        )

    @property
    def folded(self) -> str:
        """What a page leaves out for want of room, in a sentence; empty where it shows all."""
        if len(self.shown) == len(self.rows):
            return ""
        shown, every = len(self.shown), len(self.rows)
        questions, asked = len(self.shown_questions), len(self.comparisons)
        return text("page.folded", shown=shown, variants=every, questions=questions, asked=asked)

    @cached_property
    def _pictures(self) -> Mapping[DataUsed, Pictures]:
        return {used: self.pictures(used) for used in self.records.data}

    @cached_property
    def questions(self) -> tuple[QuestionSection, ...]:
        """Each question, in the study's order."""
        # A pair's remark is told once, by however many metrics it is compared.
        said: dict[tuple[str, ...], str] = {}
        for each in self.remarks:
            if each.about is About.QUESTION:
                said.setdefault(each.names, each.without_comparison)
        return tuple(
            QuestionSection(
                f"q{place}",
                each,
                self.variants[each.reference],
                self.variants[each.treatment],
                said.pop((each.treatment, each.reference), ""),
            )
            for place, each in enumerate(self.comparisons, start=1)
        )

    @cached_property
    def designs(self) -> tuple[DesignSection, ...]:
        """Each question about factors that has an answer, in the study's order."""
        found = [each for each in self.design_answers if each.is_answered]
        mapped: set[tuple[str, ...]] = set()
        sections: list[DesignSection] = []
        for place, each in enumerate(found, start=1):
            names = self.study.design_of(each.question).names
            is_first = names not in mapped
            sections.append(DesignSection(f"d{place}", each, self.study, self.records, is_first=is_first))
            mapped.add(names)
        return tuple(sections)

    @cached_property
    def ranking_sections(self) -> tuple[RankingSection, ...]:
        """Each question about several variants, in the study's order."""
        return tuple(
            RankingSection(f"r{place}", each, self.study) for place, each in enumerate(self.rankings, start=1)
        )

    def section_of(self, comparison: Comparison) -> QuestionSection:
        """Return a comparison's part of the report."""
        return self._sections[id(comparison)]

    @cached_property
    def _sections(self) -> Mapping[int, QuestionSection]:
        return {id(each.comparison): each for each in self.questions}

    @property
    def statuses(self) -> Mapping[Status, int]:
        """How many runs have which status."""
        found = Counter(record.status for record in self.records.values())
        return {status: found[status] for status in Status if status in found}

    @property
    def doubtful_images(self) -> Mapping[str, str]:
        """The names of data sets that are not the official ones, by ``stand-in`` or ``unverified``."""
        used = self.records.data
        kinds = {
            "stand-in": [data.name for data in used if data.stand_in],
            "unverified": [data.name for data in used if not data.verified and not data.stand_in],
        }
        return {kind: ", ".join(dict.fromkeys(names)) for kind, names in kinds.items() if names}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to beware of: images that are not the official ones, runs that are not over or went wrong."""
        imported = import_notes(self.study)
        images = (text(f"page.banner-{kind}", names=names) for kind, names in self.doubtful_images.items())
        troubles = (Status.RUNNING, Status.INTERRUPTED, Status.FAILED, Status.DIVERGED)
        counts = self.statuses
        runs = (text(f"page.banner-{each}", count=counts[each]) for each in troubles if each in counts)
        return (*imported, *images, *runs)

    @property
    def method(self) -> tuple[str, ...]:
        """How each number was made, a sentence or two for each."""
        return made(self.study, is_reviewed=bool(self.review))

    @property
    def looks_summary(self) -> str:
        """How often comparisons were shown before this report."""
        return looks_summary(self.looks)

    @property
    def looks_lines(self) -> tuple[str, ...]:
        """When comparisons were shown, with how many seeds and new questions, each line once."""
        return looks_lines(self.looks)

    @cached_property
    def environments(self) -> tuple[Mapping[str, object], ...]:
        """Where runs were made, each once: versions, processor and more by their names."""
        return environments(self.records)
