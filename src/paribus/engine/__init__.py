"""How one run trains: the only room that imports Keras and JAX."""

import os

os.environ["KERAS_BACKEND"] = "jax"  # Keras reads it once, when it is first imported
