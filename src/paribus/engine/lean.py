"""Import Keras without what it loads for plots, tables, scikit-learn's interface and TPUs.

That is two thirds of its import. Each such module is loaded as soon as something of it is used, so whoever
needs it notices nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

_LATER = {
    *(
        f"{keras}.{part}"
        for keras in ("keras", "keras._tf_keras.keras")
        for part in ("visualization", "wrappers")
    ),
    "keras.src.trainers.data_adapters.array_slicing",  # which loads pandas
    "keras.src.visualization",
}
_TPU = "jax.experimental.pallas.ops.tpu.splash_attention"
_TPU_PARTS = ("splash_attention_kernel", "splash_attention_mask")


class _Finder(MetaPathFinder):
    """Find the modules that can wait, while Keras is being imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is, to be loaded when it is first used; None for all others."""
        importing = getattr(getattr(sys.modules.get("keras"), "__spec__", None), "_initializing", False)
        if not importing:
            return None
        if fullname == "keras.src.backend.jax.nn" and _TPU not in sys.modules:
            sys.modules[_TPU] = package = ModuleType(_TPU)
            for part in _TPU_PARTS:
                setattr(package, part, _OnTPU(f"{_TPU}.{part}"))
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _LATER else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


class _OnTPU(ModuleType):
    """A module of JAX's that Keras uses for attention on TPUs alone."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if not hasattr(sys.modules.get(_TPU), "__path__"):
            sys.modules.pop(_TPU, None)  # the real one takes its place
        return getattr(import_module(self.__name__), name)


def install() -> None:
    """Make later imports of Keras lean; one that has been made stays as it is."""
    if not any(isinstance(each, _Finder) for each in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
