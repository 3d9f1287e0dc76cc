"""The outputs of a network beside the one that its runs are scored by: their losses and their scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.engine.device_images import DeviceImages
from paribus.engine.objective import Objective
from paribus.record import metrics
from paribus.study.configuration import Configuration
from paribus.study.datasets import Target

if TYPE_CHECKING:
    from paribus.engine.own_loss import Called as OwnLoss
    from paribus.study.own_function import OwnLoss as OwnLossFacts


@dataclass(frozen=True)
class Head:
    """One such output.

    Args:
        target: What it predicts.
        objective: Its loss and its score.
        weight: How much its loss counts.
        columns: Where its target lies among the data's other targets.
    """

    target: Target
    objective: Objective
    weight: float
    columns: slice

    @property
    def width(self) -> int:
        """How many numbers are measured of an example: its loss, and what its score is made of."""
        return 1 + (self.target.targets if self.target.task == "regression" else 1)

    def labels(self, images: DeviceImages) -> jax.Array:
        """Return the labels of examples, as the objective takes them."""
        if images.beside is None:
            raise ValueError("the data have no other targets")
        found = images.beside[:, self.columns]
        return found[:, 0].astype(jnp.int32) if self.target.task == "classification" else found


class Heads:
    """All such outputs of a network; none of most.

    Args:
        configuration: Of the run.
        load: Loads a loss of the user's own.
    """

    def __init__(self, configuration: Configuration, load: Callable[[OwnLossFacts], OwnLoss]) -> None:
        self.facts = configuration.facts
        self.weight = configuration.loss_weight
        self.all = tuple(_heads(configuration, load))

    def __bool__(self) -> bool:
        return bool(self.all)

    def split(self, outputs: Any, model: Any) -> tuple[jax.Array, list[jax.Array]]:
        """Return the output that is scored, and the others.

        Args:
            outputs: As the network returns them.
            model: The network.
        """
        if not isinstance(outputs, dict | list | tuple):
            return outputs, []
        from paribus.engine.outputs import by_target, names_of

        found = by_target(outputs, self.facts, names_of(model))
        return found[self.facts.scored], [found[each.target.name] for each in self.all]

    def loss(self, scored: jax.Array, others: Sequence[jax.Array], images: DeviceImages) -> jax.Array:
        """Return the loss that is minimised beside penalties: each output's, by its weight.

        Args:
            scored: The mean loss of the output that is scored.
            others: The others, as logits.
            images: The examples.
        """
        if not self.all:
            return scored
        losses = (
            each.weight * images.weighted(each.objective.losses(logits, each.labels(images))).mean()
            for each, logits in zip(self.all, others, strict=True)
        )
        return sum(losses, self.weight * scored)

    def measured(self, others: Sequence[jax.Array], images: DeviceImages, *, weigh: bool) -> jax.Array:
        """Return each output's loss and what its score is made of, shape (num_examples, numbers).

        Args:
            others: The outputs, as logits.
            images: The examples.
            weigh: Whether losses are those of training, in which examples have weights.
        """
        columns: list[jax.Array] = []
        for each, logits in zip(self.all, others, strict=True):
            labels = each.labels(images)
            losses = each.objective.losses(logits, labels)
            seen = each.objective.seen(logits, labels).astype(losses.dtype)
            columns += [
                (images.weighted(losses) if weigh else losses)[:, None],
                seen.reshape(len(losses), -1),
            ]
        return jnp.concatenate(columns, axis=1)

    def named(self, means: NDArray[np.float64], beside: NDArray[Any]) -> dict[str, float]:
        """Return losses and scores by their names in a history.

        Args:
            means: Of what `measured` returns, over the examples.
            beside: The other targets of the same examples.
        """
        found: dict[str, float] = {}
        start = 0
        for each in self.all:
            loss, *seen = means[start : start + each.width]
            start += each.width
            score = float(seen[0])
            if each.target.task == "regression":
                score = metrics.r2(
                    np.asarray(seen), metrics.variance(beside[:, each.columns].astype(np.float64))
                )
            found |= {each.target.loss: float(loss), each.target.score: score}
        return found

    def total(self, scored: float, means: NDArray[np.float64]) -> float:
        """Return the loss that is minimised beside penalties, of means over examples.

        Args:
            scored: Mean loss of the output that is scored.
            means: Of what `measured` returns.
        """
        if not self.all:
            return scored
        starts = np.cumsum([0, *(each.width for each in self.all)])
        others = (each.weight * float(means[start]) for each, start in zip(self.all, starts, strict=False))
        return self.weight * scored + sum(others)


def _heads(configuration: Configuration, load: Callable[[OwnLossFacts], OwnLoss]) -> Sequence[Head]:
    facts, network = configuration.facts, configuration.network
    ends = np.cumsum([0, *(each.columns for each in facts.beside)]).tolist()
    where = {each.name: slice(*ends[place : place + 2]) for place, each in enumerate(facts.beside)}
    targets = {each.name: each for each in facts.beside}
    found: list[Head] = []
    for each in configuration.beside:
        own, target = each.own, targets[each.name]
        objective = Objective(
            each.loss,
            network.heads[each.name] if network else "linear",
            target.task,
            own=None if own is None else _loader(load, own),
        )
        found.append(Head(target, objective, each.weight, where[each.name]))
    return found


def _loader(load: Callable[[OwnLossFacts], OwnLoss], own: OwnLossFacts) -> Callable[[], OwnLoss]:
    return lambda: load(own)
