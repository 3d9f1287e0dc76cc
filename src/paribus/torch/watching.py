"""Probes inside a network of PyTorch, taken by hooks while its optimizer moves it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, cast

from paribus.record.probes import LayerProbe, Probe, relative

_LAST_STEP = 64
"""Of the first epoch, of which the updates 1, 2, 4, 8, ... are measured."""
_END = 1e-7
"""How close to an end of its range an output is saturated: Keras's epsilon, as in the engine's probes."""
_KINDS = ("ReLU", "ReLU6", "LeakyReLU", "ELU", "GELU", "SiLU")
_WITH_UNITS = ("Linear", "Conv1d", "Conv2d", "Conv3d")
_BOUNDED = {"Sigmoid": 0.0, "Softmax": 0.0, "Hardsigmoid": 0.0, "Tanh": -1.0}
"""Activations with the lower end of their range; the upper one is 1."""


@dataclass(frozen=True)
class Sample:
    """Training examples on which a network is measured in evaluation mode.

    Args:
        x: Inputs, as the network takes them.
        y: Their targets, as the loss takes them.
        loss: Called with outputs and targets.
        probabilities: What makes probabilities of outputs, where the network itself does not.
    """

    x: Any
    y: Any
    loss: Callable[..., Any]
    probabilities: Callable[[Any], Any] = lambda outputs: outputs


@dataclass
class _Pass:
    """What one forward pass showed.

    Args:
        units: Of each layer the share of dead units, and of positive outputs.
        predicted: How many examples are predicted as each class.
        saturated: Share of the outputs at the ends of their range; None where it is unbounded.
    """

    units: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    predicted: tuple[int, ...] = ()
    saturated: float | None = None


@dataclass(frozen=True)
class _Figures:
    """What a sample shows beyond a pass."""

    loss: float | None = None
    accuracy: float | None = None
    gradients: Mapping[str, float | None] = field(default_factory=dict[str, "float | None"])


class Watching:
    """Measures a network while its optimizer moves it.

    Args:
        model: A ``torch.nn.Module``.
        optimizer: A ``torch.optim.Optimizer`` that has its parameters.
        sample: On what it is measured; None for the batch of each measured update, in training mode.
    """

    def __init__(self, model: Any, optimizer: Any, sample: Sample | None = None) -> None:
        self.steps = 0
        self._model, self._sample = model, sample
        modules = [(name, each) for name, each in model.named_modules() if not list(each.children())]
        self._layers = {
            _named(name, each): each
            for name, each in modules
            if any(parameter.requires_grad for parameter in each.parameters(recurse=False))
        }
        self._pass = _Pass()
        self._is_sampling = False
        last = ""
        for name, each in modules:
            last = _named(name, each) if _named(name, each) in self._layers else last
            if type(each).__name__ in _KINDS and last:
                each.register_forward_hook(self._activated(last))
        self._range = _BOUNDED.get(type(modules[-1][1]).__name__) if modules else None
        model.register_forward_hook(self._put_out)
        optimizer.register_step_pre_hook(self._before)
        optimizer.register_step_post_hook(self._after)
        self._epochs = 0
        self._is_due = True
        self._weights: dict[str, list[Any]] = {}
        self._figures = _Figures()
        self._probes: list[Probe] = []

    def taken(self, *, is_last: bool) -> list[Probe]:
        """Return what was measured since the last call; an epoch has ended.

        Args:
            is_last: Whether no other epoch follows, so that the network is measured as it ended.
        """
        probes, self._probes = self._probes, []
        self._epochs += 1
        self._is_due = True
        if is_last and self._sample is not None:
            self._measure(self._sample)
            probes.append(self._probe(dict.fromkeys(self._layers, (None, None))))
        return probes

    def resume(self, epochs: int, steps: int) -> None:
        """Go on counting where an interrupted run has been."""
        self._epochs, self.steps = epochs, steps

    @property
    def _listens(self) -> bool:
        return self._is_sampling if self._sample is not None else self._is_due and self._model.training

    def _activated(self, layer: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            if self._listens:
                found = output.detach()
                units = found.transpose(0, 1).flatten(1) if found.dim() > 1 else found[None]
                dead, active = (units == 0).all(dim=1), found > 0
                self._pass.units[layer] = float(dead.float().mean()), float(active.float().mean())

        return hook

    def _put_out(self, _module: Any, _inputs: Any, output: Any) -> None:
        if self._listens and hasattr(output, "detach"):
            self._read(output.detach())

    def _read(self, found: Any) -> None:
        """Note the class that each example is predicted as, and how much lies at an end of its range."""
        lowest = self._range
        if self._sample is not None:
            made = self._sample.probabilities(found)
            lowest = 0.0 if made is not found else lowest
            found = made
        if found.dim() == 2 and found.shape[1] > 1:
            counts = found.argmax(1).bincount(minlength=found.shape[1])
            self._pass.predicted = tuple(int(each) for each in counts)
        elif found.dim() and lowest == 0.0:
            ones = int((found > 0.5).sum())
            self._pass.predicted = (len(found) - ones, ones)
        if lowest is not None:
            ends = (found <= lowest + _END) | (found >= 1 - _END)
            self._pass.saturated = float(ends.float().mean())

    def _measure(self, sample: Sample) -> None:
        """Measure the network on the sample, in evaluation mode, and leave it as it was."""
        torch = import_module("torch")
        self._pass, self._is_sampling = _Pass(), True
        with self._evaluating(), torch.enable_grad():
            outputs = called(self._model, sample.x)
            loss = sample.loss(outputs, sample.y)
            weights = [each for layer in self._layers.values() for each in _weights(layer)]
            found = iter(torch.autograd.grad(loss, weights, allow_unused=True))
        self._is_sampling = False
        gradients = {
            name: _norm([grad for _ in _weights(layer) if (grad := next(found)) is not None])
            for name, layer in self._layers.items()
        }
        is_class = outputs.dim() == 2 and outputs.shape[1] > 1 and sample.y.dim() == 1
        right = float((outputs.argmax(1) == sample.y).float().mean()) if is_class else None
        number = float(loss.detach())
        self._figures = _Figures(number if math.isfinite(number) else None, right, gradients)

    @contextmanager
    def _evaluating(self) -> Generator[None]:
        """Put every part into evaluation mode, and each back into its own."""
        modes = [(each, each.training) for each in self._model.modules()]
        self._model.eval()
        try:
            yield
        finally:
            for each, is_training in modes:
                each.training = is_training

    def _before(self, *_: Any) -> None:
        if self._is_due:
            if self._sample is not None:
                self._measure(self._sample)
            self._weights = {
                name: [each.detach().clone() for each in _weights(layer)]
                for name, layer in self._layers.items()
            }

    def _after(self, *_: Any) -> None:
        if self._is_due:
            moved: dict[str, tuple[float | None, float | None]] = {}
            for name, layer in self._layers.items():
                before = self._weights[name]
                gradients = [each.grad for each in _weights(layer) if each.grad is not None]
                pairs = zip(_weights(layer), before, strict=True)
                moved[name] = _norm(gradients), _norm([new.detach() - old for new, old in pairs])
            self._probes.append(self._probe(moved))
            self._weights = {}
        self.steps += 1
        is_power = self.steps & (self.steps - 1) == 0
        self._is_due = self._epochs == 0 and self.steps <= _LAST_STEP and is_power

    def _probe(self, moved: Mapping[str, tuple[float | None, float | None]]) -> Probe:
        """Return a probe of the weights before an update, or of those at the end.

        Args:
            moved: Of each layer the norms of the batch's gradient and of the update.
        """
        seen, figures = self._pass, self._figures
        layers: dict[str, LayerProbe] = {}
        for name, (gradient, update) in moved.items():
            before = self._weights.get(name) or [each.detach() for each in _weights(self._layers[name])]
            weight = _norm(before)
            dead, active = seen.units.get(name, (None, None))
            layers[name] = LayerProbe(
                gradient=figures.gradients.get(name, gradient),
                weight=weight,
                update=update,
                ratio=relative(update, weight),
                dead=dead,
                identical=_identical(before) if type(self._layers[name]).__name__ in _WITH_UNITS else None,
                active=active,
            )
        return Probe(
            self._epochs,
            self.steps,
            figures.loss,
            None,
            figures.accuracy,
            seen.predicted,
            seen.saturated,
            layers,
        )


def called(model: Any, x: Any) -> Any:
    """Return a network's outputs; several inputs are handed over by the names of its arguments, or in order.

    Args:
        model: A ``torch.nn.Module``.
        x: A tensor, or tensors by name.
    """
    if not isinstance(x, dict):
        return model(x)
    named = cast("dict[str, Any]", x)
    accepted = inspect.signature(model.forward).parameters
    return model(**named) if named.keys() <= accepted.keys() else model(*named.values())


def taken(x: Any, rows: Any) -> Any:
    """Return some examples.

    Args:
        x: A tensor, or tensors by name.
        rows: Which.
    """
    if not isinstance(x, dict):
        return x[rows]
    return {name: each[rows] for name, each in cast("dict[str, Any]", x).items()}


def _named(name: str, layer: Any) -> str:
    """Return what a layer is called: one that is but a number in its network with its kind in front."""
    kind = type(layer).__name__.lower()
    return name if name and not name.isdecimal() else f"{kind}_{name}" if name else kind


def _weights(layer: Any) -> list[Any]:
    return [each for each in layer.parameters(recurse=False) if each.requires_grad]


def _norm(arrays: list[Any]) -> float | None:
    if not arrays:
        return None
    found = math.hypot(*(float(each.detach().norm()) for each in arrays))
    return found if math.isfinite(found) else None


def _identical(weights: list[Any]) -> float | None:
    """Return the share of units with the same incoming weights and bias as another; None of no units."""
    kernel = weights[0]
    if kernel.dim() < 2:
        return None
    rows = kernel.flatten(1)
    biases = [each[:, None] for each in weights[1:] if each.dim() == 1 and len(each) == len(rows)]
    rows = import_module("torch").cat([rows, *biases], dim=1) if biases else rows
    _, counts = rows.unique(dim=0, return_counts=True)
    return float(counts[counts > 1].sum()) / len(rows)
