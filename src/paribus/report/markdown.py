"""A study told in one Markdown file, with its figures in the folder ``figures`` beside it."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, zip_longest
from pathlib import Path

from paribus.analysis import result_table as table
from paribus.analysis.causes.advice import advice
from paribus.analysis.causes.confirmation import Confirmation, grouped, together
from paribus.analysis.design.review import by_code, review
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.questions import comparison as answer
from paribus.analysis.questions.aa import AATest
from paribus.analysis.questions.answering import NO_LOOKS, comparisons
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.evidence import gather_evidence
from paribus.errors import UsageError
from paribus.record import files
from paribus.record.folder import RunFolder
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.report.figures import figures
from paribus.report.figures.sheet import save
from paribus.report.remarks import About, Remark, remarks
from paribus.study.model import Question, Study
from paribus.texts import number, text, translated

FOLDER = "figures"

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
_MARKUP = re.compile(r"([\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_]))")
_HELD = ("variant", "runs", "train", "validation", "test")


def write(
    study: Study,
    records: Records,
    output: Path,
    *,
    looks: LookLog = NO_LOOKS,
    aa_test: AATest | None = None,
    confirmed: Sequence[Confirmation] = (),
) -> Path:
    """Write the report and its figures.

    Args:
        study: What was asked.
        records: What has run.
        output: The Markdown file; its folder is made, and in it the figures'.
        looks: With which seeds answers have been shown.
        control: A variant held against itself, where that was done.
        confirmed: What counter-runs say of the causes of findings.

    Raises:
        UsageError: The file cannot be written.

    Returns:
        The Markdown file.
    """
    report = _Report(study, records, output.parent, looks)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        blocks = [
            *report.opening(),
            *report.results(),
            *report.questions(),
            *([escaped(aa_test.sentence)] if aa_test else []),
            *report.conclusions(),
            *report.review(),
            *report.variants(),
            *_confirmed(confirmed),
            *report.advice(),
            *report.closing(),
        ]
        files.write(output, ("\n\n".join(blocks) + "\n").encode())
    except OSError as error:
        raise UsageError("report.not-written", file=output, reason=error.strerror or error) from error
    return output


def escaped(words: str) -> str:
    """Words as Markdown shows them, on one line: no markup, no HTML, no end of a table's cell.

    Example:
        >>> escaped("a|b <i> *c* kernel_size _d_")
        'a\\\\|b &lt;i&gt; \\\\*c\\\\* kernel_size \\\\_d\\\\_'
    """
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    return _MARKUP.sub(r"\\\1", html.escape(line, quote=False))


def fenced(words: str, language: str = "text") -> str:
    """Words as a block of code, whatever backticks they have."""
    words = words.strip("\n")
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{words}\n{fence}"


def diagnosed(findings: Iterable[Finding]) -> str:
    """Findings about runs, a line each; what to do where something is wrong.

    Args:
        findings: Of a variant.
    """
    return "\n".join(
        f"- **{escaped(each.title)}.** "
        + escaped(" ".join([each.why, each.cause and text("diagnosis.cause", cause=each.cause)]))
        + (f" *{escaped(each.remedy)}*" if each.severity is not Severity.INFO else "")
        for each in findings
    )


def reviewed(findings: Sequence[Finding]) -> list[str]:
    """Findings about a design, the worst first: a heading and a list for each severity.

    Args:
        findings: Of the review.
    """
    blocks: list[str] = []
    for severity in dict.fromkeys(each.severity for each in findings):
        blocks.append(f"### {text(f'report.review-{severity}')}")
        told = by_code([each for each in findings if each.severity is severity])
        blocks.append("\n".join(line for each in told.values() for line in _findings(each)))
    return blocks


def _confirmed(confirmed: Sequence[Confirmation]) -> list[str]:
    """What was suspected of each finding, and what came of it."""
    blocks = [f"## {text('confirm.heading-short')}"] if confirmed else []
    for (variant, _), group in grouped(confirmed).items():
        about = text("confirm.about", variant=variant, title=group[0].ablation.title)
        told = [(text(f"confirm.verdict-{each.verdict}"), f"{each.tried} {each.sentence}") for each in group]
        lines = [f"- *{escaped(verdict)}.* {escaped(words)}" for verdict, words in told]
        lines += [f"- {escaped(words)}" for words in [together(group)] if words]
        blocks += [f"**{escaped(about)}**", "\n".join(lines)]
    return blocks


@dataclass
class FileNames:
    """Names for files, made from names that people chose; no two alike, also where case does not count."""

    taken: set[str] = field(default_factory=set[str])

    def of(self, name: str) -> str:
        """A new file name, without ending.

        Args:
            name: What the file shows.

        Example:
            >>> FileNames().of("4b-l2")
            '4b-l2'
        """
        short = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:48] or "figure"
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
        usable = _PLAIN.fullmatch(name) and not name.endswith(".") and not _reserved(name)
        first = [name] if usable else []
        candidates = chain(first, (f"{short}-{digest}{'' if n == 1 else f'-{n}'}" for n in count(1)))
        chosen = next(each for each in candidates if each.casefold() not in self.taken)
        self.taken.add(chosen.casefold())
        return chosen


def _reserved(name: str) -> bool:
    """Whether Windows keeps the name for a device."""
    return re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name, re.IGNORECASE) is not None


class _Report:
    """The report's parts, each a list of blocks."""

    def __init__(self, study: Study, records: Records, folder: Path, looks: LookLog) -> None:
        self.study = study
        self.records = records
        self.folder = folder
        self.looks = looks
        self.names = FileNames()
        self.rows = {row.variant: row for row in table.rows(study, records)}
        self.answers = comparisons(study, records, looks=looks)
        runs = gather_evidence(records)
        self.diagnosed = diagnose(study, runs)
        self.remarks: dict[tuple[str, ...], Remark] = {
            (each.about, *each.names): each for each in remarks(study, runs, self.diagnosed, self.answers)
        }

    def opening(self) -> list[str]:
        """Title and data."""
        used = {record.data.sha256: record.data for record in self.records.values()}
        columns = [text(f"report.column-{name}") for name in ("data", "images", "sha256")]
        listed = [
            [
                escaped(table.label(data)),
                text("report.images", train=number(data.train, ","), test=number(data.test, ",")),
                f"`{data.sha256}`",
            ]
            for data in used.values()
        ]
        counted = text("report.counted", count=len(self.records), variants=len(self.study.variants))
        return [
            f"# {escaped(translated(self.study.title) or self.study.name)}",
            f"{text('report.study-name', name=escaped(self.study.name))} {counted}",
            f"## {text('report.heading-data')}",
            *([_table(columns, listed)] if listed else []),
            *(text(f"report.about-{kind}", names=names) for kind, names in doubted(self.records.values())),
        ]

    def results(self) -> list[str]:
        """The result table and the study at a glance."""
        rows = tuple(self.rows.values())
        cells = [[escaped(cell) for cell in table.cells(row)] for row in rows]
        blocks = [f"## {text('report.heading-results')}", _table(table.headings(), cells)]
        if notes := table.notes(rows):
            blocks.append("\n".join(f"- {escaped(note)}" for note in notes))
        if self.records:
            figure = figures.overview_figure(self.study, self.records)
            blocks.append(self._shown(save(figure, self._stem("overview")), text("report.heading-overview")))
        return blocks

    def questions(self) -> list[str]:
        """The answers as a table, then each question with its answer and its variants overlaid."""
        found = [each for each in self.answers if self._has_run(each.question)]
        if not found:
            return []
        rows = [[escaped(cell) for cell in each.cells] for each in found]
        blocks = [f"## {text('report.heading-questions')}", text("comparison.about")]
        blocks.append(_table([escaped(heading) for heading in answer.headings()], rows))
        if any(each.confounded_by for each in found):
            blocks.append(escaped(text("comparison.note-confounded")))
        for each in found:
            question = each.question
            title = text("report.question", treatment=question.treatment, reference=question.reference)
            heading = f"{translated(question.ask)} ({title})" if question.ask else title
            figure = figures.overlay_figure(
                self.study, (question.reference, question.treatment), self.records, title=heading
            )
            held = [self.rows[name] for name in (question.reference, question.treatment)]
            cells = [[escaped(cell) for cell in _chosen(row, _HELD)] for row in held]
            headings = [text(f"report.column-{name}") for name in _HELD]
            stem = self._stem(f"{question.treatment}-against-{question.reference}")
            blocks += [
                f"### {escaped(heading)}",
                f"**{escaped(each.sentence)}**",
                self._shown(save(figure, stem), heading),
                _table(headings, cells),
                *(["\n".join(f"- {escaped(note)}" for note in each.notes)] if each.notes else []),
                *self._remarked(About.QUESTION, question.treatment, question.reference),
            ]
        return blocks

    def conclusions(self) -> list[str]:
        """What is concluded of each exercise and of the study."""
        found = [each for each in self.remarks.values() if each.about in (About.EXERCISE, About.STUDY)]
        if not found:
            return []
        told = [f"- **{escaped(each.heading)}.** {escaped(str(each))}" for each in found]
        return [f"## {text('remarks.heading-conclusions')}", "\n".join(told)]

    def advice(self) -> list[str]:
        """What to try next, as YAML to be pasted."""
        given = advice(self.study, self.diagnosed)
        blocks = [f"## {text('advice.heading')}"] if given else []
        for each in given:
            about = text("advice.about", variant=each.variant, title=each.finding.title)
            blocks.append(f"**{escaped(about)}.** {escaped(f'{each.do} {each.keep} {each.expect}')}")
            blocks.append(fenced(each.yaml))
        return blocks

    def _remarked(self, *about: str) -> list[str]:
        """A remark as a paragraph, where there is one."""
        words = self.remarks[about].beside if about in self.remarks else ""
        return [escaped(words)] if words else []

    def _diagnosed(self, variant: str) -> list[str]:
        """A variant's findings, a line each; what to do where something is wrong."""
        found = [each for each in self.diagnosed.findings if each.variants[0] == variant]
        return [diagnosed(found)] if found else []

    def review(self) -> list[str]:
        """What is doubtful about the design of what has run, the worst first; of all where nothing has."""
        used = {record.data.name: record.data for record in self.records.values()}
        only = [name for name, row in self.rows.items() if row.data] or None
        seeds = len(self.records.seeds) or None
        found = review(self.study, only=only, seeds=seeds, data=used, records=self.records)
        blocks = [f"## {text('report.heading-review')}", text("report.about-review")] if found else []
        return [*blocks, *reviewed(found)]

    def variants(self) -> list[str]:
        """Each variant: what it changes, its runs, its curves and its network."""
        blocks = [f"## {text('report.heading-variants')}"]
        for name, row in self.rows.items():
            blocks.append(f"### {escaped(text('report.figure-variant', variant=name))}")
            blocks.append(escaped(row.changes[:1].upper() + row.changes[1:]))
            runs = list(self.records.of(name).values())
            if not runs:
                blocks.append(text("report.not-run"))
                continue
            headings = [text(f"report.column-{column}") for column in table.RUN_COLUMNS]
            blocks.append(_table(headings, [table.run_cells(record) for record in runs]))
            blocks += [
                escaped(text("report.cause", seed=record.spec.seed, cause=record.result.message))
                for record in runs
                if record.result and record.result.message
            ]
            figure = figures.variant_figure(self.study, name, runs)
            alt = text("report.figure-variant", variant=name)
            blocks.append(self._shown(save(figure, self._stem(name)), alt))
            blocks += [*self._remarked(About.VARIANT, name), *self._diagnosed(name)]
            summary = next((run.result.summary for run in runs if run.result and run.result.summary), "")
            if summary:
                blocks.append(fenced(summary))
        return blocks

    def closing(self) -> list[str]:
        """How each number was made, and on what."""
        made = ("train", "validation", "test", "loss", "seeds", "figures")
        blocks = [
            f"## {text('report.heading-made')}",
            "\n".join(f"- {text(f'report.made-{part}')}" for part in made),
        ]
        environments = dict.fromkeys(
            json.dumps(found, sort_keys=True)
            for record in self.records.values()
            if (found := RunFolder(record.folder).environment())
        )
        if environments:
            blocks.append(f"## {text('report.heading-environment')}")
            blocks += [fenced("\n".join(_told(json.loads(each)))) for each in environments]
        return blocks

    def _has_run(self, question: Question) -> bool:
        return all(self.rows[name].data for name in (question.treatment, question.reference))

    def _stem(self, name: str) -> Path:
        return self.folder / FOLDER / self.names.of(name)

    def _shown(self, saved: tuple[Path, Path], alternative: str) -> str:
        png, svg = saved
        drawn = text("report.as-svg", path=f"{FOLDER}/{svg.name}")
        return f"![{escaped(alternative)}]({FOLDER}/{png.name})\n\n{drawn}"


