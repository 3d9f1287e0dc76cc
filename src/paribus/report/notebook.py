"""A study told as a notebook, exercise by exercise, that runs from top to bottom."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from paribus.analysis import result_table as table
from paribus.analysis.questions.comparison import Comparison
from paribus.errors import UsageError
from paribus.record import files
from paribus.record.reported import Reported, reported
from paribus.record.run import RunRecord
from paribus.record.store import STUDY
from paribus.report import notebook_html as inline
from paribus.report.figures import figures
from paribus.report.figures.sheet import as_png
from paribus.report.keras_script import script
from paribus.report.markdown import diagnosed, doubted, escaped, fenced, reviewed
from paribus.report.material import Material, Passage
from paribus.report.source import comment, literal, tree
from paribus.study.reader import builtin_names, load
from paribus.study.to_dict import same_meaning, to_dict
from paribus.texts import LANGUAGES, VARIABLE, current_language, number, text, translated
from paribus.texts.printable import as_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def check_installed() -> None:
    """Make sure that notebooks can be written.

    Raises:
        UsageError: nbformat is not installed.
    """
    if find_spec("nbformat") is None:
        raise UsageError("notebook.no-extra")


def write(material: Material, output: Path, folder: Path) -> Path:
    """Write the notebook.

    Args:
        material: What it is made from.
        output: The file; its folder is made.
        folder: The study's, which the notebook looks for from where it lies.

    Raises:
        UsageError: nbformat is not installed, or the file cannot be written.
    """
    check_installed()
    import nbformat

    telling = _Telling(material, _way(output.parent, folder))
    cells = list(telling.cells())
    for place, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{place}"  # nbformat's own are random
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    book: Any = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(book)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        files.write(output, (nbformat.writes(book) + "\n").encode())
    except OSError as error:
        raise UsageError("report.not-written", file=output, reason=error.strerror or error) from error
    return output


def _way(start: Path, folder: Path) -> str:
    """The folder as seen from another, with slashes."""
    try:
        return Path(os.path.relpath(folder, start)).as_posix()
    except ValueError:  # on Windows, on another drive
        return folder.resolve().as_posix()


@dataclass(frozen=True)
class Exercise:
    """Variants that are told together, with the questions that they answer.

    Args:
        heading: Of the section.
        variants: Their names.
        questions: Those whose later variant is one of these.
        conclusion: What is concluded of it; None where nothing is.
    """

    heading: str
    variants: tuple[str, ...]
    questions: tuple[Comparison, ...] = ()
    conclusion: Passage | None = None


def exercises(material: Material) -> tuple[Exercise, ...]:
    """The study's parts: by the numbers that the variants' names begin with, if all do, else a variant each.

    Args:
        material: What the notebook is made from.
    """
    names = list(material.study.variants)
    numbers = [match.group() for name in names if (match := re.match(r"\d+", name))]
    numbered = len(numbers) == len(names) > len(set(numbers))
    keys = dict(zip(names, numbers if numbered else names, strict=True))
    concluded = {each.exercise: each for each in material.closing if each.exercise}
    asked: dict[str, list[Comparison]] = {key: [] for key in keys.values()}
    for each in material.comparisons:
        if each.seeds:
            asked[keys[max(each.treatment, each.reference, key=names.index)]].append(each)
    heading = "remarks.about-exercise" if numbered else "report.figure-variant"
    return tuple(
        Exercise(
            text(heading, first=key, variant=key),
            tuple(name for name in names if keys[name] == key),
            tuple(asked[key]),
            concluded.get(key) if numbered else None,
        )
        for key in dict.fromkeys(keys.values())
    )


@dataclass
class _Telling:
    """The notebook's cells, section by section."""

    material: Material
    way: str
    rows: Mapping[str, table.Row] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = {row.variant: row for row in table.rows(self.material.study, self.material.records)}

    def cells(self) -> Iterator[dict[str, Any]]:
        yield from self.opening()
        for exercise in exercises(self.material):
            yield from self.exercise(exercise)
        yield from self.closing()
        yield from self.again()
        made = ("train", "validation", "test", "loss", "seeds", "figures")
        listed = "\n".join(f"- {text(f'report.made-{part}')}" for part in made)
        yield _words(f"## {text('report.heading-made')}", listed)

    def opening(self) -> Iterator[dict[str, Any]]:
        """Title, data, the study itself and what is doubtful about it."""
        study, records = self.material.study, self.material.records
        counted = text("report.counted", count=len(records), variants=len(study.variants))
        yield _words(
            f"# {escaped(translated(study.title) or study.name)}",
            f"{text('report.study-name', name=escaped(study.name))} {counted}",
            *(text(f"report.about-{kind}", names=names) for kind, names in doubted(records.values())),
            text("notebook.intro"),
        )
        yield _code(self.beginning(), as_html(study.blocks()))
        if self.material.review:
            about = text("report.about-review")
            yield _words(f"## {text('report.heading-review')}", about, *reviewed(self.material.review))

    def beginning(self) -> str:
        """The cell that names the study and says where everything is."""
        stand_in = any(record.data.stand_in for record in self.material.records.values())
        spoken = [f'os.environ["{VARIABLE}"] = {literal(current_language())}', ""]
        foreign = current_language() != LANGUAGES[0]
        return "\n".join(
            [
                *(["import os"] if foreign else []),
                "from pathlib import Path",
                "",
                "import paribus as pb",
                "",
                *(spoken if foreign else []),
                comment(text("notebook.code-images")),
                f'images = {{"embedded": {stand_in}, "data_dir": None}}',
                comment(text("notebook.code-beside")),
                f"beside = Path({literal(self.way)})",
                f'where = {{"out": beside if (beside / {literal(STUDY)}).exists() else None, **images}}',
                "",
                self.study_as_code(),
                "study",
            ]
        )

    def study_as_code(self) -> str:
        study = self.material.study
        if study.name in builtin_names() and same_meaning(load(study.name), study):
            return f"study = pb.load({literal(study.name)})"
        return f"study = pb.Study(**{tree(to_dict(study), before=17)})"

    def exercise(self, exercise: Exercise) -> Iterator[dict[str, Any]]:
        """The variants of an exercise, the answers to its questions, and what is concluded."""
        yield _words(f"## {escaped(exercise.heading)}")
        for name in exercise.variants:
            yield from self.variant(name, exercise.heading)
        for answer in exercise.questions:
            yield from self.question(answer)
        if exercise.conclusion is not None:
            told = exercise.conclusion
            yield _words(f"**{text('remarks.heading-conclusions')}.** {escaped(told.words)}")

    def variant(self, name: str, above: str) -> Iterator[dict[str, Any]]:
        """A variant: what it changes, its runs, its curves, what was found, and it in Keras."""
        row = self.rows[name]
        records = self.runs(name)
        heading = text("report.figure-variant", variant=name)
        title = [f"### {escaped(heading)}"] if heading != above else []
        changes = escaped(row.changes[:1].upper() + row.changes[1:])
        yield _words(*title, changes, *([] if records else [text("report.not-run")]))
        if records:
            seeds = max(record.spec.seed for record in records) + 1
            run = f"results = pb.run(study, only=[{literal(name)}], seeds={seeds}, **where)"
            yield _code(f"{run}\nresults[{literal(name)}]", inline.variant(row, records))
            if any(record.history for record in records):
                figure = figures.variant_figure(self.material.study, name, records)
                yield _figure(f"results[{literal(name)}].plot()", figure)
            remark, findings = self.material.remarks.get(name, ""), self.material.findings.get(name, ())
            if remark or findings:
                yield _words(*([escaped(remark)] if remark else []), diagnosed(findings))
        yield _words(*self.keras(name))

    def keras(self, name: str) -> list[str]:
        try:
            source = script(self.material.study, name)
        except UsageError as error:
            return [escaped(str(error))]
        summary = f"<summary>{text('notebook.keras')}</summary>"
        return [f"<details>{summary}", fenced(source, "python"), "</details>"]

    def question(self, answer: Comparison) -> Iterator[dict[str, Any]]:
        """A question, its answer, both variants overlaid, and what there is to say beside it."""
        names = (answer.treatment, answer.reference)
        title = text("report.question", treatment=names[0], reference=names[1])
        asked = translated(answer.question.ask)
        yield _words(f"### {escaped(f'{asked} ({title})' if asked else title)}")
        metric = "" if answer.metric == "test_accuracy" else f", {literal(answer.metric)}"
        told = answer._repr_html_()  # pyright: ignore[reportPrivateUsage]  # as Jupyter does
        yield _code(f"results.compare({literal(names[0])}, {literal(names[1])}{metric})", told, repr(answer))
        figure = figures.overlay_figure(self.material.study, names[::-1], self.material.records)
        yield _figure(f"results.plot({literal(names[1])}, {literal(names[0])})", figure)
        if beside := self.material.conclusions.get(names, ""):
            yield _words(escaped(beside))

    def closing(self) -> Iterator[dict[str, Any]]:
        """The study as a whole: its table, its figure, what is concluded and what to try next."""
        if not self.material.records:
            return
        yield _words(f"## {text('report.heading-results')}")
        yield _code("results", inline.result_table(list(self.rows.values())))
        if any(record.history for record in self.material.records.values()):
            figure = figures.overview_figure(self.material.study, self.material.records)
            yield _figure("results.plot()", figure)
        told = [each for each in self.material.closing if not each.exercise]
        if told:
            lines = [f"**{escaped(each.heading)}.** {escaped(each.words)}" for each in told]
            yield _words(f"## {text('remarks.heading-conclusions')}", *lines)
        if self.material.advice:
            tried = [
                part
                for each in self.material.advice
                for part in (
                    f"**{escaped(each.heading)}.** {escaped(each.words)}",
                    *([fenced(each.code, "yaml")] if each.code else []),
                )
            ]
            yield _words(f"## {text('advice.heading')}", *tried)

    def again(self) -> Iterator[dict[str, Any]]:
        """The cell that trains one run again and checks it."""
        heading = f"## {text('notebook.heading-again')}"
        chosen = self.chosen()
        if chosen is None:
            yield _words(heading, text("notebook.nothing-again"))
            return
        run, record = chosen
        yield _words(
            heading,
            text(
                "notebook.again",
                variant=escaped(run.variant),
                seed=run.seed,
                seconds=number(record.seconds, ".1f"),
                processor=escaped(run.machine.get("processor", "")),
                jax=escaped(run.machine.get("jax", "")),
                tolerance=run.tolerance,
                images=record.data.test,
            ),
        )
        yield _code(
            f"reported = {tree(run.model_dump(mode='json'), before=11)}\n"
            "again = pb.rerun(study, reported, **images)\n"
            "assert again.holds, again\n"
            "again"
        )

    def chosen(self) -> tuple[Reported, RunRecord] | None:
        """Of the runs that test no worse than half of all, the one that took least time."""
        found = [
            (run, record)
            for (name, _), record in self.material.records.items()
            if (run := reported(name, record, self.material.study.margin)) is not None
        ]
        half = median(run.test_accuracy for run, _ in found) if found else 0.0
        good = [each for each in found if each[0].test_accuracy >= half]  # what learns nothing shows little
        return min(good, key=lambda each: each[1].seconds, default=None)

    def runs(self, name: str) -> list[RunRecord]:
        return list(self.material.records.of(name).values())


def _words(*blocks: str) -> dict[str, Any]:
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell("\n\n".join(block for block in blocks if block))


def _code(source: str, shown: str = "", plain: str = "") -> dict[str, Any]:
    """A cell of code with what it shows as HTML."""
    return _cell(source, {"text/html": shown, "text/plain": plain or text("notebook.html")} if shown else {})


def _figure(source: str, figure: Figure) -> dict[str, Any]:
    """A cell of code that ends in a figure."""
    image = base64.b64encode(as_png(figure)).decode()
    return _cell(source, {"image/png": image, "text/plain": text("notebook.figure")})


def _cell(source: str, shown: Mapping[str, str]) -> dict[str, Any]:
    from nbformat.v4 import new_code_cell, new_output

    outputs: Sequence[object] = [new_output("execute_result", data=dict(shown))] if shown else []
    return new_code_cell(source, outputs=outputs)
