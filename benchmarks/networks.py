"""Networks that people know, trained with Adam, softmax and categorical cross-entropy.

Their layers are written once, as pairs of a kind and its numbers, and built by every contender. ReLU follows
each convolution and each dense layer but the last.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

Layers = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Network:
    """A network and its data.

    Args:
        title: In tables.
        data: ``mnist``, ``cifar10``, ``table``: 20,000 rows of 50 numbers, or ``tokens``: 20,000 sequences of
            100 words, of 5,000; both in ten classes.
        shape: Of an input.
        layers: ``("conv", filters, side of the kernel, padding)``, ``("pool", side, stride, padding)``,
            ``("dense", units)``, ``("dropout", rate)``, ``("lstm", units)``, ``("gru", units)``,
            ``("embedding", words, units)``, ``("normalize",)``: batch normalization, ``("average",)`` over
            all places, or ``("flatten",)``.
    """

    title: str
    data: str
    shape: tuple[int, ...]
    layers: Layers


_POOL = ("pool", 2, 2, "valid")
_OVERLAPPING = ("pool", 3, 2, "same")
_HALF, _FIFTH = ("dropout", 0.5), ("dropout", 0.2)

NETWORKS: dict[str, Network] = {
    "mnist_convnet": Network(
        "Keras's MNIST convnet",
        "mnist",
        (28, 28, 1),
        (
            ("conv", 32, 3, "valid"),
            _POOL,
            ("conv", 64, 3, "valid"),
            _POOL,
            ("flatten",),
            _HALF,
            ("dense", 10),
        ),
    ),
    "cifar_cnn": Network(
        "TensorFlow's CIFAR-10 CNN",
        "cifar10",
        (32, 32, 3),
        (
            *(("conv", 32, 3, "valid"), _POOL, ("conv", 64, 3, "valid"), _POOL, ("conv", 64, 3, "valid")),
            *(("flatten",), ("dense", 64), ("dense", 10)),
        ),
    ),
    "2c2d": Network(
        "DeepOBS 2c2d",
        "mnist",
        (28, 28, 1),
        (
            *(("conv", 32, 5, "same"), _POOL, ("conv", 64, 5, "same"), _POOL),
            *(("flatten",), ("dense", 1024), ("dense", 10)),
        ),
    ),
    "3c3d": Network(
        "DeepOBS 3c3d",
        "cifar10",
        (32, 32, 3),
        (
            *(("conv", 64, 5, "valid"), _OVERLAPPING, ("conv", 96, 3, "valid"), _OVERLAPPING),
            *(("conv", 128, 3, "same"), _OVERLAPPING, ("flatten",)),
            *(("dense", 512), ("dense", 256), ("dense", 10)),
        ),
    ),
    "mnist_mlp": Network(
        "Keras's MNIST MLP",
        "mnist",
        (784,),
        (("dense", 512), _FIFTH, ("dense", 512), _FIFTH, ("dense", 10)),
    ),
    "table": Network(
        "MLP on a table, 50-64-64-10", "table", (50,), (("dense", 64), ("dense", 64), ("dense", 10))
    ),
    "lstm": Network("LSTM 64 on MNIST's rows", "mnist", (28, 28), (("lstm", 64), ("dense", 10))),
    "gru": Network("GRU 64 on MNIST's rows", "mnist", (28, 28), (("gru", 64), ("dense", 10))),
    "normalized": Network(
        "Convolutions with batch normalization",
        "cifar10",
        (32, 32, 3),
        (
            *(("conv", 32, 3, "same"), ("normalize",), _POOL, ("conv", 64, 3, "same"), ("normalize",), _POOL),
            *(("flatten",), ("dense", 64), ("normalize",), _HALF, ("dense", 10)),
        ),
    ),
    "words": Network(
        "Embedding and average of words",
        "tokens",
        (100,),
        (("embedding", 5000, 32), ("average",), ("dense", 64), ("dense", 10)),
    ),
}


@dataclass(frozen=True)
class NetworkCell:
    """A network at a batch size; used as `benchmarks.cells.Cell` is.

    Args:
        network: Its name in `NETWORKS`.
        batch_size: Examples a step.
    """

    network: str
    batch_size: int
    optimizer: str = "adam"
    learning_rate: float = 0.001
    l2: float = 0.0
    convolution: bool = True

    @property
    def data(self) -> str:
        """The name of its data."""
        return NETWORKS[self.network].data

    @property
    def name(self) -> str:
        """Name the cell in one word."""
        return f"{self.network}-{self.batch_size}"

    @property
    def checked_images(self) -> int:
        """The number of examples of the epochs that warm up."""
        return self.least_images

    @property
    def least_images(self) -> int:
        """The fewest examples of an epoch: `fit` spends some 37 ms on every call, whatever it trains."""
        steps = {
            "table": 20_000 // self.batch_size,
            "mnist_mlp": 256,
            "lstm": 128,
            "gru": 128,
            "mnist_convnet": 32,
        }
        steps["words"] = 20_000 // self.batch_size
        return self.batch_size * steps.get(self.network, 16)

    def to_json(self) -> dict[str, Any]:
        """Return everything that a contender needs to know."""
        network = NETWORKS[self.network]
        return {
            **asdict(self),
            "name": self.name,
            "data": network.data,
            "shape": network.shape,
            "layers": network.layers,
        }


NETWORK_FAMILIES = tuple(tuple(NetworkCell(name, size) for name in NETWORKS) for size in (128, 32))
"""Cells that the same processes train one after the other."""

NETWORK_CELLS = tuple(cell for family in NETWORK_FAMILIES for cell in family)


_KERAS = {
    "flatten": "flatten",
    "normalize": "batch_normalization",
    "average": "global_average_pooling1d",
}


def paribus_layers(layers: Layers, shape: tuple[int, ...]) -> list[Any]:
    """Return the layers as a study file has them."""
    found: list[Any] = [{"reshape": {"target_shape": list(shape)}}] if len(shape) == 2 else []
    found += ["flatten"] if layers[0][0] == "embedding" else []
    for place, (kind, *numbers) in enumerate(layers):
        last = place == len(layers) - 1
        if kind == "conv":
            filters, side, padding = numbers
            found.append(
                {
                    "conv2d": {
                        "filters": filters,
                        "kernel_size": side,
                        "padding": padding,
                        "activation": "relu",
                    }
                }
            )
        elif kind == "pool":
            side, stride, padding = numbers
            found.append({"max_pooling2d": {"pool_size": side, "strides": stride, "padding": padding}})
        elif kind == "dense":
            found.append({"dense": {"units": numbers[0], "activation": "softmax" if last else "relu"}})
        elif kind == "dropout":
            found.append({"dropout": {"rate": numbers[0]}})
        elif kind in ("lstm", "gru"):
            found.append({kind: {"units": numbers[0]}})
        elif kind == "embedding":
            found.append({"embedding": {"input_dim": numbers[0], "output_dim": numbers[1]}})
        else:
            found.append(_KERAS[kind])
    return found
