"""What a function trains, as arrays that a checkpoint keeps, and put back into the same objects.

Nothing is pickled: what is kept is arrays, numbers and text, and the way they lie in mappings and lists.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.errors import RunError

Arrays = dict[str, NDArray[Any]]
_TREE = "tree"


@dataclass
class _Written:
    """Arrays taken out of a tree, each under a number."""

    arrays: Arrays = field(default_factory=dict[str, "NDArray[Any]"])

    def put(self, array: NDArray[Any]) -> str:
        name = str(len(self.arrays))
        self.arrays[name] = np.array(array, order="C")  # a copy: training goes on
        return name


def capture(state: object) -> Arrays:
    """Return everything that `restore` needs, as arrays by name.

    Args:
        state: What has ``state_dict`` and ``load_state_dict``; what has ``save(folder)`` and
            ``load(folder)``; an array or a random generator of NumPy; or a mapping or sequence of these. A
            mapping or a list may also hold numbers and texts.

    Raises:
        RunError: There is something else in it.

    Example:
        >>> weights = {"w": np.zeros(2), "step": 3}
        >>> kept = capture(weights)
        >>> weights["w"] += 1
        >>> weights["step"] = 4
        >>> restore(weights, kept)
        >>> weights
        {'w': array([0., 0.]), 'step': 3}
    """
    written = _Written()
    tree = _captured(state, written, "state")
    return {**written.arrays, _TREE: _text(tree)}


def restore(state: object, kept: Mapping[str, NDArray[Any]]) -> None:
    """Put back into an object what `capture` returned of it.

    Raises:
        RunError: The object is another one by now, such as a network with other layers.
    """
    tree = json.loads(bytes(kept[_TREE]))
    try:
        _put_back(state, tree, kept)
    except RunError:
        raise
    except Exception as error:
        raise RunError("run.train-state-other", reason=f"{type(error).__name__}: {error}") from error


def named_arrays(state: object) -> Arrays:
    """Return the arrays of a state by name, for whoever wants the weights; tensors as arrays.

    Names are keys and places joined by dots. Optimizers of PyTorch, generators, numbers and what saves itself
    to a folder are left out.

    Args:
        state: As for `capture`.

    Example:
        >>> sorted(named_arrays({"net": {"w": np.zeros(2)}, "step": 3}))
        ['net.w']
    """
    found: Arrays = {}
    _add_named(state, "", found)
    return found


def _add_named(value: Any, place: str, found: Arrays) -> None:
    if isinstance(value, np.ndarray):
        found[place or "state"] = np.array(value, order="C")
    elif _is_torch_tensor(value):
        tensor = value.detach().cpu()
        found[place or "state"] = np.array((tensor.float() if tensor.is_floating_point() else tensor).numpy())
    elif isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        for key, each in () if "param_groups" in value else pairs:
            _add_named(each, f"{place}.{key}".lstrip("."), found)
    elif isinstance(value, list | tuple):
        for number, each in enumerate(cast("list[object]", value)):
            _add_named(each, f"{place}.{number}".lstrip("."), found)
    elif hasattr(value, "state_dict") and hasattr(value, "load_state_dict"):
        _add_named(dict(value.state_dict()), place, found)


def capture_randomness() -> Arrays:
    """Return the states of the generators that programs share: Python's, NumPy's, and PyTorch's if loaded."""
    version, numbers, gauss = random.getstate()
    _, keys, position, has_gauss, cached = cast("Any", np.random.get_state())
    tree = {"python": [version, gauss], "numpy": [int(position), int(has_gauss), float(cached)]}
    found: Arrays = {
        "python": np.array(numbers, np.uint64),
        "numpy": np.array(keys, np.uint32),
        _TREE: _text(tree),
    }
    torch = _torch()
    if torch is not None:
        found["torch"] = torch.random.get_rng_state().numpy().copy()
    return found


def restore_randomness(kept: Mapping[str, NDArray[Any]]) -> None:
    """Put back what `capture_randomness` returned."""
    tree = json.loads(bytes(kept[_TREE]))
    version, gauss = tree["python"]
    random.setstate((version, tuple(int(each) for each in kept["python"]), gauss))
    position, has_gauss, cached = tree["numpy"]
    np.random.set_state(("MT19937", kept["numpy"].astype(np.uint32), position, has_gauss, cached))
    torch = _torch()
    if torch is not None and "torch" in kept:
        torch.random.set_rng_state(torch.from_numpy(kept["torch"].copy()))


def seed_randomness(seed: int) -> None:
    """Seed the generators that programs share, so that what draws from them by itself repeats."""
    random.seed(seed)
    np.random.seed(seed)
    torch = _torch()
    if torch is not None:
        torch.manual_seed(seed)


def _torch() -> Any:
    """Return PyTorch where the user's file has imported it; None elsewhere."""
    return sys.modules.get("torch")


def _text(tree: object) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(tree).encode(), np.uint8)


def _is_torch_tensor(value: object) -> bool:
    torch = _torch()
    return torch is not None and isinstance(value, torch.Tensor)


