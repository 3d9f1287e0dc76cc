"""The commands of `paribus`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from paribus import __version__
from paribus.cli import data, options
from paribus.cli.signals import resumable
from paribus.live import HOST, PORT
from paribus.texts import language, text

if TYPE_CHECKING:
    from paribus.workflow.request import Request

app = typer.Typer(
    help=text("cli.help"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data", help=text("cli.data.help"))


def _print_json(tree: Callable[[], object]) -> None:
    """Print JSON, its sentences in English whatever the language, as programs compare them."""
    with language("en"):
        typer.echo(json.dumps(tree(), indent=2, ensure_ascii=False))


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
) -> None:
    """Options of the program itself."""


@app.command(help=text("cli.run.help"), epilog=text("cli.run.example"))
@options.for_request(
    "only", "seeds", "workers", "data_dir", "embedded", "out", "updates", "until_decided", "max_seeds", "aa"
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
        tables.say(console, tables.data_line(used))
    if not request.aa:
        review.show_briefly(console, review_training(training), study)
    folder = training.store.folder
    with in_background(folder) if live else nullcontext():
        with resumable(folder):
            results = train(training)
        report.show(tables.console(), results)
        for line in results.decision.lines if results.decision else ():
            tables.say(tables.console(), line)
    if not all_ended(training, results):
        raise typer.Exit(1)


@app.command(help=text("cli.plan.help"), epilog=text("cli.plan.example"))
@options.for_request("only", "seeds", "workers", "data_dir", "embedded", "out", "updates")
def plan(study: options.Study, request: Request, as_json: options.Json = False) -> None:
    """Show what would run, what each variant changes, and how long it takes."""
    from paribus.cli import tables
    from paribus.workflow.plan_json import plan_tree
    from paribus.workflow.run import prepare
    from paribus.workflow.training import time_needed

    training = prepare(study, request, needs_images=False)
    time = time_needed(training, lambda line: tables.say(tables.console(stderr=True), line))
    if as_json:
        _print_json(lambda: plan_tree(training, time))
    else:
        tables.show_plan(tables.console(), training, time)


@app.command(help=text("cli.review.help"), epilog=text("cli.review.example"))
@options.for_request("only", "seeds", "data_dir", "embedded", "out")
def review(study: options.Study, request: Request, as_json: options.Json = False) -> None:
    """Show what is doubtful about a study's design, before anything is spent."""
    from paribus.workflow.review import review_design

    if as_json:
        _print_json(lambda: review_design(study, request).tree())
        return
    from paribus.cli import review as shown
    from paribus.cli import tables

    shown.show(tables.console(), review_design(study, request))


@app.command(help=text("cli.diagnose.help"), epilog=text("cli.diagnose.example"))
def diagnose(
    study: options.StudyOrFolder, embedded: options.Embedded = False, as_json: options.Json = False
) -> None:
    """Show what went on in a study's runs."""
    from paribus.workflow.folders import results_folder
    from paribus.workflow.results import load_results

    results = load_results(results_folder(study, embedded=embedded))
    if as_json:
        _print_json(lambda: results.diagnose().tree())
        return
    from paribus.cli import diagnosis as shown
    from paribus.cli import tables

    shown.show(tables.console(), results.diagnose())


@app.command(help=text("confirm.help"), epilog=text("confirm.example"))
@options.for_request("only", "seeds", "workers", "data_dir", "embedded", "out")
def confirm(
    study: options.Study, request: Request, finding: options.Finding = None, as_json: options.Json = False
) -> None:
    """Put the causes of findings to the test by runs that lack them."""
    from paribus.cli import report, tables
    from paribus.workflow.confirm import failed, prepare_confirm, train_confirm

    suspected = prepare_confirm(study, request, finding)
    with resumable(suspected.store.folder):
        found = train_confirm(suspected)
    if as_json:
        _print_json(found.tree)
    else:
        report.show_confirmations(tables.console(), found)
    if failed(suspected):
        raise typer.Exit(1)


@app.command(help=text("cli.show.help"), epilog=text("cli.show.example"))
def show(folder: options.Folder, as_json: options.Json = False) -> None:
    """Show a study's runs and results."""
    from paribus.workflow.results import load_results

    if as_json:
        from paribus.workflow.show_json import show_tree

        _print_json(lambda: show_tree(load_results(folder)))
        return
    from paribus.cli import report, tables

    report.show(tables.console(), load_results(folder))


@app.command(help=text("verify.help"), epilog=text("verify.example"))
def verify(folder: options.Folder, as_json: options.Json = False) -> None:
    """Compare a study's results with the figures that it carries as published."""
    from paribus.workflow.results import load_results

    results = load_results(folder)
    name, verification = results.study.name, results.verify()
    if as_json:
        from paribus.workflow.show_json import verify_tree

        _print_json(lambda: verify_tree(name, verification))
    else:
        from paribus.cli import report, tables

        report.show_published(tables.console(), name, verification)
    if verification.differs:
        raise typer.Exit(1)


@app.command(help=text("cli.report.help"), epilog=text("cli.report.example"))
def report(
    source: options.StudyOrFolder,
    format_: options.Format = options.ReportFormat.HTML,
    output: options.Output = None,
    author: options.Author = "",
    both: options.Both = False,
    appendix: options.Appendix = False,
) -> None:
    """Write a study's report."""
    from paribus.workflow.folders import results_folder
    from paribus.workflow.results import load_results

    folder = results_folder(source)
    written = load_results(folder).report(
        output or folder / f"report.{format_.value}", author=author, both=both, appendix=appendix
    )
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
    from paribus.workflow.request import chosen_variants

    loaded = load(study)
    (name,) = chosen_variants(loaded, [variant])
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
