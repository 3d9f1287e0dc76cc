"""Seeds of what each layer of a network draws, by its class and its place among the layers of that class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from paribus.study.configuration import Layer
from paribus.study.seeds import named_seed


@dataclass(frozen=True)
class LayerSeeds:
    """Seeds of a layer's draws.

    Args:
        seed: The run's seed.
        kind: The layer's class, as the catalogue names it.
        place: Its place among the layers of that class, counted from 1.
        part: The part of the layer that draws, where it has several: ``backward`` or ``query``.

    Example:
        >>> LayerSeeds(0, "dense", 1).of("kernel_initializer") == named_seed(
        ...     0, "initialisation", "dense", 1, "kernel_initializer"
        ... )
        True
    """

    seed: int
    kind: str
    place: int
    part: str = ""

    def of(self, weight: str) -> int:
        """Return the seed of initial weights, by the argument that says how they are drawn."""
        part = (self.part,) if self.part else ()
        return named_seed(self.seed, "initialisation", self.kind, self.place, *part, weight)

    @property
    def noise(self) -> int:
        """The seed of what is drawn in training: dropout, noise."""
        if self.kind == "dropout":
            return named_seed(self.seed, "dropout", self.place)
        part = (self.part,) if self.part else ()
        return named_seed(self.seed, "noise", self.kind, self.place, *part)

    def of_part(self, part: str) -> LayerSeeds:
        """Return the seeds of a part of the layer."""
        return replace(self, part=part)


def layer_seeds(layers: Sequence[Layer], seed: int) -> Iterator[tuple[LayerSeeds, LayerSeeds]]:
    """Yield the seeds of each layer and those of the layer that it wraps; twice its own where it wraps none.

    A wrapped layer counts as one of its own class, so that a network with the wrapper and one without share
    its weights.

    Args:
        layers: The network.
        seed: The run's seed.
    """
    places: Counter[str] = Counter()
    for layer in layers:
        inner = layer.wrapped or layer
        places.update({layer.kind, inner.kind})
        own = LayerSeeds(seed, layer.kind, places[layer.kind])
        yield own, LayerSeeds(seed, inner.kind, places[inner.kind])