def _findings(findings: Sequence[Finding]) -> list[str]:
    """The findings of one code: its title, and a line each; a remedy that they share stands once."""
    lines = [f"- **{escaped(findings[0].title)}**"]
    for finding, after in zip_longest(findings, findings[1:]):
        shared = after is not None and after.remedy == finding.remedy
        lines.append(f"  - {escaped(finding.why)}{'' if shared else f' *{escaped(finding.remedy)}*'}")
    return lines


def doubted(records: Iterable[RunRecord]) -> list[tuple[str, str]]:
    """Why images are not the official ones, and the names of those of which it is true.

    Args:
        records: The runs that were made with them.
    """
    used = [record.data for record in records]
    kinds = {
        "stand-in": [data.name for data in used if data.stand_in],
        "unverified": [data.name for data in used if not data.verified and not data.stand_in],
    }
    return [(kind, escaped(", ".join(dict.fromkeys(names)))) for kind, names in kinds.items() if names]


def _chosen(row: table.Row, columns: Sequence[str]) -> list[str]:
    cells: dict[str, str] = dict(zip(table.COLUMNS, table.cells(row), strict=True))
    return [cells[column] for column in columns]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _told(tree: dict[str, object], before: str = "") -> list[str]:
    """A tree of plain values, a line a leaf."""
    lines: list[str] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += _told(value, f"{before}{key}.")
        else:
            lines.append(f"{before}{key}: {value}")
    return lines
