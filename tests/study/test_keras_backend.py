"""Keras without TensorFlow: `import paribus` is enough for `import keras` to work."""

import os
import subprocess
import sys

import pytest

NO_TENSORFLOW = """
import importlib.util, sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] == 'tensorflow':
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Missing())
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == 'tensorflow' else found(name, package)
"""


@pytest.fixture
def python(tmp_path):
    """Run a program without TensorFlow and with no backend chosen, in an empty home."""

    def run(program, **environment):
        kept = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
        return subprocess.run(
            [sys.executable, "-c", NO_TENSORFLOW + program],
            env={**kept, "HOME": str(tmp_path), "KERAS_HOME": str(tmp_path), "NPROC": "1", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_default_that_keras_itself_wrote_down_does_not_stand_in_the_way(python, tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "tensorflow"}', encoding="utf-8")
    ran = python("import paribus as pb\nimport keras\nprint(keras.backend.backend())")
    assert ran.stdout == "jax\n", ran.stderr


@pytest.mark.parametrize("where", ["environment", "keras.json"])
def test_a_backend_that_the_user_chose_is_left_alone(python, tmp_path, where):
    chosen = {"KERAS_BACKEND": "numpy"} if where == "environment" else {}
    if where == "keras.json":
        (tmp_path / "keras.json").write_text('{"backend": "numpy"}', encoding="utf-8")
    ran = python("import os\nimport paribus\nprint(os.environ.get('KERAS_BACKEND'))", **chosen)
    assert ran.stdout == f"{chosen.get('KERAS_BACKEND')}\n"


def test_a_study_with_a_keras_model_in_it_is_built_on_jax_as_the_readme_has_it(python):
    program = """
import paribus as pb
import keras
model = keras.Sequential([keras.layers.Dense(128, "relu"), keras.layers.Dense(10, "softmax")])
base = {"model": model, "loss": "categorical_crossentropy", "optimizer": "adam", "epochs": 5}
study = pb.Study(name="mine", data="mnist", base=base, variants={"plain": {}, "large": {"batch_size": 512}})
print(list(study.variants), keras.backend.backend())
"""
    ran = python(program)
    assert ran.stdout == "['plain', 'large'] jax\n", ran.stderr
