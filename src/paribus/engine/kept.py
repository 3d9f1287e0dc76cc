"""What one process keeps of a configuration, so that a later one need not build its network with Keras.

That is its compiled functions, what is known of its network, and its initial weights by seed. They are found
by all that they follow from: configuration, the code that computes them, versions, processor and settings.
What is missing, damaged or of anything else is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files as files_of
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax._src import compilation_cache
from jax._src.core import ShapedArray
from jax._src.interpreters.pxla import UnloadedMeshExecutable
from jax._src.lib import xla_client  # pyright: ignore[reportPrivateImportUsage]
from safetensors.numpy import load, save

from paribus.engine.compiled import Entries, make_room
from paribus.engine.stepwise import State
from paribus.engine.trees import from_plain, to_plain
from paribus.record.environment import environment, machine
from paribus.study.configuration import Configuration

MAX_BYTES = 256 * 2**20
"""The largest size of all initial weights together."""

_MAX_WEIGHTS = 48 * 2**20  # bytes of the initial state of one network that is still kept
_COMPUTES = ("engine", "study")  # the rooms whose code says what is computed
_NOT_COMPUTING = ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE")

_PARTS = [f"{part}/" for part in State._fields]

Arguments = tuple[Any, ...]


class Kept:
    """What is kept of one configuration.

    Args:
        entries: Where compiled programs lie.
        configuration: What is trained; seed and number of epochs are no part of it.
        image: One example's shape.
        mode: How its epochs are computed.
    """

    def __init__(
        self, entries: Entries, configuration: Configuration, image: tuple[int, ...], mode: str
    ) -> None:
        self._entries, self._weights = entries, Entries(entries.folder / "initial")
        trained = configuration.model_copy(update={"epochs": 1, "early_stopping": None})
        parts = [trained.model_dump_json(), list(image), mode, _origin()]
        self._name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def function(self, name: str, arguments: Arguments) -> Callable[..., Any] | None:
        """Return a compiled function for such arguments; None where it is not kept."""
        with suppress(AttributeError, KeyError, TypeError, ValueError, jax.errors.JaxRuntimeError):
            about = self.about(_key(name, arguments))
            return None if about is None else _loaded(about, arguments)
        return None

    def keep(self, name: str, arguments: Arguments, compile_: Callable[[], Any]) -> Callable[..., Any]:
        """Compile a function, and keep where its program lies and what it takes and returns.

        Args:
            name: Of the function, among those of its configuration.
            arguments: As it will be called with.
            compile_: Compiles it through JAX's cache.
        """
        self._entries.asked = None
        compiled = compile_()
        with suppress(AttributeError):
            about = _description(compiled, self._entries.asked)
            if about is not None:
                self.keep_about(_key(name, arguments), about)
        return compiled

    def about(self, name: str) -> Any:
        """Return what is kept under a name, as JSON has it; None where nothing is."""
        content = self._entries.get(f"{self._name}/{name}")
        return None if content is None else json.loads(content)

    def keep_about(self, name: str, value: object) -> None:
        """Keep a value that JSON has under a name."""
        self._entries.put(f"{self._name}/{name}", json.dumps(value).encode())

    def initial(self, seed: int) -> State | None:
        """Return the initial state of a seed; None where it is not kept."""
        content = self._weights.get(f"{self._name}/{seed}")
        if content is None:
            return None
        arrays = load(content)
        names = ([name for name in sorted(arrays) if name.startswith(part)] for part in _PARTS)
        return State(*([jax.device_put(arrays[name], may_alias=False) for name in part] for part in names))

    def keep_initial(self, seed: int, state: State) -> None:
        """Keep the initial state of a seed, unless it is large."""
        arrays = {
            f"{part}{place:06}": np.asarray(value)
            for part, values in zip(_PARTS, state, strict=True)
            for place, value in enumerate(values)
        }
        size = sum(array.nbytes for array in arrays.values())
        if size <= _MAX_WEIGHTS:
            make_room(self._weights.folder, MAX_BYTES - size)
            self._weights.put(f"{self._name}/{seed}", save(arrays))


def _key(name: str, arguments: Arguments) -> str:
    leaves, tree = jax.tree.flatten(arguments)
    return f"{name} {tree} {[(leaf.shape, str(leaf.dtype)) for leaf in leaves]}"


def _description(compiled: Any, program: str | None) -> dict[str, Any] | None:
    """Return what is needed to call a compiled function again; None where more than that would be."""
    loaded: UnloadedMeshExecutable = compiled._executable._unloaded_executable
    has_more = (
        loaded.mut or loaded.ordered_effects or loaded.unordered_effects or loaded.host_callbacks
    ) or compiled._params.const_args
    if program is None or has_more:
        return None
    count = len(loaded.output_avals)
    return {
        "program": program,
        "name": loaded.name,
        "takes": sorted(loaded.kept_var_idx),
        "returns": [(each.shape, str(each.dtype), bool(each.weak_type)) for each in loaded.output_avals],
        "tree": to_plain(jax.tree.unflatten(compiled.out_tree, range(count))),
    }


def _loaded(about: Mapping[str, Any], arguments: Arguments) -> Callable[..., Any] | None:
    device: Any = jax.devices("cpu")[0]
    devices = xla_client.DeviceList((device,))
    executable, _ = compilation_cache.get_executable_and_time(about["program"], None, device.client, devices)
    if executable is None:
        return None
    given = [ShapedArray(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(arguments)]
    taken = [given[place] for place in about["takes"]]
    returned = [
        ShapedArray(tuple(shape), np.dtype(dtype), weak_type=weak) for shape, dtype, weak in about["returns"]
    ]
    here = jax.sharding.SingleDeviceSharding(device)
    mesh = UnloadedMeshExecutable(
        xla_executable=executable,
        device_list=devices,
        backend=device.client,
        input_avals=taken,
        input_shardings=[here] * len(taken),
        output_avals=returned,
        output_shardings=[here] * len(returned),
        committed=False,
        name=about["name"],
        unordered_effects=[],
        ordered_effects=[],
        keepalive=[],
        host_callbacks=[],
        kept_var_idx=set(about["takes"]),
        mut=None,
        xla_in_layouts=[None] * len(taken),
        dispatch_in_layouts=[None] * len(taken),
        xla_out_layouts=[None] * len(returned),
        all_args_info=None,
        pgle_profiler=None,
    ).load()
    infos = [jax.stages.ArgInfo(each, donated=False) for each in given]
    as_lowered: Any = jax.tree.unflatten(jax.tree.structure((arguments, {})), infos)
    tree = jax.tree.structure(from_plain(about["tree"]))
    return jax.stages.Compiled(mesh, [], as_lowered, tree, no_kwargs=True)


@cache
def _origin() -> list[object]:
    """Return what functions follow from beside a configuration: code, versions, processor and settings."""
    code = hashlib.sha256()
    for room in _COMPUTES:
        for file in sorted(Path(str(files_of("paribus") / room)).rglob("*.*")):
            if file.suffix in (".py", ".json"):
                code.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    settings = {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(("JAX_", "KERAS_", "XLA_", "NPROC")) and not name.startswith(_NOT_COMPUTING)
    }
    return [code.hexdigest(), environment()["versions"], machine(), settings, _keras_file()]


def _keras_file() -> str:
    """Return the user's settings of Keras, which it writes with its defaults where there are none."""
    home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
    with suppress(OSError, ValueError):
        found: Any = json.loads((home / "keras.json").read_bytes())
        return str(found.get("epsilon", 1e-7))
    return str(1e-7)