def _captured(value: Any, written: _Written, place: str, *, held: bool = False) -> Any:  # noqa: PLR0911
    """Return a value as JSON that names its arrays.

    Args:
        value: What is captured.
        written: Takes its arrays.
        place: How a message calls it.
        held: Whether what holds it can be given another value in its place.
    """
    if value is None or isinstance(value, bool | int | float | str):
        if not held:
            raise RunError("run.train-state-alone", place=place, type=type(value).__name__)
        return value
    if isinstance(value, np.ndarray):
        return {"array": written.put(cast("NDArray[Any]", value))}
    if isinstance(value, np.generic):
        return _captured(value.item(), written, place, held=held)
    if _is_torch_tensor(value):
        return _tensor(value, written)
    if isinstance(value, np.random.Generator):
        return {"generator": _captured(value.bit_generator.state, written, place, held=True)}
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        of_map = [[_key(k, place), _captured(v, written, f"{place}[{k!r}]", held=True)] for k, v in pairs]
        return {"map": of_map}
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        inner = held or kind == "list"
        items = enumerate(cast("list[object]", value))
        return {kind: [_captured(v, written, f"{place}[{i}]", held=inner) for i, v in items]}
    if hasattr(value, "state_dict") and hasattr(value, "load_state_dict"):
        return {"state_dict": _captured(dict(value.state_dict()), written, place, held=True)}
    if hasattr(value, "save") and hasattr(value, "load"):
        return {"folder": _saved(value, written)}
    raise RunError("run.train-state-kind", place=place, type=type(value).__name__)


def _key(key: object, place: str) -> object:
    if isinstance(key, str | int) and not isinstance(key, bool):
        return key
    raise RunError("run.train-state-kind", place=f"{place}[{key!r}]", type=type(key).__name__)


def _tensor(value: Any, written: _Written) -> dict[str, str]:
    torch, plain = _torch(), value.detach().cpu()
    if plain.dtype is torch.bfloat16:  # which NumPy does not have
        return {"tensor": written.put(plain.view(torch.int16).numpy()), "as": "bfloat16"}
    return {"tensor": written.put(plain.numpy())}


def _saved(value: Any, written: _Written) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        value.save(folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return [
            [path.relative_to(folder).as_posix(), written.put(np.frombuffer(path.read_bytes(), np.uint8))]
            for path in files
        ]


def _value(tree: Any, kept: Mapping[str, NDArray[Any]]) -> Any:
    """Return a value anew, as `load_state_dict` takes it."""
    match tree:
        case {"array": name}:
            return kept[name].copy()
        case {"tensor": name}:
            torch = _torch()
            found = torch.from_numpy(kept[name].copy())
            return found.view(torch.bfloat16) if tree.get("as") == "bfloat16" else found
        case {"map": pairs}:
            return {key: _value(each, kept) for key, each in pairs}
        case {"list": items}:
            return [_value(each, kept) for each in items]
        case {"tuple": items}:
            return tuple(_value(each, kept) for each in items)
        case _:
            return tree


def _put_back(value: Any, tree: Any, kept: Mapping[str, NDArray[Any]]) -> None:
    """Put a tree back into an object; what only a mapping or a list can hold is set by these."""
    match tree:
        case {"array": name}:
            value[...] = kept[name]
        case {"tensor": name}:
            value.data.copy_(_value(tree, kept))
        case {"generator": state}:
            value.bit_generator.state = _value(state, kept)
        case {"state_dict": state}:
            value.load_state_dict(_value(state, kept))
        case {"folder": files}:
            _loaded(value, files, kept)
        case {"map": pairs}:
            for key, each in pairs:
                _put_in(value, key, each, kept)
        case {"list": items} | {"tuple": items}:
            if len(items) != len(value):
                raise ValueError(f"{len(value)} parts, {len(items)} were kept")
            for place, each in enumerate(items):
                _put_in(value, place, each, kept)
        case _:
            raise TypeError(f"a {type(value).__name__} alone cannot be put back")


def _put_in(holder: Any, key: Any, tree: Any, kept: Mapping[str, NDArray[Any]]) -> None:
    is_lacking = isinstance(holder, dict) and key not in holder
    is_plain = not isinstance(tree, dict) or "tuple" in tree
    if not isinstance(holder, tuple) and (is_plain or is_lacking or _is_other_array(holder[key], tree, kept)):
        holder[key] = _value(tree, kept)
    else:
        _put_back(holder[key], tree, kept)


def _is_other_array(there: Any, tree: dict[str, Any], kept: Mapping[str, NDArray[Any]]) -> bool:
    """Return whether an array was kept that cannot be written where one is, so that its views see it."""
    if "array" not in tree:
        return False
    array = kept[tree["array"]]
    return not isinstance(there, np.ndarray) or (there.shape, there.dtype) != (array.shape, array.dtype)


def _loaded(value: Any, files: list[list[str]], kept: Mapping[str, NDArray[Any]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        for relative, array in files:
            path = Path(name, relative)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(kept[array].tobytes())
        value.load(Path(name))
