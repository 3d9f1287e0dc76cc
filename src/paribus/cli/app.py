"""The commands of `paribus`."""

from __future__ import annotations

import shlex
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paribus import __version__
from paribus.cli import archives, data, options, shards, teaching
from paribus.cli.printing import print_json
from paribus.cli.signals import resumable
from paribus.live import HOST, PORT
from paribus.texts import text

if TYPE_CHECKING:
    from paribus.workflow.folders import FoundResults
    from paribus.workflow.request import Request
    from paribus.workflow.results import Results

app = typer.Typer(
    help=text("cli.help"),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data", help=text("cli.data.help"))


def _find(source: str, embedded: bool = False) -> Path:
    """Return the folder of a study's results; say which, where there are two."""
    from paribus.workflow.folders import find_results

    return _chosen(find_results(source, embedded=embedded))


def _chosen(found: FoundResults) -> Path:
    if found.choice is not None:
        from paribus.cli import tables

        tables.say(tables.console(stderr=True), str(found.choice))
    return found.folder


def _read(source: str, embedded: bool) -> Results:
    from paribus.workflow.results import load_results

    return load_results(_find(source, embedded))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"paribus {__version__}")
        raise typer.Exit


@app.callback()
def paribus(
    _version: Annotated[
        bool, typer.Option("--version", help=text("cli.version.help"), callback=_version, is_eager=True)
    ] = False,
    _lang: options.Lang = None,
    _no_python: options.NoPython = False,
) -> None:
    """Options of the program itself."""


@app.command(help=text("new.help"), epilog=text("new.example"))
def new(name: options.Name, origin: options.From = None) -> None:
    """Write a study to start from."""
    from paribus.cli.new import show_next
    from paribus.workflow.new_study import new_study

    show_next(new_study(name, origin))


@app.command(help=text("cli.run.help"), epilog=text("cli.run.example"))
@options.for_request(
    *options.TRAINED, "until_decided", "max_seeds", "aa", "log", "on", "ray_address", "shard"
)
def run(study: options.Study, request: Request, live: options.Live = False) -> None:
    """Train what is missing, show progress, print the result table."""
    from paribus.cli import report, review, tables
    from paribus.cli.live import in_background
    from paribus.workflow.review import review_training
    from paribus.workflow.run import all_ended, prepare, train

    training = prepare(study, request)
    console = tables.console(stderr=True)
    for used in training.data.values():
        tables.say(console, tables.data_line(used, training.study.facts[used.name]))
    if not request.aa:
        review.show_briefly(console, review_training(training), study)
    folder = training.store.folder
    with in_background(folder) if live else nullcontext():
        with resumable(folder):
            results = train(training)
        if training.sharded is not None:
            shards.show_trained(tables.console(), training, training.sharded)
        else:
            report.show(tables.console(), results)
        for line in results.decision.lines if results.decision else ():
            tables.say(tables.console(), line)
    if not all_ended(training, results):
        raise typer.Exit(1)


@app.command(help=text("cli.plan.help"), epilog=text("cli.plan.example"))
@options.for_request(*options.TRAINED, "shard")
def plan(
    study: options.Study,
    request: Request,
    on: options.OnWorkers = None,
    power: options.Power = False,
    as_json: options.Json = False,
) -> None:
    """Show what would run, what each variant changes, and how long it takes."""
    from paribus.workflow.planned import planned

    found = planned(study, request, power=power, on=on)
    if as_json:
        print_json(found.tree)
    else:
        from paribus.cli import onward, tables

        tables.show_plan(tables.console(), found)
        if found.missing or (found.tuning is not None and found.tuning.missing):
            useful = [onward.called(name, study, request) for name in ("review", "run")]
        else:
            useful = [f"paribus show {shlex.quote(str(found.training.store.folder))}"]
        onward.say_next(tables.console(), useful)


shards.add_to(app)


