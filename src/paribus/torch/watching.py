"""Probes inside a network of PyTorch, taken by hooks while its optimizer moves it."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

from paribus.record.probes import LayerProbe, Probe, relative

_LAST_STEP = 64
"""Of the first epoch, of which the updates 1, 2, 4, 8, ... are measured."""


class Watching:
    """Measures a network while its optimizer moves it.

    Args:
        model: A ``torch.nn.Module``.
        optimizer: A ``torch.optim.Optimizer`` that has its parameters.
    """

    def __init__(self, model: Any, optimizer: Any) -> None:
        nn = import_module("torch").nn
        modules = [(name, each) for name, each in model.named_modules() if not list(each.children())]
        self._layers = {
            name or type(each).__name__.lower(): each
            for name, each in modules
            if any(parameter.requires_grad for parameter in each.parameters(recurse=False))
        }
        kinds = (
            nn.ReLU,
            nn.ReLU6,
            nn.LeakyReLU,
            nn.ELU,
            nn.GELU,
            nn.SiLU,
        )
        self._outputs: dict[str, tuple[float, float]] = {}
        last = ""
        for name, each in modules:
            last = name if name in self._layers else last
            if isinstance(each, kinds) and last:
                each.register_forward_hook(self._activated(last))
        optimizer.register_step_pre_hook(self._before)
        optimizer.register_step_post_hook(self._after)
        self.steps = 0
        self._epochs = 0
        self._is_due = True
        self._weights: dict[str, list[Any]] = {}
        self._probes: list[Probe] = []

    def taken(self) -> list[Probe]:
        """Return what was measured since the last call; an epoch has ended."""
        probes, self._probes = self._probes, []
        self._epochs += 1
        self._is_due = True
        return probes

    def resume(self, epochs: int, steps: int) -> None:
        """Go on counting where an interrupted run has been."""
        self._epochs, self.steps = epochs, steps

    def _activated(self, layer: str) -> Any:
        def hook(module: Any, inputs: Any, output: Any) -> None:
            if self._is_due and module.training:
                found = output.detach()
                units = found.transpose(0, 1).flatten(1) if found.dim() > 1 else found[None]
                dead, active = (units == 0).all(dim=1), found > 0
                self._outputs[layer] = float(dead.float().mean()), float(active.float().mean())

        return hook

    def _before(self, *_: Any) -> None:
        if self._is_due:
            self._weights = {
                name: [each.detach().clone() for each in layer.parameters(recurse=False)]
                for name, layer in self._layers.items()
            }

    def _after(self, *_: Any) -> None:
        if self._is_due:
            layers = {name: self._layer(name, layer) for name, layer in self._layers.items()}
            self._probes.append(Probe(self._epochs, self.steps, None, None, None, (), None, layers))
            self._weights = {}
        self.steps += 1
        is_power = self.steps & (self.steps - 1) == 0
        self._is_due = self._epochs == 0 and self.steps <= _LAST_STEP and is_power

    def _layer(self, name: str, layer: Any) -> LayerProbe:
        before = self._weights[name]
        now = list(layer.parameters(recurse=False))
        gradient = _norm([each.grad for each in now if each.grad is not None])
        weight = _norm(before)
        update = _norm([new.detach() - old for new, old in zip(now, before, strict=True)])
        dead, active = self._outputs.get(name, (None, None))
        return LayerProbe(
            gradient=gradient,
            weight=weight,
            update=update,
            ratio=relative(update, weight),
            dead=dead,
            identical=_identical(before[0]),
            active=active,
        )


def _norm(arrays: list[Any]) -> float | None:
    if not arrays:
        return None
    found = math.hypot(*(float(each.norm()) for each in arrays))
    return found if math.isfinite(found) else None


def _identical(weights: Any) -> float | None:
    """Return the share of units with the same incoming weights as another; None where there are no units."""
    if weights.dim() < 2:
        return None
    rows = weights.flatten(1)
    _, counts = rows.unique(dim=0, return_counts=True)
    return float(counts[counts > 1].sum()) / len(rows)
