"""A grammar of studies: mostly such as people write, with a part that is wrong, or bytes that are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random

from paribus.study.configuration import Configuration
from paribus.study.techniques import Kind, names

OPTIMIZERS, INITIALIZERS, LAYERS = (names(kind) for kind in (Kind.OPTIMIZER, Kind.INITIALIZER, Kind.LAYER))
REGULARIZERS = ("l1", "l2", "l1_l2", "orthogonal_regularizer")
LOSSES = ("categorical_crossentropy", "binary_crossentropy", "mean_squared_error", "huber", "hinge")
_JUNK = (
    None, True, False, 0, -1, 1, 2, 3.5, -0.0, 1e-9, 1e9, 10**18, 10**40, float("nan"), float("inf"), "",
    "adam", "l2", "v0", "none", "yes", "1e3", "\u00e9", "\u202e", "a" * 300, "../x", "[]", "=1+1", [], {},
    [[]], {"": 1}, {"name": "adam"}, {"l2": -1}, [1, "a"], "\x00", "v0 vs v1", "0x10", "2020-01-01",
)  # fmt: skip
_PIECES = (
    b": ", b"\n", b"  ", b"- ", b"{", b"}", b"[", b"]", b"&a ", b"*a", b"!!python/object ", b"? ", b"'", b'"',
    b"|\n", b"#", b"---\n", b"...", b"%", b"<<: ", b"\t", b",", b"\xff", b"\x00", b"\xe2\x80\xa8", b"1e999",
)  # fmt: skip

Settings = dict[str, object]


def _rate(draw: Random) -> float:
    return float(f"{10 ** draw.uniform(-6, 1):.3g}")


def _named(draw: Random, known: Sequence[str]) -> object:
    if draw.random() < 0.8:
        return draw.choice(["zeros", "ones", "random_normal", {"name": "constant", "value": 0.5}])
    name = draw.choice(known)
    return draw.choice([name, {"name": name}, {"name": name, draw.choice(["value", "stddev", "seed"]): 1}])


def _optimizer(draw: Random) -> object:
    return draw.choice(
        [draw.choice(OPTIMIZERS), {"name": draw.choice(OPTIMIZERS), "learning_rate": _rate(draw)}]
    )


def _layer(draw: Random) -> object:
    name = draw.choice(LAYERS)
    sizes = [None, draw.randint(1, 9), {"units": draw.randint(1, 99)}, {"filters": 4, "kernel_size": 3}]
    size = draw.choice(sizes)
    return name if size is None else {name: size}


def _model(draw: Random) -> object:
    hidden = [draw.randint(1, 99) for _ in range(draw.randint(0, 3))]
    if draw.random() < 0.8:
        return {"hidden": hidden, "activation": draw.choice(["relu", "tanh", "sigmoid"]), "output": "softmax"}
    usual = [
        {"conv2d": {"filters": 4, "kernel_size": 3}},
        "max_pooling2d",
        {"dropout": 0.5},
        "batch_normalization",
    ]
    layers = [
        _layer(draw) if draw.random() < 0.3 else deepcopy(draw.choice(usual))
        for _ in range(draw.randint(0, 3))
    ]
    return [*layers, "flatten", {"dense": {"units": draw.choice([1, 10]), "activation": "softmax"}}]


_VALUES: dict[str, Callable[[Random], object]] = {
    "model": _model,
    "optimizer": _optimizer,
    "learning_rate": _rate,
    "loss": lambda draw: draw.choice(LOSSES),
    "kernel_regularizer": lambda draw: draw.choice([None, {"l2": _rate(draw)}, draw.choice(REGULARIZERS)]),
    "bias_initializer": lambda draw: _named(draw, INITIALIZERS),
    "kernel_initializer": lambda draw: _named(draw, INITIALIZERS),
    "batch_size": lambda draw: draw.randint(1, 512),
    "epochs": lambda draw: draw.randint(1, 60),
    "scale": lambda draw: draw.choice(["none", "unit", "standard"]),
    "validation": lambda draw: draw.choice([0.1, 0.2, 0.5]),
    "early_stopping": lambda draw: {
        "monitor": draw.choice(["loss", "val_loss"]),
        "patience": draw.randint(0, 9),
    },
    "data": lambda draw: draw.choice(["mnist", "cifar10", "fashion_mnist"]),
    "split": lambda draw: draw.choice(["random", "stratified", "time", None]),
    "folds": lambda draw: draw.choice([2, 3, 10, None]),
    "train_size": lambda draw: draw.choice([0.1, 0.5, 1000, None]),
    "label_noise": lambda draw: draw.choice([0.1, {"share": 0.2}, None]),
    "class_weight": lambda draw: draw.choice(["balanced", None]),
    "augment": lambda draw: draw.choice([[], ["random_flip"], [{"random_zoom": [0, 0.1]}]]),
    "reduce_on_plateau": lambda draw: {"patience": draw.randint(0, 3)},
}
_UNKNOWN = sorted({*Configuration.model_fields} - {*_VALUES})


def study(draw: Random) -> Settings:
    """Return a study as a mapping, in three of four cases with something wrong in it."""
    base = {
        key: make(draw)
        for key, make in _VALUES.items()
        if key in _ALWAYS or (key not in _RARE and draw.random() < 0.1)
    }
    count = draw.randint(1, 5)
    variants: dict[str, object] = {}
    for place in range(count):
        keys = draw.sample(sorted(_VALUES), draw.randint(0, 3))
        settings: Settings = {key: _VALUES[key](draw) for key in keys}
        if place and draw.random() < 0.4:
            settings["from"] = f"v{draw.randint(0, place - 1)}"
        variants[f"v{place}"] = settings
    found: Settings = {"name": "fuzzed", "seeds": draw.randint(1, 12), "base": base, "variants": variants}
    if draw.random() < 0.6 and count > 1:
        first = draw.randrange(count)
        pair = {"treatment": f"v{first}", "reference": f"v{(first + 1) % count}"}
        found["questions"] = [pair]
    if draw.random() < 0.2:
        found["margin"] = _rate(draw)
    for _ in range(draw.choice([0, 1, 1, 2])):
        _spoil(draw, found)
    return found


_RARE = ("learning_rate", "reduce_on_plateau", "folds", "split")
_ALWAYS = ("data", "model", "loss", "optimizer", "epochs", "scale")


def _spoil(draw: Random, tree: Settings) -> None:
    """Put something wrong at a place of the tree, in its keys or its values."""
    node: object = tree
    while True:
        keys = (
            list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
        )
        if not keys:
            return
        key = draw.choice(keys)
        inner = node[key]  # type: ignore[index]  # a key of a dict or a place of a list, whichever it is
        if isinstance(inner, dict | list) and inner and draw.random() < 0.8:
            node = inner
            continue
        kind = draw.randrange(4)
        if kind == 0 and isinstance(node, dict):
            node[draw.choice([*_UNKNOWN, "x", "from", "name", "\u00e9"])] = deepcopy(draw.choice(_JUNK))
        elif kind == 1:
            del node[key]  # type: ignore[attr-defined]  # as above
        else:
            node[key] = deepcopy(draw.choice(_JUNK))  # type: ignore[index]  # as above
        return


def written(draw: Random) -> bytes:
    """Return a study as the bytes of a file: YAML or JSON, with bytes changed in one of three."""
    tree = study(draw)
    content = json.dumps(tree, indent=draw.choice([None, 1]), ensure_ascii=draw.random() < 0.5).encode(
        errors="replace"
    )
    if draw.random() < 0.5:
        content = _as_yaml(tree).encode(errors="replace")
    if draw.random() < 0.35:
        content = changed(draw, content)
    return content


def _as_yaml(tree: Settings) -> str:
    """Return the first two levels as blocks and the others in brackets, as people write them."""
    lines: list[str] = []
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            lines.append(f"{key}:")
            lines += [f"  {inner}: {json.dumps(its, ensure_ascii=False)}" for inner, its in value.items()]
        else:
            lines.append(f"{key}: {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def changed(draw: Random, content: bytes) -> bytes:
    """Return some bytes with a few changed, left out, doubled or put in."""
    found = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 5])):
        at = draw.randrange(len(found) + 1)
        kind = draw.randrange(6)
        if kind == 0 and at < len(found):
            found[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del found[at : at + draw.choice([1, 4, 50])]
        elif kind == 2:
            found[at:at] = draw.choice(_PIECES)
        elif kind == 3:
            found[at:at] = found[at : at + draw.choice([3, 30])]
        elif kind == 4:
            del found[at:]
        else:
            found[at:at] = draw.choice(_PIECES) * draw.choice([2, 40, 3000])
    return bytes(found)