@app.command(help=text("cli.review.help"), epilog=text("cli.review.example"))
@options.for_request("only", "seeds", "data_dir", "embedded", "out")
def review(
    study: options.Study, request: Request, details: options.AllDetails = False, as_json: options.Json = False
) -> None:
    """Show what is doubtful about a study's design, before anything is spent."""
    from paribus.workflow.review import review_design

    if as_json:
        print_json(lambda: review_design(study, request).tree())
        return
    from paribus.cli import onward, tables
    from paribus.cli import review as shown

    found = review_design(study, request)
    shown.show(tables.console(), found, whole=details)
    onward.say_next(tables.console(), onward.after_review(study, found, request, whole=details))


@app.command(help=text("cli.diagnose.help"), epilog=text("cli.diagnose.example"))
def diagnose(
    study: options.StudyOrFolder,
    embedded: options.Embedded = False,
    details: options.AllDetails = False,
    as_json: options.Json = False,
) -> None:
    """Show what went on in a study's runs."""
    results = _read(study, embedded)
    if as_json:
        print_json(lambda: results.diagnose().tree())
        return
    from paribus.cli import diagnosis as shown
    from paribus.cli import onward, tables
    from paribus.workflow.again import commands

    found = results.diagnose()
    shown.show(tables.console(), found, notes=details)
    on_study = commands(results.study, results.folder)
    onward.say_next(tables.console(), onward.after_diagnosis(on_study, found, whole=details))


@app.command(help=text("confirm.help"), epilog=text("confirm.example"))
@options.for_request(
    "only", "seeds", "workers", "threads", "data_dir", "embedded", "out", "on", "ray_address"
)
def confirm(
    study: options.Study,
    request: Request,
    finding: options.Finding = None,
    details: options.AllDetails = False,
    as_json: options.Json = False,
) -> None:
    """Put the causes of findings to the test by runs that lack them."""
    from paribus.cli import confirmations, onward, tables
    from paribus.workflow.again import commands
    from paribus.workflow.confirm import failed, prepare_confirm, train_confirm

    suspected = prepare_confirm(study, request, finding)
    _chosen(suspected.found)
    with resumable(suspected.store.folder):
        found = train_confirm(suspected)
    if as_json:
        print_json(found.tree)
    else:
        confirmations.show(tables.console(), found, whole=details)
        again = onward.called("confirm", study, request, *(["--finding", finding] if finding else []))
        further = commands(suspected.study, suspected.store.folder)
        onward.say_next(
            tables.console(), onward.after_confirm(further, found, "" if details else f"{again} --details")
        )
    if failed(suspected):
        raise typer.Exit(1)


@app.command(name="import", help=text("imported.help"), epilog=text("imported.example"))
def import_(
    source: options.Imported,
    mapping: options.ImportMap = None,
    reference: options.ImportReference = "",
    experiment: options.Experiment = "",
    out: options.Out = None,
) -> None:
    """Read results that were made elsewhere, and write them as a study's folder."""
    from paribus.cli import importing, tables
    from paribus.workflow.importing import write_import

    written = write_import(source, mapping=mapping, reference=reference, experiment=experiment, out=out)
    importing.show(tables.console(), written)


@app.command(cls=options.WithDetails, help=text("cli.show.help"), epilog=text("cli.show.example"))
def show(
    study: options.StudyOrFolder,
    embedded: options.Embedded = False,
    details: options.Details = None,
    as_json: options.Json = False,
) -> None:
    """Show what a study found on one screen, and more where it is asked for."""
    results = _read(study, embedded)
    if as_json:
        from paribus.workflow.show_json import show_tree

        print_json(lambda: show_tree(results))
        return
    from paribus.cli import report, tables

    sections = () if details is None else report.sections_named(details)
    report.show(tables.console(), results, sections)


@app.command(help=text("verify.help"), epilog=text("verify.example"))
def verify(
    study: options.StudyOrFolder,
    embedded: options.Embedded = False,
    details: options.AllDetails = False,
    as_json: options.Json = False,
) -> None:
    """Compare a study's results with the figures that it carries as published."""
    results = _read(study, embedded)
    verification = results.verify()
    if as_json:
        from paribus.workflow.show_json import verify_tree

        print_json(lambda: verify_tree(verification))
    else:
        from paribus.cli import onward, published, tables
        from paribus.workflow.again import commands

        published.show(tables.console(), verification, whole=details)
        further = commands(results.study, results.folder)
        onward.say_next(tables.console(), onward.after_verify(further, verification, whole=details))
    if verification.differs:
        raise typer.Exit(1)


