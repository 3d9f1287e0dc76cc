"""What an object of a program is, as a digest that the next start of the program finds again.

The bytes of a pickle are none: they differ between versions of Python and even between two starts. So what
decides a training is walked: parameters, source, and whatever a function's source refers to. Where nothing is
known of an object its pickle stands for it, and then its runs may be trained again, but are never mistaken.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
import sysconfig
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
SEEDED = "random_state"
"""A parameter that every run sets by its seed, so that it is no part of what an estimator is."""


def identity(value: object) -> str:
    """Return the SHA-256 of what an object is.

    Args:
        value: A function, a class, an estimator, a network, or anything that they refer to.

    Example:
        >>> identity(lambda: 1) == identity(lambda: 2)
        False
    """
    digest = hashlib.sha256()
    for part in _Walk().parts(value):
        digest.update(f"{len(part)}:".encode())
        digest.update(part)
    return digest.hexdigest()


class _Walk:
    """Walks an object; what was met before is named by its place, so that a circle ends."""

    def __init__(self) -> None:
        self._met: dict[int, int] = {}
        self._kept: list[object] = []  # so that no id is used twice

    def parts(self, value: Any) -> Iterator[bytes]:
        if isinstance(value, _PLAIN):
            yield f"{type(value).__name__} {value!r}".encode()
            return
        if id(value) in self._met:
            yield f"met {self._met[id(value)]}".encode()
            return
        self._met[id(value)] = len(self._met)
        self._kept.append(value)
        yield f"{type(value).__module__}.{type(value).__qualname__}".encode()
        yield from self._inside(value)

    def _inside(self, value: Any) -> Iterator[bytes]:
        ways: Any = (
            (ModuleType, self._module),
            (type, self._class),
            (partial, self._partial),
            (MethodType, self._method),
            (FunctionType, self._function),
            (Mapping, self._mapping),
            ((list, tuple), self._each),
            ((set, frozenset), self._set),
        )
        walk = next((way for kind, way in ways if isinstance(value, kind)), self._object)
        yield from walk(value)

    def _each(self, values: Iterable[object]) -> Iterator[bytes]:
        for each in values:
            yield from self.parts(each)

    def _partial(self, made: partial[Any]) -> Iterator[bytes]:
        yield from self._each((made.func, made.args, made.keywords))

    def _method(self, bound: MethodType) -> Iterator[bytes]:
        yield from self._each((bound.__func__, bound.__self__))

    def _mapping(self, by_name: Mapping[object, object]) -> Iterator[bytes]:
        yield from self._each(part for pair in by_name.items() for part in pair)

    def _set(self, members: Iterable[object]) -> Iterator[bytes]:
        yield from sorted(identity(each).encode() for each in members)

    def _module(self, value: ModuleType) -> Iterator[bytes]:
        yield value.__name__.encode()
        if (file := _own_file(value.__name__)) is not None:
            yield file.read_bytes()

    def _object(self, value: Any) -> Iterator[bytes]:
        if (array := _as_array(value)) is not None:
            yield f"{array.dtype} {array.shape}".encode()
            yield np.ascontiguousarray(array).tobytes()
            return
        yield from self.parts(type(value))
        if hasattr(value, "get_params"):  # an estimator of scikit-learn, or one that is like it
            for name, each in sorted(value.get_params(deep=False).items()):
                if name != SEEDED:
                    yield from self.parts((name, each))
        elif hasattr(value, "named_modules") and hasattr(value, "state_dict"):  # its weights are drawn anew
            yield repr(value).encode()
            for name, each in value.named_modules():
                kept = {key: of for key, of in vars(each).items() if isinstance(of, (*_PLAIN, tuple))}
                yield from self.parts((name, type(each), kept))
            for name, each in value.state_dict().items():
                yield f"{name} {tuple(each.shape)} {each.dtype}".encode()
        elif _own_file(type(value).__module__) is not None and hasattr(value, "__dict__"):
            yield from self.parts(vars(value))
        else:
            import cloudpickle

            yield cloudpickle.dumps(value)

    def _class(self, value: type[Any]) -> Iterator[bytes]:
        yield f"{value.__module__}.{value.__qualname__}".encode()
        if _own_file(value.__module__) is None:
            return
        with suppress(OSError, TypeError):
            yield textwrap.dedent(inspect.getsource(value)).encode()
        for each in value.__bases__:
            yield from self.parts(each)
        for _, each in sorted(vars(value).items()):
            if isinstance(each, FunctionType):
                yield from self._function(each)

    def _function(self, value: FunctionType) -> Iterator[bytes]:
        yield value.__qualname__.encode()
        if _own_file(value.__module__) is None and "<" not in value.__qualname__:  # known by its name
            yield value.__module__.encode()
            return
        source = "" if value.__name__ == "<lambda>" else _source(value)
        if source:  # which, unlike its code, is the same in every version of Python
            yield source.encode()
        else:
            yield from _code(value.__code__)
        yield from self.parts((value.__defaults__, value.__kwdefaults__))
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            with suppress(ValueError):  # a name that is not bound yet
                yield from self.parts((name, cell.cell_contents))
        for name in _names(value.__code__):
            if name in value.__globals__:
                yield from self.parts((name, value.__globals__[name]))


def _source(value: FunctionType) -> str:
    """Return a function's source; empty where it has none."""
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        return ""


def _code(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    yield repr((code.co_names, code.co_varnames)).encode()
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _code(each)
        else:
            yield repr(each).encode()


def _names(code: CodeType) -> list[str]:
    """Return the names that a function's code looks up, and those that functions within it do, sorted."""
    inner = (name for each in code.co_consts if isinstance(each, CodeType) for name in _names(each))
    return sorted({*code.co_names, *inner})


def _as_array(value: Any) -> Any:
    """Return an array or a tensor as an array of NumPy; None of anything else, and of Python objects."""
    if not hasattr(value, "__array__") or isinstance(value, type):
        return None
    try:
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except (TypeError, ValueError, RuntimeError):
        return None
    return None if array.dtype.kind == "O" else array


@cache
def _own_file(module: str) -> Path | None:
    """Return the file of a module that belongs to the user's program; None of one that is installed.

    A program without a file, such as a notebook, is its own too.
    """
    if module == "__main__":
        return Path(getattr(sys.modules[module], "__file__", None) or __file__)
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return None
    path = Path(file).resolve()
    ours = Path(__file__).resolve().parents[1]
    installed = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")]
    is_installed = any(path.is_relative_to(each) for each in (*installed, ours))
    return None if is_installed or "site-packages" in path.parts else path
