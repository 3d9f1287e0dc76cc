"""The cells of the benchmark: what is trained, by which contender, with how many processes and threads.

A cell is one network, data set, optimizer and batch size. All contenders train the same cells; those at the
middle of it all are the lab's: variant 2 (MNIST, 784-784-10) and 7b (CIFAR-10, 3072-3072-10), ReLU, binary
cross-entropy on ten sigmoid outputs, SGD, L2 0.01 on kernels and biases, pixels 0 to 255.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from math import prod
from typing import Any

from benchmarks.networks import NetworkCell

BATCH_SIZES = (128, 8, 32, 512, 1)
"""In the order of measuring: one process trains them all, the first right after its start."""

SHAPES = {"mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
TABLE_ROWS = 20_000
WHOLE_EPOCH = {"mnist": 54_000, "cifar10": 45_000, "table": TABLE_ROWS, "tokens": TABLE_ROWS}
"""Training images of the lab: nine tenths of those of the data set; else rows of numbers or words."""

_CHECKED = {
    "mnist": {1: 512, 8: 2048, 32: 4096, 128: 8192, 512: 8192},
    "cifar10": {1: 64, 8: 256, 32: 512, 128: 1024, 512: 1024},
}


@dataclass(frozen=True)
class Cell:
    """What is trained.

    Args:
        data: ``mnist`` or ``cifar10``.
        batch_size: Images a step.
        hidden: Units of each hidden dense layer.
        optimizer: ``sgd``, ``rmsprop`` or ``adam``.
        learning_rate: Its rate.
        l2: λ of λ·Σw², on kernels and biases.
        convolution: Whether 8 filters of 3 × 3, ReLU and 2 × 2 max pooling come first.
    """

    data: str
    batch_size: int
    hidden: tuple[int, ...]
    optimizer: str = "sgd"
    learning_rate: float = 0.01
    l2: float = 0.01
    convolution: bool = False

    @property
    def name(self) -> str:
        """Name the cell in one word, such as ``mnist-784-sgd-128``."""
        layers = [*(["conv"] if self.convolution else []), *map(str, self.hidden)]
        return "-".join([self.data, *layers, self.optimizer, str(self.batch_size)])

    @property
    def inputs(self) -> int:
        """The number of values in an image."""
        return prod(SHAPES[self.data])

    @property
    def checked_images(self) -> int:
        """The number of images of the two epochs after which all contenders' losses are compared."""
        known = _CHECKED[self.data]
        return known.get(self.batch_size) or known[min(known, key=lambda size: abs(size - self.batch_size))]

    def flops_per_image(self) -> int:
        """Count the floating-point operations of the dense layers' matrix products, for one training image.

        A product of (m × k) and (k × n) counts 2·m·k·n. The first layer needs two products of its own size:
        forward, and the gradient of its weights; its inputs are data and need no gradient. Every later
        layer needs three: forward, weights' gradient, inputs' gradient. Validation is not part of an epoch
        here, biases, activations, losses and the optimizer's arithmetic are not counted.

        Example:
            >>> MNIST.flops_per_image() == 2 * 2 * 784 * 784 + 3 * 2 * 784 * 10
            True
        """
        widths = [self.inputs, *self.hidden, 10]
        return sum(
            (2 if layer == 0 else 3) * 2 * inputs * units
            for layer, (inputs, units) in enumerate(pairwise(widths))
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything that a contender needs to know."""
        return {**asdict(self), "name": self.name, "shape": SHAPES[self.data]}


MNIST = Cell("mnist", 128, (784,))
CIFAR = Cell("cifar10", 128, (3072,), learning_rate=0.001)
RMSPROP = replace(MNIST, optimizer="rmsprop", learning_rate=1e-4)
ADAM = replace(MNIST, optimizer="adam", learning_rate=1e-4)
CONVOLUTION = Cell("mnist", 128, (), l2=0.0, learning_rate=0.001, convolution=True)

DENSE = tuple(replace(shape, batch_size=size) for shape in (MNIST, CIFAR) for size in BATCH_SIZES)
FAMILIES = (DENSE[: len(BATCH_SIZES)], DENSE[len(BATCH_SIZES) :], (RMSPROP, ADAM, CONVOLUTION))
"""Cells that the same processes train one after the other."""

CELLS = tuple(cell for family in FAMILIES for cell in family)


@dataclass(frozen=True)
class Contender:
    """A framework, and how it is used.

    Args:
        name: As in tables.
        module: Its script in `benchmarks.contenders`.
        peer: Whether it runs in the peers' environment rather than in the project's.
        settings: Environment variables.
        options: Given to its script.
        optimizers: Those it has.
        convolution: Whether it takes part in the convolutional cell.
    """

    name: str
    module: str
    peer: bool = False
    settings: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    optimizers: tuple[str, ...] = ("sgd", "rmsprop", "adam")
    convolution: bool = False

    def trains(self, cell: Cell | NetworkCell) -> bool:
        """Return whether it takes part in a cell."""
        return cell.optimizer in self.optimizers and (self.convolution or not cell.convolution)


_TENSORFLOW, _JAX = (("KERAS_BACKEND", "tensorflow"),), (("KERAS_BACKEND", "jax"),)
_FIFTY = (("steps_per_execution", 50),)

PARIBUS = Contender("Paribus", "paribus_engine", settings=_JAX, convolution=True)
KERAS_TENSORFLOW = Contender(
    "Keras on TensorFlow", "keras_fit", peer=True, settings=_TENSORFLOW, convolution=True
)
CONTENDERS = (
    PARIBUS,
    KERAS_TENSORFLOW,
    Contender(
        "Keras on TensorFlow, 50 steps a call", "keras_fit", True, _TENSORFLOW, _FIFTY, optimizers=("sgd",)
    ),
    Contender("Keras on JAX", "keras_fit", settings=_JAX, convolution=True),
    Contender("Keras on JAX, 50 steps a call", "keras_fit", False, _JAX, _FIFTY, optimizers=("sgd",)),
    Contender("PyTorch", "torch_loop", peer=True),
    Contender("PyTorch, compiled", "torch_loop", True, options=(("compile", True),), optimizers=("sgd",)),
    Contender("scikit-learn", "sklearn_mlp", optimizers=("sgd",)),
)

COMPILED = next(each for each in CONTENDERS if each.name == "PyTorch, compiled")
KNOWN_CONTENDERS = (
    *(PARIBUS, KERAS_TENSORFLOW),
    *(replace(each, convolution=True) for each in CONTENDERS if each.name in ("Keras on JAX", "PyTorch")),
    replace(COMPILED, convolution=True, optimizers=("adam",)),
)
"""Those that train the networks of `benchmarks.networks`."""

ALL_CORES = "one process, all cores"
ONE_THREAD = "one process, one thread"
SIDE_BY_SIDE = "two processes, one thread each"
ARRANGEMENTS = (ALL_CORES, ONE_THREAD, SIDE_BY_SIDE)

ONE_THREAD_SETTINGS = {
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""Variables that limit contenders to one thread; the scripts set only what an environment cannot."""
