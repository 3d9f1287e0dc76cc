"""Keras imported without what a training has no use for, and that all of it is still there."""

import subprocess
import sys

UNUSED = ("jax.experimental.pallas.tpu", "matplotlib", "pandas", "scipy.stats", "sklearn")


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", "import sys, paribus.engine, keras\n" + code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_engine_loads_keras_without_plots_tables_and_tpus():
    code = f"import paribus.engine.network\nprint(*[name for name in {UNUSED} if name in sys.modules])"
    assert run(code) == []


def test_what_keras_loads_later_is_there_when_it_is_used():
    uses = [
        "keras.wrappers.SKLearnClassifier",
        "keras.visualization.plot_image_gallery",
        "keras.src.trainers.data_adapters.array_slicing.pandas.DataFrame",
        "keras.src.backend.jax.nn.splash_attention_mask.CausalMask",
    ]
    assert run(f"print(*(use.__name__ for use in ({', '.join(uses)})))") == [
        use.rpartition(".")[2] for use in uses
    ]