app.command(help=text("archive.pack-help"), epilog=text("archive.pack-example"))(archives.pack)
app.command(help=text("archive.unpack-help"), epilog=text("archive.unpack-example"))(archives.unpack)
app.command(help=text("diff.help"), epilog=text("diff.example"))(archives.diff)
app.command(help=text("gc.help"), epilog=text("gc.example"))(archives.gc)
app.command(help=text("check.help"), epilog=text("check.example"))(teaching.check)
app.command(help=text("sheet.help"), epilog=text("sheet.example"))(teaching.sheet)


@app.command(help=text("cli.report.help"), epilog=text("cli.report.example"))
def report(
    studies: options.StudiesOrFolders,
    format_: options.Format = options.ReportFormat.HTML,
    output: options.Output = None,
    embedded: options.Embedded = False,
    author: options.Author = "",
    both: options.Both = False,
    appendix: options.Appendix = False,
) -> None:
    """Write a study's report, or one of several."""
    from paribus.workflow.combine import combine
    from paribus.workflow.report import default_report

    each = [_read(study, embedded) for study in studies]
    results = each[0] if len(each) == 1 else combine(*each)
    here = (
        Path(f"combined.{format_.value}") if len(each) > 1 else default_report(each[0].folder, format_.value)
    )
    written = results.report(output or here, author=author, both=both, appendix=appendix)
    sys.stdout.write(f"{text('cli.report.written', file=written)}\n")


@app.command(help=text("export.help"), epilog=text("export.example"))
def export(
    study: options.StudyOrFolder,
    format_: options.ExportAs = options.ExportFormat.CSV,
    out: options.ExportOut = None,
    runs: options.ExportRuns = False,
    variant: options.ExportVariant = None,
    seed: options.ExportSeed = None,
    embedded: options.Embedded = False,
) -> None:
    """Write results for other programs, or send them to a tracker."""
    from paribus.cli.export import export_results

    export_results(_find(study, embedded), format_.value, out, runs=runs, variant=variant, seed=seed)


@app.command(help=text("live.help"), epilog=text("live.example"))
def serve(folder: options.ServedFolder, host: options.Host = HOST, port: options.Port = PORT) -> None:
    """Show studies on a page that follows their training."""
    from paribus.cli import live

    live.serve(Path(folder) if Path(folder).is_dir() else _find(folder), host, port)


app.command(help=text("cli.keras.help"), epilog=text("cli.keras.example"))(teaching.keras)


@app.command(help=text("cli.doctor.help"), epilog=text("cli.doctor.example"))
def doctor(folder: options.DoctorFolder = None, data_dir: options.DataDir = None) -> None:
    """Check this machine, or a study's folder."""
    from paribus.cli import tables
    from paribus.workflow.doctor import examine, examine_folder

    checks = examine_folder(_find(folder)) if folder else examine(data_dir)
    tables.show_checks(tables.console(), checks)
    if not all(check.holds for check in checks):
        raise typer.Exit(1)


@app.command(name="help", help=text("reference.help.help"), epilog=text("reference.help.example"))
def help_(
    context: typer.Context,
    topic: options.Topic = None,
    key: options.Key = None,
    markdown: options.Markdown = False,
) -> None:
    """Explain a command, the keys of a study file, or the terms of statistics."""
    from paribus.cli.reference import show_command_help, show_markdown, show_study_help, show_terms

    if markdown:
        show_markdown(context, topic, key)
    elif topic == "study":
        show_study_help(key)
    elif topic == "terms":
        show_terms(alone=key is None)
    else:
        show_command_help(context, topic, alone=key is None)


@app.command(help=text("reference.schema.help"), epilog=text("reference.schema.example"))
def schema(output: options.SchemaFile = None) -> None:
    """Print the JSON Schema of study files."""
    from paribus.cli.reference import write_schema

    write_schema(output)
