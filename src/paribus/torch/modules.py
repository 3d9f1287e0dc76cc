"""Networks of PyTorch, trained by a plain loop: what `paribus.compare` does with a module or its builder."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.custom.estimators import joined, scaled, scaler
from paribus.custom.run import Run
from paribus.errors import RunError
from paribus.study.datasets import DataFacts
from paribus.torch.watching import Sample, Watching, called, taken

_TO_PROBABILITIES = {
    "CrossEntropyLoss": "softmax",
    "cross_entropy": "softmax",
    "BCEWithLogitsLoss": "sigmoid",
    "MultiLabelSoftMarginLoss": "sigmoid",
    "binary_cross_entropy_with_logits": "sigmoid",
    "NLLLoss": "exp",
    "nll_loss": "exp",
}
"""What makes probabilities of a network's outputs, by the name of its loss; others stay as they are."""
_BINARY = ("BCELoss", "BCEWithLogitsLoss", "binary_cross_entropy", "binary_cross_entropy_with_logits")


@dataclass(frozen=True)
class Built:
    """A network, and what trains it.

    Args:
        model: A ``torch.nn.Module``.
        optimizer: Of its parameters.
        loss: Called with outputs and targets.
    """

    model: Any
    optimizer: Any
    loss: Callable[..., Any]


@dataclass(frozen=True)
class ModuleTraining:
    """Trains a network of PyTorch on a run's training rows, in batches, and measures it after every epoch.

    Args:
        model: A ``torch.nn.Module``, whose weights each run draws anew; or a function that returns one, or
            one with its optimizer and perhaps its loss.
        optimizer: A class of ``torch.optim``, its name, or a function of the parameters.
        loss: A module of ``torch.nn``, a function, or the name of one in ``torch.nn.functional``.
    """

    model: Any
    optimizer: Any = None
    loss: Any = None

    def built(self, learning_rate: float | None = None) -> Built:
        """Return a network with new weights, its optimizer and its loss.

        Raises:
            RunError: One of them is missing, or the weights of a module cannot be drawn anew.
        """
        made = self.model() if not _is_module(self.model) else _drawn_anew(self.model)
        parts = cast("tuple[Any, ...]", made) if isinstance(made, tuple | list) else (made,)
        model, optimizer, loss = (*parts, None, None)[:3]
        if not _is_module(model):
            raise RunError("run.compare-no-network", given=type(model).__name__)
        optimizer = self.optimizer if optimizer is None else optimizer
        loss = self.loss if loss is None else loss
        if optimizer is None or loss is None:
            raise RunError(f"run.compare-no-{'loss' if loss is None else 'optimizer'}")
        return Built(model, _optimizer(optimizer, model, learning_rate), _loss(loss))

    def __call__(self, config: Mapping[str, Any], seed: int, run: Run) -> None:
        """Train a network: its weights, the order of the examples and dropout follow from the run's seed."""
        torch = import_module("torch")
        torch.manual_seed(run.seed("torch", "start"))
        data, facts = run.data, run.facts
        built = self.built(config.get("learning_rate"))
        model, optimizer, loss = built.model, built.optimizer, built.loss
        scale = scaler(config.get("scale"), data.x_train, facts)
        (x, y), held, test = (
            (_inputs(x, scale, facts), _targets(y, facts, built.loss))
            for x, y in ((data.x_train, data.y_train), (data.x_val, data.y_val), (data.x_test, data.y_test))
        )
        weights = None if data.weight_train is None else torch.tensor(data.weight_train)
        weighed = None if weights is None else _by_example(loss)
        run.add_watcher(Watching(model, optimizer, _sample(x, y, loss)))
        torch.manual_seed(run.seed("torch", "dropout"))
        for epoch in run.epochs(config.get("epochs"), state=[model, optimizer]):
            draw = torch.Generator().manual_seed(run.seed("order", epoch))
            model.train()
            total, right = 0.0, 0.0
            for rows in torch.randperm(len(y), generator=draw).split(config["batch_size"]):
                optimizer.zero_grad()
                outputs = called(model, taken(x, rows))
                if weighed is None or weights is None:
                    error = loss(outputs, y[rows])
                else:
                    each = weighed(outputs, y[rows])
                    error = (each.reshape(len(rows), -1).mean(1) * weights[rows]).mean()
                error.backward()
                optimizer.step()
                total += float(error.detach()) * len(rows)
                right += _score(_probabilities(outputs.detach(), loss), y[rows], facts) * len(rows)
            row = {"loss": total / len(y)}
            if facts.task != "regression":
                row["accuracy"] = right / len(y)
            run.log(**row, **_validated(built, *held, facts))
        outputs = _outputs(model, test[0])
        run.test(labels=data.y_test, outputs=_probabilities(outputs, loss))


def is_network(given: object) -> bool:
    """Return whether something is a module of PyTorch, or is one with its optimizer."""
    parts = cast("tuple[object, ...]", given) if isinstance(given, tuple | list) else (given,)
    return bool(parts) and _is_module(parts[0])


def name_of_loss(loss: object) -> str:
    """Return what a loss is called: its class, or its function."""
    return loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)


def _is_module(given: object) -> bool:
    names = ("named_modules", "state_dict", "forward")
    return not isinstance(given, type) and all(hasattr(given, name) for name in names)


def _drawn_anew(given: Any) -> Any:
    """Return a copy of a module whose weights are drawn anew, by each layer's ``reset_parameters``.

    Raises:
        RunError: A part has weights and no such method.
    """
    model = copy.deepcopy(given)
    for name, part in model.named_modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
        elif next(part.parameters(recurse=False), None) is not None:
            raise RunError("run.compare-not-drawn", part=name or type(part).__name__)
    return model


