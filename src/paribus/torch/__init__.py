"""What a training function with PyTorch may ask of Paribus: seeds, and probes inside a network.

PyTorch is never needed by Paribus; this is for programs that have it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from paribus.custom.run import Run
from paribus.errors import RunError
from paribus.torch.watching import Sample, Watching


def seed(run: Run, *names: str | int) -> None:
    """Seed PyTorch's generators, on every device, by the run's seed; the same in every variant.

    PyTorch then also computes on as many threads as the study gives a run.

    Args:
        run: What the training function is handed.
        names: What is drawn next, such as ``"start"`` or ``"order"``.
    """
    torch = import_module("torch")
    torch.set_num_threads(run.threads)
    torch.manual_seed(run.seed("torch", *names))


def watch(
    run: Run,
    model: Any,
    optimizer: Any,
    *,
    sample: tuple[Any, Any] | None = None,
    loss: Callable[..., Any] | None = None,
) -> None:
    """Measure a network at the first updates of the run, and at the first one of every epoch.

    Of every layer with weights the norms of gradient, weights and update; of every activation the units that
    are zero for all examples, and the share of outputs that are positive. With `sample` they are of these
    examples in evaluation mode, as Paribus measures its own networks, and the loss is measured too. Without
    it they are of the batch of that update, in training mode. The training stays the same, to the bit.

    Args:
        run: What the training function is handed.
        model: A ``torch.nn.Module``.
        optimizer: A ``torch.optim.Optimizer`` that has its parameters.
        sample: Inputs and targets of some training examples, a few hundred.
        loss: Called with outputs and targets; needed with `sample`.

    Raises:
        RunError: A sample is given without its loss.
    """
    if (sample is None) != (loss is None):
        raise RunError("run.watch-sample")
    measured = None if sample is None or loss is None else Sample(*sample, loss=loss)
    run.add_watcher(Watching(model, optimizer, measured))
