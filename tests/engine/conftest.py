"""Small images and a sink that remembers, for tests that train."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from paribus.data.dataset import Dataset, identity
from paribus.record.run import DataIdentity, RunSpec
from paribus.study.configuration import Configuration, Layer, Technique
from paribus.study.reader import load


@pytest.fixture(scope="session")
def images():
    """260 + 70 images of 28 × 28 in ten classes that a small network can tell apart, noisy."""
    draw = np.random.default_rng(5)
    centres = draw.integers(0, 256, (10, 28, 28, 1))
    labels = draw.integers(0, 10, 330).astype(np.uint8)
    noisy = centres[labels] + draw.normal(0, 60, (330, 28, 28, 1))
    pixels = np.clip(noisy, 0, 255).astype(np.uint8)
    arrays = (pixels[:260], labels[:260], pixels[260:], labels[260:])
    return Dataset(
        "mnist",
        *arrays,
        classes=tuple("0123456789"),
        sha256=identity(*arrays),
        verified=False,
        stand_in=False,
        origin="made",
    )


BASE = {
    "validation": 0.2,
    "scale": "unit",
    "model": {"hidden": [12], "activation": "relu", "output": "sigmoid"},
    "loss": "binary_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.2},
    "batch_size": 50,
    "epochs": 4,
}


@pytest.fixture(scope="session")
def specify(images):
    """A run's specification from the settings that differ from a small base."""

    def specified(seed=0, **settings):
        study = load({"name": "t", "data": "mnist", "base": {**BASE, **settings}, "variants": {"v": {}}})
        identified = DataIdentity(name="mnist", sha256=images.sha256)
        return RunSpec(configuration=study.variants["v"].configuration, seed=seed, data=identified)

    return specified


@dataclass
class Remembered:
    """A sink that keeps everything, by the run's digest."""

    rows: dict = field(default_factory=dict)
    timings: list = field(default_factory=list)
    probes: dict = field(default_factory=dict)
    checkpoints: dict = field(default_factory=dict)
    results: dict = field(default_factory=dict)
    trained: dict = field(default_factory=dict)

    def epoch(self, spec, row, timing, probes):
        self.rows.setdefault(spec.digest, []).append(row)
        self.probes.setdefault(spec.digest, []).extend(probes)
        self.timings.append(timing)

    def checkpoint(self, spec, state):
        self.checkpoints.setdefault(spec.digest, {})[state.epoch] = state

    def end(self, spec, result, trained):
        assert spec.digest not in self.results, "a run ends once"
        self.results[spec.digest] = result
        self.trained[spec.digest] = trained


@pytest.fixture
def sink():
    return Remembered()


@pytest.fixture
def new_sink():
    return Remembered


@pytest.fixture(scope="session")
def configure():
    """A configuration from layers as (kind, arguments), arguments left out being Keras's defaults."""

    def configured(layers, optimizer=("sgd", {"learning_rate": 0.1}), **settings):
        name, arguments = optimizer
        settings = {"loss": "categorical_crossentropy", "batch_size": 32, "epochs": 1, **settings}
        return Configuration(
            data="mnist",
            layers=tuple(
                Layer(label=f"layer_{place}", kind=kind, arguments=given)
                for place, (kind, given) in enumerate(layers, start=1)
            ),
            optimizer=Technique(name=name, arguments=arguments),
            **settings,
        )

    return configured


@pytest.fixture(scope="session")
def resident():
    """Images where JAX computes; pixels as they are unless `shift` and `factor` say otherwise."""

    def residing(pixels, labels, *, shift=0.0, factor=1.0, dtype=np.float32):
        import jax.numpy as jnp

        from paribus.engine.device_images import DeviceImages

        channels = pixels.shape[-1]
        scale = [jnp.asarray(np.broadcast_to(value, channels), dtype) for value in (shift, factor)]
        return DeviceImages(jnp.asarray(pixels), jnp.asarray(labels, jnp.int32), *scale)

    return residing


@pytest.fixture
def float64(monkeypatch):
    """The engine in float64, where rounding hides no difference of formulas."""
    import jax
    import keras
    from keras.src.backend.common import dtypes

    # On JAX, Keras computes means and variances of float64 in float32 unless its table says otherwise.
    monkeypatch.setitem(dtypes.BIT64_TO_BIT32_DTYPE, "float64", "float64")
    with jax.enable_x64(True):
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        yield np.float64
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