def _optimizer(given: Any, model: Any, learning_rate: float | None) -> Any:
    """Return an optimizer of a network's parameters.

    Raises:
        RunError: There is none of that name, or it is none.
    """
    optim = import_module("torch").optim
    if isinstance(given, str):
        known = {name.casefold(): each for name, each in vars(optim).items() if isinstance(each, type)}
        if given.casefold() not in known:
            raise RunError("run.compare-optimizer", given=repr(given))
        given = known[given.casefold()]
    if callable(given):
        has_rate = isinstance(given, type) and learning_rate is not None
        rate = {"lr": learning_rate} if has_rate else {}
        given = given(model.parameters(), **rate)
    if not hasattr(given, "step"):
        raise RunError("run.compare-optimizer", given=repr(given))
    return given


def _loss(given: Any) -> Callable[..., Any]:
    if isinstance(given, str):
        found = getattr(import_module("torch").nn.functional, given, None)
        if found is None:
            raise RunError("run.compare-loss", given=repr(given))
        return found
    return given() if isinstance(given, type) else given


def _inputs(x: Any, scale: Any, facts: DataFacts) -> Any:
    """Return examples as a tensor: images with their channels in front, tokens as whole numbers.

    Several inputs are tensors by name.
    """
    if isinstance(x, Mapping):
        return _several(cast("Mapping[str, NDArray[Any]]", x), scale, facts)
    torch = import_module("torch")
    if facts.values == "tokens":
        return torch.tensor(x, dtype=torch.long)
    rows = x.reshape(len(x), math.prod(x.shape[1:])).astype(np.float64)
    x = scaled(rows, scale, facts).reshape(x.shape)
    return _tensor(x, are_images=facts.are_images)


def _several(x: Mapping[str, NDArray[Any]], scale: Any, facts: DataFacts) -> dict[str, Any]:
    torch, places, start = import_module("torch"), {each.name: each for each in facts.inputs}, 0
    rows = scaled(joined(x), scale, facts)
    found: dict[str, Any] = {}
    for name, array in x.items():
        size = math.prod(array.shape[1:])
        values = places[name].values
        if values == "tokens":
            found[name] = torch.tensor(array, dtype=torch.long)
        else:
            part = rows[:, start : start + size].reshape(array.shape)
            found[name] = _tensor(part, are_images=values == "pixels" and array.ndim == 4)
        start += size
    return found


def _tensor(x: NDArray[Any], *, are_images: bool) -> Any:
    torch = import_module("torch")
    found = torch.tensor(x, dtype=torch.float32)
    return found.permute(0, 3, 1, 2).contiguous() if are_images else found


def _by_example(loss: Callable[..., Any]) -> Callable[..., Any]:
    """Return a loss that gives a number for each example, to be weighed.

    Raises:
        RunError: It cannot.
    """
    if hasattr(loss, "reduction"):
        alone = copy.copy(loss)
        cast("Any", alone).reduction = "none"
        return alone
    if "reduction" in inspect.signature(loss).parameters:
        return partial(loss, reduction="none")
    raise RunError("run.compare-weights", name=name_of_loss(loss))


def _targets(y: NDArray[Any], facts: DataFacts, loss: object) -> Any:
    torch = import_module("torch")
    if facts.task != "classification":
        return torch.tensor(y.reshape(len(y), math.prod(y.shape[1:])), dtype=torch.float32)
    if name_of_loss(loss) in _BINARY:
        return torch.tensor(y.reshape(-1, 1), dtype=torch.float32)
    return torch.tensor(y, dtype=torch.long)


def _sample(x: Any, y: Any, loss: Callable[..., Any]) -> Sample:
    """Return a hundredth of the training examples, at least 64 and at most 512, evenly spread."""
    count = min(len(y), max(64, min(512, len(y) // 100)))
    rows = import_module("torch").linspace(0, len(y) - 1, count).long()
    return Sample(taken(x, rows), y[rows], loss, lambda outputs: _probabilities(outputs, loss))


def _score(outputs: Any, y: Any, facts: DataFacts) -> float:
    """Return the share of examples that are predicted right; of labels, of all labels."""
    if facts.task == "regression":
        return 0.0
    if facts.task == "classification" and outputs.dim() == 2 and outputs.shape[1] > 1:
        return float((outputs.argmax(1) == y).float().mean())
    return float(((outputs > 0.5).flatten() == (y > 0.5).flatten()).float().mean())


def _outputs(model: Any, x: Any) -> Any:
    """Return what a network puts out, in evaluation mode, a thousand examples at a time."""
    torch = import_module("torch")
    model.eval()
    with torch.no_grad():
        count = len(next(iter(x.values()))) if isinstance(x, dict) else len(x)
        return torch.cat([called(model, taken(x, rows)) for rows in torch.arange(count).split(1000)])


def _validated(built: Built, x: Any, y: Any, facts: DataFacts) -> dict[str, float]:
    if not len(y):
        return {}
    outputs = _outputs(built.model, x)
    found = {"val_loss": float(built.loss(outputs, y))}
    if facts.task != "regression":
        found["val_accuracy"] = _score(_probabilities(outputs, built.loss), y, facts)
    return found


def _probabilities(outputs: Any, loss: object) -> Any:
    way = _TO_PROBABILITIES.get(name_of_loss(loss))
    if way == "softmax":
        return outputs.softmax(1)
    return outputs if way is None else getattr(outputs, way)()
