"""What makes a function part of the public face: its own error for a wrong call, and shared descriptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from paribus.errors import UsageError
from paribus.texts import suggestion
from paribus.workflow.request import Request

P = ParamSpec("P")
R = TypeVar("R")


def public(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function part of the public face.

    A call that its signature does not allow raises a `UsageError`. A line ``...: As in `Request`.`` in its
    docstring becomes the descriptions of the options that it shares with others.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            raise _wrong_call(function.__name__, signature, tuple(kwargs)) from None
        return function(*args, **kwargs)

    documented = inspect.cleandoc(function.__doc__ or "")
    shared = [_DESCRIPTIONS[name] for name in signature.parameters if name in _DESCRIPTIONS]
    new = [each for each in shared if each.split(":")[0] + ":" not in documented]
    call.__doc__ = documented.replace("    ...: As in `Request`.", "\n".join(new))
    return call


_DESCRIPTIONS = {
    found[1]: found[0]
    for found in re.finditer(r"^    (\w+): .*(?:\n {8}.*)*", inspect.cleandoc(Request.__doc__ or ""), re.M)
    if found[1] in Request.__dataclass_fields__
}
"""How each option is described, by its name."""


def _wrong_call(name: str, signature: inspect.Signature, given: Sequence[str]) -> UsageError:
    known = list(signature.parameters)
    for each in given:
        if each not in known:
            near = suggestion(each, known)
            return UsageError(
                "run.unknown-argument", function=name, name=each, known=", ".join(known), suggestion=near
            )
    plain = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    call = signature.replace(parameters=plain, return_annotation=inspect.Signature.empty)
    return UsageError("run.wrong-call", function=name, call=f"{name}{call}")
