"""Seconds an epoch of MNIST takes: Paribus beside Keras, in one run, turn by turn.

    python benchmarks/epoch.py [--batch-size 128] [--images 54000] [--rounds 3] [--peer-python PYTHON]

Trains the lab's variant 1 (784-784-10, SGD 0.01) on random pixels of MNIST's shape. Each contender is a
process of its own that warms up for one epoch and then times two; the rounds are interleaved, so that what
else the machine does falls on all. ``--peer-python`` names an interpreter with TensorFlow, which joins then.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys

KERAS = """
import sys, time, json, numpy as np, keras
images, batch, epochs = map(int, sys.argv[1:4])
draw = np.random.default_rng(0)
x = draw.integers(0, 256, (images, 784)).astype("float32")
y = keras.utils.to_categorical(draw.integers(0, 10, images), 10)
model = keras.Sequential([
    keras.Input((784,)),
    keras.layers.Dense(784, activation="relu"),
    keras.layers.Dense(10),
])
loss = keras.losses.BinaryCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(0.01), loss, metrics=["accuracy"])
model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
seconds = []
for _ in range(epochs):
    start = time.perf_counter()
    model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
    seconds.append(time.perf_counter() - start)
print(json.dumps(seconds))
"""

PARIBUS = """
import sys, time, json, numpy as np, jax, jax.numpy as jnp
from paribus.engine.program import Images, Program
from paribus.study.reader import load
images, batch, epochs = map(int, sys.argv[1:4])
draw = np.random.default_rng(0)
configuration = load("lab2").variants["1"].configuration.model_copy(update={"batch_size": batch})
pixels = jnp.asarray(draw.integers(0, 256, (images, 28, 28, 1)).astype(np.uint8))
labels = jnp.asarray(draw.integers(0, 10, images).astype(np.int32))
resident = Images(pixels, labels, jnp.zeros(1, jnp.float32), jnp.ones(1, jnp.float32))
program = Program(configuration, (28, 28, 1))
state = program.initial(0)
seconds = []
for epoch in range(epochs + 1):
    order = draw.permutation(images).astype(np.int32)
    start = time.perf_counter()
    state, steps = program.epoch(state, resident, order)
    jax.block_until_ready((state, steps))
    seconds.append(time.perf_counter() - start)
print(json.dumps(seconds[1:]))
"""

ONE_THREAD = {
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


def main() -> None:
    """Time the contenders and print medians and ratios to Paribus on one thread."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--images", type=int, default=54_000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-python", help="an interpreter with TensorFlow and Keras")
    chosen = parser.parse_args()
    here, peer = sys.executable, chosen.peer_python
    contenders = {
        "Paribus, one thread": (here, PARIBUS, ONE_THREAD),
        "Keras on JAX, one thread": (here, KERAS, {**ONE_THREAD, "KERAS_BACKEND": "jax"}),
        "Keras on JAX, all cores": (here, KERAS, {"KERAS_BACKEND": "jax"}),
    }
    if peer:
        contenders["Keras on TensorFlow, one thread"] = (
            peer,
            KERAS,
            {**ONE_THREAD, "KERAS_BACKEND": "tensorflow"},
        )
        contenders["Keras on TensorFlow, all cores"] = (peer, KERAS, {"KERAS_BACKEND": "tensorflow"})
    sizes = [str(chosen.images), str(chosen.batch_size), str(chosen.epochs)]
    timed: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(chosen.rounds):
        for name, (python, code, settings) in contenders.items():
            done = subprocess.run(
                [python, "-c", code, *sizes],
                env={**os.environ, **settings, "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            timed[name] += json.loads(done.stdout.splitlines()[-1])
    reference = statistics.median(timed["Paribus, one thread"])
    print(f"{chosen.images} images, batch {chosen.batch_size}, {len(next(iter(timed.values())))} epochs each")
    for name, seconds in timed.items():
        middle = statistics.median(seconds)
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        print(f"{name:34} {middle:7.2f} s an epoch ({spread})  {middle / reference:5.2f} ×")


if __name__ == "__main__":
    main()
