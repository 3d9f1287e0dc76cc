"""The commands of whoever teaches with a study: grade hand-ins, write exercises, show plain Keras."""

from __future__ import annotations

import sys
from pathlib import Path

from paribus.cli import options
from paribus.cli.printing import print_json
from paribus.texts import text


def check(
    handin: options.HandIn,
    study: options.Study,
    rerun: options.Rerun = "3",
    epochs: options.RerunEpochs = None,
    run_code: options.RunCode = False,
    timeout: options.Timeout = 300.0,
    workers: options.Workers = None,
    data_dir: options.DataDir = None,
    embedded: options.Embedded = False,
    out: options.Out = None,
    as_json: options.Json = False,
) -> None:
    """Check and grade hand-ins of a study."""
    from paribus.workflow.checking.check import check as check_handins
    from paribus.workflow.checking.check import how_many

    found = check_handins(
        handin,
        study,
        rerun=how_many(rerun),
        epochs=epochs,
        run_code=run_code,
        seconds=timeout,
        workers=workers,
        data_dir=data_dir,
        embedded=embedded,
        out=out,
    )
    if as_json:
        print_json(found.tree)
    else:
        from paribus.cli import checking, tables

        checking.show(tables.console(), found)


def sheet(
    study: options.Study,
    format_: options.SheetAs = options.SheetFormat.MD,
    output: options.Output = None,
    key: options.WithKey = False,
) -> None:
    """Write the exercise sheet of a study."""
    from paribus.workflow.exercise_sheet import write_sheet

    written = write_sheet(study, output or Path(f"{Path(study).stem}-sheet.{format_.value}"), with_key=key)
    sys.stdout.write(f"{text('cli.report.written', file=written)}\n")


def keras(study: options.StudyOrFolder, variant: options.Variant, seed: options.Seed = 0) -> None:
    """Print a variant as a plain Keras script."""
    from paribus.report.keras_script import script
    from paribus.workflow.folders import study_of
    from paribus.workflow.request import chosen_variants

    loaded = study_of(study)
    (name,) = chosen_variants(loaded, [variant])
    sys.stdout.write(script(loaded, name, seed=seed))
