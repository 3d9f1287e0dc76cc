"""Which backend Keras takes where the user has chosen none: JAX, if TensorFlow is not installed."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path

_VARIABLE = "KERAS_BACKEND"
_UNUSABLE = "tensorflow"  # Keras's own default, which Paribus does not bring


def choose_backend() -> None:
    """Have Keras run on JAX where it would ask for a TensorFlow that is not there.

    What the user chose, by the environment, ``keras.json`` or by importing Keras before, is left alone.
    """
    chosen = os.environ.get(_VARIABLE) or _configured()
    if "keras" in sys.modules or chosen not in ("", _UNUSABLE):
        return
    if os.environ.get(_VARIABLE) != _UNUSABLE and importlib.util.find_spec(_UNUSABLE) is None:
        os.environ[_VARIABLE] = "jax"


def _configured() -> str:
    """Return the backend in Keras's own configuration, which Keras writes by itself with its default."""
    home = os.environ.get("KERAS_HOME") or Path("~").expanduser() / ".keras"
    try:
        kept = json.loads((Path(home) / "keras.json").read_text(encoding="utf-8"))
        return str(kept.get("backend", ""))
    except (OSError, ValueError, AttributeError):
        return ""
