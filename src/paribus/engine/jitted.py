"""Functions compiled for the shapes of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import jax

from paribus.engine import devices

# Without it XLA copies all weights at every step of a loop before it changes them.
OPTIONS: Mapping[str, str | bool] = {"xla_cpu_copy_insertion_use_region_analysis": True}


Compiled = Callable[..., Any]


class Keeper(Protocol):
    """Keeps compiled functions between processes."""

    def function(self, name: str, arguments: tuple[Any, ...]) -> Compiled | None:
        """Return a function for such arguments; None where it is not kept."""
        ...

    def keep(self, name: str, arguments: tuple[Any, ...], compile_: Callable[[], Compiled]) -> Compiled:
        """Compile a function and keep it."""
        ...


class Functions:
    """Take functions from what is kept, else compile them, once all that they are traced with is built.

    Args:
        kept: Where they are kept; None for nowhere.
        build: Builds what they are traced with.
    """

    def __init__(self, kept: Keeper | None, build: Callable[[], None]) -> None:
        self._kept, self._build = kept, build

    def function(self, name: str, arguments: tuple[Any, ...]) -> Compiled | None:
        """Return a function for such arguments; None where it is not kept."""
        return self._kept.function(name, arguments) if self._kept else None

    def keep(self, name: str, arguments: tuple[Any, ...], compile_: Callable[[], Compiled]) -> Compiled:
        """Compile a function and keep it."""
        self._build()
        return self._kept.keep(name, arguments, compile_) if self._kept else compile_()


class Jitted:
    """A function that is compiled once for each shape of its arguments, on demand or in advance.

    Args:
        function: The function; its arguments are trees of arrays.
        donated: The position of the argument whose memory the result may reuse; None for none.
        options: Options of XLA for a CPU in addition to `OPTIONS`; elsewhere it has none.
        kept: Where compiled functions are kept, so that they need not be traced; None for nowhere.

    Example:
        >>> double = Jitted(lambda x: 2 * x)
        >>> int(double(jax.numpy.asarray(21)))
        42
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        donated: int | None = None,
        options: Mapping[str, str | bool] | None = None,
        kept: Keeper | None = None,
    ) -> None:
        self._jit = jax.jit(function, donate_argnums=() if donated is None else (donated,))
        self._options = {**OPTIONS, **(options or {})} if devices.is_cpu() else {}
        self._kept, self._name = kept, f"{function.__module__}.{function.__qualname__}"
        self._compiled: dict[tuple[object, ...], Compiled] = {}

    def compiled(self, *arguments: Any) -> Compiled:
        """Compile the function for such arguments: arrays, or a `jax.ShapeDtypeStruct` in their place."""
        key = tuple((leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(arguments))
        if key not in self._compiled:
            self._compiled[key] = self._made(arguments)
        return self._compiled[key]

    def _made(self, arguments: tuple[Any, ...]) -> Compiled:
        def compiled() -> Compiled:
            return self._jit.lower(*arguments).compile(compiler_options=self._options)

        if self._kept is None:
            return compiled()
        found = self._kept.function(self._name, arguments)
        return found or self._kept.keep(self._name, arguments, compiled)

    def __call__(self, *arguments: Any) -> Any:
        """Call the function."""
        return self.compiled(*arguments)(*arguments)
