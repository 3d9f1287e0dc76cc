"""What a training function with PyTorch may ask of Paribus: seeds, and probes inside a network.

PyTorch is never needed by Paribus; this is for programs that have it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from paribus.custom.run import Run
from paribus.torch.watching import Watching


def seed(run: Run, *names: str | int) -> None:
    """Seed PyTorch's generators, on every device, by the run's seed; the same in every variant.

    Args:
        run: What the training function is handed.
        names: What is drawn next, such as ``"start"`` or ``"order"``.
    """
    import_module("torch").manual_seed(run.seed("torch", *names))


def watch(run: Run, model: Any, optimizer: Any) -> None:
    """Measure a network at the first updates of the run, and at the first one of every epoch.

    Of every layer with weights the norms of gradient, weights and update; of every activation the units that
    are zero for the whole batch, and the share of outputs that are positive. All are of the batch of that
    update. The training is left as it is.

    Args:
        run: What the training function is handed.
        model: A ``torch.nn.Module``.
        optimizer: A ``torch.optim.Optimizer`` that has its parameters.
    """
    run.add_watcher(Watching(model, optimizer))
