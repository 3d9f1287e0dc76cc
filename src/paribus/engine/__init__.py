"""The engine, which trains a run; only this package imports Keras and JAX."""

import os

from paribus.engine import lean

os.environ["KERAS_BACKEND"] = "jax"  # Keras reads it once, when it is first imported
lean.install()
