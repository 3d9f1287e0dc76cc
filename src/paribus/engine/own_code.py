"""The losses and metrics of the user's own that a configuration has, loaded when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from paribus.study.configuration import Configuration
from paribus.study.own_function import OwnLoss
from paribus.study.programs import Program as UserFile

if TYPE_CHECKING:
    from paribus.engine.own_loss import Called
    from paribus.engine.own_metric import Measure


class OwnCode:
    """What of a configuration is the user's own code, the network aside.

    Args:
        configuration: Names it.
        network: The file that builds the network, where the configuration has one of the user's own.
        functions: The files with losses and metrics, by their SHA-256.
        model: Returns the network, for a loss that it was compiled with.
    """

    def __init__(
        self,
        configuration: Configuration,
        network: UserFile | None,
        functions: Mapping[str, UserFile],
        model: Callable[[], Any],
    ) -> None:
        self._configuration, self._network = configuration, network
        self.files = functions
        """The files, by their SHA-256."""
        self._model = model
        self._losses: dict[str, Called] = {}

    def loss(self, own: OwnLoss) -> Called:
        """Return a loss.

        Args:
            own: Where it comes from.
        """
        from paribus.engine.own_loss import load

        key = own.model_dump_json()
        if key not in self._losses:
            file = self._network if own.compiled else self.files.get(own.sha256)
            if file is None:
                raise ValueError("the file of the loss is not named")
            model = self._model() if own.compiled else None
            self._losses[key] = load(own, file, self._configuration.batch_size, model)
        return self._losses[key]

    @property
    def scored(self) -> Callable[[], Called] | None:
        """What returns the loss of what runs are scored by, where it is the user's own."""
        own = self._configuration.own_loss
        return None if own is None else lambda: self.loss(own)

    @cached_property
    def metrics(self) -> tuple[Measure, ...]:
        """The metrics."""
        if not self._configuration.own_metrics:
            return ()
        from paribus.engine.own_metric import load

        return tuple(load(each, self.files[each.sha256]) for each in self._configuration.own_metrics)

    def build(self) -> None:
        """Load all losses: what is built while tracing has no values."""
        own = [self._configuration.own_loss, *(each.own for each in self._configuration.beside)]
        for each in own:
            if each is not None:
                self.loss(each)
