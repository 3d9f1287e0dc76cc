"""One run trained by the user's function."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from paribus.custom.command import by_command
from paribus.custom.objects import file_of, load_object
from paribus.custom.run import Run
from paribus.custom.state import seed_randomness
from paribus.data.dataset import Dataset
from paribus.data.own.user_file import check_allowed, failed, load_function
from paribus.record.checkpoint import Checkpoint
from paribus.record.run import EpochRow, RunSpec
from paribus.record.sink import Sink
from paribus.study.configuration import OwnTraining
from paribus.study.programs import Program, settings_of
from paribus.study.seeds import named_seed

SCRATCH = "own"
"""The folder of a run in which its function may keep files."""
_FRAMEWORKS = (
    "torch",
    "tensorflow",
    "keras",
    "jax",
    "sklearn",
    "lightning",
    "transformers",
    "xgboost",
    "lightgbm",
)


@dataclass(frozen=True)
class Used:
    """What a function trained with.

    Args:
        versions: Of the frameworks that its file has loaded.
        examples: How many it trained on and held out; None where that is not known.
    """

    versions: dict[str, str]
    examples: tuple[int, int] | None


def train(  # noqa: PLR0913 - what a worker is told of a run
    spec: RunSpec,
    program: Program,
    dataset: Dataset | None,
    sink: Sink,
    *,
    folder: Path,
    resumed: tuple[Checkpoint | None, Sequence[EpochRow]] = (None, ()),
    threads: int = 1,
    device: str = "cpu",
) -> Used:
    """Call the user's function for one run, record how it ended, and return what it was trained in.

    Args:
        spec: The run's specification, with a training of the user's own.
        program: The user's file, or command.
        dataset: The study's data; None where it has none.
        sink: Stores the epochs, checkpoints and the result.
        folder: The run's.
        resumed: The checkpoint from which it goes on, and the epochs up to it.
        threads: On how many threads it is to train.
        device: Where, unless the study's settings say otherwise.

    Returns:
        What the function trained with.

    Raises:
        RunError: The function fails, or does not do what a training has to do.
        UsageError: The user refuses code that a study brings.
    """
    own = spec.configuration.train
    if own is None:
        raise ValueError("the run is not one of a function")
    if not program.pickled:
        check_allowed(own.told)
    process, file, here = os.getpid(), program.path, Path.cwd()
    shared = named_seed(spec.seed, "shared")
    seed_randomness(shared)
    function = _function(own, program)
    if program.pickled:
        file = file_of(function, own.file)
    seed_randomness(shared)  # again, with what the file has imported and drawn by itself
    run = Run(spec, dataset, folder / SCRATCH, sink, resumed)
    run.threads, run.wanted_device = threads, device
    try:
        function(settings_of(spec.configuration), spec.seed, run)
        run.finish()
    except (Exception, SystemExit) as error:
        raise (error if own.command else failed(error, file, own.file)) from error
    finally:
        if os.getpid() != process:
            os._exit(1)  # a process that the function forked, and that came back from it
        os.chdir(here)  # where the next run finds its files
    return Used(_frameworks(), run.examples)


def _function(own: OwnTraining, program: Program) -> Callable[..., object]:
    if own.command:
        return by_command(own, program)
    if program.pickled:
        return load_object(program)
    return load_function(program.path, own.function, own.sha256)


def _frameworks() -> dict[str, str]:
    """Return the versions of the frameworks that the user's file has loaded."""
    found = {name: sys.modules[name] for name in _FRAMEWORKS if name in sys.modules}
    versions = {name: getattr(module, "__version__", None) for name, module in found.items()}
    return {name: str(version) for name, version in versions.items() if version is not None}
