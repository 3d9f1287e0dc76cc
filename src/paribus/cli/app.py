"""The commands of `paribus`."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import Annotated

import typer

from paribus.cli import data, options
from paribus.cli.json_output import print_json
from paribus.live import HOST, PORT
from paribus.texts import text

app = typer.Typer(
    help=text("cli.help"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data", help=text("cli.data.help"))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"paribus {version('paribus')}")
        raise typer.Exit


@app.callback()
def paribus(
    _version: Annotated[
        bool, typer.Option("--version", help=text("cli.version.help"), callback=_version, is_eager=True)
    ] = False,
    _lang: options.Lang = None,
) -> None:
    """Options of the program itself."""


@app.command(help=text("cli.run.help"), epilog=text("cli.run.example"))
def run(
    study: options.Study,
    *,
    only: options.Only = None,
    seeds: options.Seeds = None,
    workers: options.Workers = None,
    data_dir: options.DataDir = None,
    embedded: options.Embedded = False,
    out: options.Out = None,
    updates: options.Updates = options.UpdatesWay.AUTO,
    until_decided: options.UntilDecided = False,
    most_seeds: options.MostSeeds = None,
    aa: options.AA = False,
    live: options.Live = False,
) -> None:
    """Train what is missing, show progress, print the result table."""
    from paribus.cli import report, review, tables
    from paribus.cli.signals import Stopped
    from paribus.record.run import Status
    from paribus.workflow import aa as aa_test
    from paribus.workflow import add_seeds as deciding
    from paribus.workflow.review import of_prepared
    from paribus.workflow.run import Request, display_for, prepare, train

    options.check_together(
        until_decided=until_decided, most_seeds=most_seeds, aa=aa, seeds=seeds is not None, only=bool(only)
    )
    request = Request(options.names(only), seeds, workers, data_dir, embedded, out, updates.value)
    prepared = aa_test.prepare_aa(study, request) if aa else prepare(study, request)
    aims = deciding.aims(prepared, request, most_seeds) if until_decided else None
    console = tables.console(stderr=True)
    for used in prepared.data.values():
        tables.say(console, tables.data_line(used))
    if not aa:
        spent = replace(request, seeds=aims.most) if aims else request
        review.show_briefly(console, of_prepared(prepared, spent), study)
    shown = partial(display_for, workers=workers)
    planned, lines = prepared.plan, ()
    page: AbstractContextManager[None] = nullcontext()
    if live:
        from paribus.cli.live import beside

        page = beside(prepared.store.folder)
    with page:
        try:
            if aims is not None:
                decided = deciding.until_decided(prepared, request, aims, shown)
                results, planned, lines = decided.results, decided.plan, decided.lines
            elif aa:
                results = aa_test.train_aa(prepared, request, shown(planned))
            else:
                results = train(prepared, request, shown(planned))
        except Stopped as stopped:
            stopped.told = text("cli.interrupted", folder=prepared.store.folder)
            raise
        report.show(tables.console(), results)
        for line in lines:
            tables.say(tables.console(), line)
    asked = {run.spec.digest for run in planned.runs}
    good = (Status.FINISHED, Status.EARLY_STOPPED)
    trained = {record.spec.digest for record in results.records.values() if record.status in good}
    if not asked <= trained:
        raise typer.Exit(1)


@app.command(help=text("cli.plan.help"), epilog=text("cli.plan.example"))
def plan(
    study: options.Study,
    only: options.Only = None,
    seeds: options.Seeds = None,
    workers: options.Workers = None,
    data_dir: options.DataDir = None,
    embedded: options.Embedded = False,
    out: options.Out = None,
    updates: options.Updates = options.UpdatesWay.AUTO,
    as_json: options.Json = False,
) -> None:
    """Show what would run, what each variant changes, and how long it takes."""
    from paribus.cli import tables
    from paribus.workflow.plan_json import time_of, tree
    from paribus.workflow.run import Request, prepare

    request = Request(options.names(only), seeds, workers, data_dir, embedded, out, updates.value)
    prepared = prepare(study, request, needs_images=False)
    taken = time_of(prepared, workers, lambda line: tables.say(tables.console(stderr=True), line))
    if as_json:
        print_json(lambda: tree(prepared, taken))
        return
    tables.show_plan(tables.console(), prepared, taken)


@app.command(help=text("cli.review.help"), epilog=text("cli.review.example"))
def review(
    study: options.Study,
    as_json: options.Json = False,
    only: options.Only = None,
    seeds: options.Seeds = None,
    data_dir: options.DataDir = None,
    embedded: options.Embedded = False,
    out: options.Out = None,
) -> None:
    """Tell what is doubtful about a study's design, before anything is spent."""
    from paribus.workflow.review import review as examine

    found = partial(
        examine, study, only=options.names(only), seeds=seeds, data_dir=data_dir, embedded=embedded, out=out
    )
    if as_json:
        print_json(lambda: found().tree())
        return
    from paribus.cli import review as shown
    from paribus.cli import tables

    shown.show(tables.console(), found())


@app.command(help=text("cli.diagnose.help"), epilog=text("cli.diagnose.example"))
def diagnose(
    study: options.StudyOrFolder,
    embedded: options.Embedded = False,
    as_json: options.Json = False,
) -> None:
    """Tell what went on in a study's runs."""
    from paribus.workflow.results import Results
    from paribus.workflow.run import results_folder

    results = Results.read(results_folder(study, embedded=embedded))
    if as_json:
        print_json(lambda: results.findings().tree())
        return
    from paribus.cli import diagnosis as shown
    from paribus.cli import tables

    shown.show(tables.console(), results.findings())


@app.command(help=text("confirm.help"), epilog=text("confirm.example"))
def confirm(
    study: options.Study,
    *,
    only: options.Only = None,
    finding: options.Finding = None,
    seeds: options.Seeds = None,
    workers: options.Workers = None,
    data_dir: options.DataDir = None,
    embedded: options.Embedded = False,
    out: options.Out = None,
    as_json: options.Json = False,
) -> None:
    """Put the causes of findings to the test by runs that lack them."""
    from paribus.cli import report, tables
    from paribus.cli.signals import Stopped
    from paribus.workflow.confirm import failed, prepare_confirm, train_confirm
    from paribus.workflow.run import Request, display_for

    request = Request(options.names(only), seeds, workers, data_dir, embedded, out)
    suspected = prepare_confirm(study, request, finding)
    prepared = suspected.prepared
    try:
        shown = display_for(prepared.plan, workers) if prepared else None
        found = train_confirm(suspected, request, shown)
    except Stopped as stopped:
        stopped.told = text("cli.interrupted", folder=suspected.store.folder)
        raise
    if as_json:
        print_json(found.tree)
    else:
        report.show_confirmations(tables.console(), found)
    if failed(suspected):
        raise typer.Exit(1)


@app.command(help=text("cli.show.help"), epilog=text("cli.show.example"))
def show(folder: options.Folder, as_json: options.Json = False) -> None:
    """Show a study's runs and results."""
    from paribus.workflow.json import tree
    from paribus.workflow.results import Results

    if as_json:
        print_json(lambda: tree(Results.read(folder)))
        return
    from paribus.cli import report, tables

    report.show(tables.console(), Results.read(folder))


@app.command(help=text("verify.help"), epilog=text("verify.example"))
def verify(folder: options.Folder, as_json: options.Json = False) -> None:
    """Hold a study's results against the figures that it carries as published."""
    from paribus.analysis.questions.published import holds
    from paribus.workflow.results import Results

    results = Results.read(folder)
    name, rows = results.study.name, results.verification
    if as_json:
        from paribus.workflow.json import verification

        print_json(lambda: verification(name, rows))
    else:
        from paribus.cli import published as verified

        verified.show(name, rows)
    if not holds(rows):
        raise typer.Exit(1)


@app.command(help=text("cli.report.help"), epilog=text("cli.report.example"))
def report(
    source: options.StudyOrFolder,
    format_: options.Format = options.ReportFormat.HTML,
    output: options.Output = None,
) -> None:
    """Write the study told to a person."""
    from paribus.workflow.results import Results
    from paribus.workflow.run import results_folder

    folder = results_folder(source)
    results = Results.read(folder)
    written = results.report(output or folder / f"report.{format_.value}")
    typer.echo(text("cli.report.written", file=written))


@app.command(help=text("live.help"), epilog=text("live.example"))
def serve(folder: options.ServedFolder, host: options.Host = HOST, port: options.Port = PORT) -> None:
    """Show studies on a page that follows their training."""
    from paribus.cli import live

    live.serve(folder, host, port)


@app.command(help=text("cli.keras.help"), epilog=text("cli.keras.example"))
def keras(study: options.Study, variant: options.Variant, seed: options.Seed = 0) -> None:
    """Print a variant as a plain Keras script."""
    from paribus.report.keras_script import script
    from paribus.study.reader import load
    from paribus.workflow.run import chosen

    loaded = load(study)
    (name,) = chosen(loaded, [variant])
    sys.stdout.write(script(loaded, name, seed=seed))


@app.command(help=text("cli.doctor.help"), epilog=text("cli.doctor.example"))
def doctor(folder: options.DoctorFolder = None, data_dir: options.DataDir = None) -> None:
    """Check this machine, or a study's folder."""
    from paribus.cli import tables
    from paribus.workflow.doctor import examine, examine_folder

    checks = examine_folder(folder) if folder else examine(data_dir)
    tables.show_checks(tables.console(), checks)
    if not all(check.holds for check in checks):
        raise typer.Exit(1)
