"""How a plain Keras script loads and prepares a variant's data: images of Keras, or data of one's own."""

from __future__ import annotations

from collections.abc import Sequence

from paribus.report.source import Call, Node, comment, literal, statement
from paribus.study.configuration import Configuration
from paribus.study.datasets import IMAGE_SETS
from paribus.study.source import Source
from paribus.texts import text

_LOAD = """def load_images():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir")
    parser.add_argument("--embedded", action="store_true")
    options = parser.parse_args()
    if not options.data_dir and not options.embedded:
        return keras.datasets.{data}.load_data()
    from pathlib import Path

    from paribus.data.source import find

    folder = options.data_dir and Path(options.data_dir)
    found = find("{data}", data_dir=folder, embedded=options.embedded)
    return (found.x_train, found.y_train), (found.x_test, found.y_test)"""

_LOAD_OWN = """def load_data():
    from paribus.data.own.load import load
    from paribus.study.source import Source

    {source}
    found, _ = load(source)
    return (found.x_train, found.y_train), (found.x_test, found.y_test)"""

_PARTED = "{0}_train, {0}_val = {0}_train[:-{1}], {0}_train[-{1}:]"

_WEIGHTED = (
    "return (found.x_train, found.y_train),",
    "return (found.x_train, found.y_train, found.weights[: len(found.x_train)]),",
)

_SCALERS = {"standard": "StandardScaler", "minmax": "MinMaxScaler", "robust": "RobustScaler"}


def loader(configuration: Configuration, source: Source | None) -> str:
    """Return a function that loads the data, with what it needs to be known of it.

    Args:
        configuration: Of the variant.
        source: Of data of the user's own; None for images of the catalogue.
    """
    if configuration.data in IMAGE_SETS or source is None:
        return f"{comment(text('report.script-images'))}\n{_LOAD.format(data=configuration.data)}"
    given = source.model_dump(mode="json", exclude_defaults=True)
    call = Call("Source", (), {name: literal(value) for name, value in given.items()})
    written = statement("source = ", call).replace("\n", "\n    ")
    load = _LOAD_OWN.replace(*_WEIGHTED) if configuration.facts.weights else _LOAD_OWN
    code = "report.script-arrays" if source.way == "arrays" else "report.script-own"
    return f"{comment(text(code))}\n{load.format(source=written)}"


def load_name(configuration: Configuration) -> str:
    """Return the name of the function that `loader` writes."""
    return "load_images" if configuration.data in IMAGE_SETS else "load_data"


def own_validation(configuration: Configuration) -> list[str]:
    """Return the lines that part the data's own validation examples from those before them.

    Args:
        configuration: Of the variant.
    """
    facts = configuration.facts
    arrays = ("x", "y", "weight") if facts.weights else ("x", "y")
    return [_PARTED.format(name, facts.validation) for name in arrays] if facts.validation else []


def needed(configuration: Configuration) -> list[str]:
    """Return the imports of scikit-learn that `inputs` needs."""
    if configuration.facts.values != "numbers":
        return []
    lines = ["from sklearn.impute import SimpleImputer"]
    if configuration.scale != "none":
        lines.append(f"from sklearn.preprocessing import {_SCALERS[configuration.scale]}")
    return lines


def inputs(configuration: Configuration, shape: Sequence[int], parts: Sequence[str]) -> list[str]:
    """Return the lines that make the network's input of what was loaded.

    Args:
        configuration: Of the variant.
        shape: Of one input.
        parts: ``train``, ``val`` and ``test``.
    """
    if configuration.facts.values == "numbers":
        return _of_numbers(configuration, shape, parts)
    sides = ", ".join(str(side) for side in (-1, *shape))
    if configuration.facts.values == "tokens":
        return [f'x_{part} = x_{part}.reshape({sides}).astype("int32")' for part in parts]
    lines = [comment(text(f"report.script-scale-{configuration.scale}"))]
    scaled = 'x_{0} = x_{0}.reshape({1}).astype("float32")'
    if configuration.scale == "unit":
        scaled += " / 255"
    if configuration.scale == "standard":
        axes = "axis=(0, 1, 2), " if configuration.facts.shape[-1] > 1 else ""
        lines.append(f'mean = x_train.mean({axes}dtype="float64").astype("float32")')
        lines.append(f'deviation = x_train.std({axes}dtype="float64").astype("float32")')
        scaled = "x_{0} = ((x_{0} - mean) / deviation).reshape({1})"
    return [*lines, *(scaled.format(part, sides) for part in parts)]


def _of_numbers(configuration: Configuration, shape: Sequence[int], parts: Sequence[str]) -> list[str]:
    facts = configuration.facts
    columns = facts.shape[-1]
    scaled = columns if facts.numeric is None else facts.numeric
    lines = [
        comment(text("report.script-filled")),
        'imputer = SimpleImputer(strategy="median", keep_empty_features=True)',
        f"imputer.fit(x_train.reshape(-1, {columns}))",
    ]
    is_scaled = configuration.scale != "none" and scaled > 0
    if is_scaled:
        lines.append(
            f"scaler = {_SCALERS[configuration.scale]}()"
            f".fit(imputer.transform(x_train.reshape(-1, {columns}))[:, :{scaled}])"
        )
    sides = ", ".join(str(side) for side in (-1, *shape))
    lines += ["", "", "def prepared(x):", f"    rows = imputer.transform(x.reshape(-1, {columns}))"]
    if is_scaled:
        lines.append(f"    rows[:, :{scaled}] = scaler.transform(rows[:, :{scaled}])")
    lines += [f'    return rows.reshape({sides}).astype("float32")', "", ""]
    return [*lines, *(f"x_{part} = prepared(x_{part})" for part in parts)]


def targets(configuration: Configuration, parts: Sequence[str], *, one_hot: bool) -> list[str]:
    """Return the lines that make targets of the labels that were loaded.

    Args:
        configuration: Of the variant.
        parts: ``train``, ``val`` and ``test``.
        one_hot: Whether classes become vectors.
    """
    facts = configuration.facts
    if facts.task == "classification":
        count = len(facts.classes)
        return [f"y_{part} = keras.utils.to_categorical(y_{part}, {count})" for part in parts if one_hot]
    lines: list[str] = []
    if configuration.target_scale == "standard":
        lines += [
            comment(text("report.script-targets")),
            'target_mean = y_train.mean(axis=0, dtype="float64")',
            'target_deviation = y_train.std(axis=0, dtype="float64")',
            *(f"y_{part} = (y_{part} - target_mean) / target_deviation" for part in parts),
        ]
    return [*lines, *(f'y_{part} = y_{part}.astype("float32")' for part in parts)]


def score(configuration: Configuration, *, from_logits: bool) -> Node | None:
    """Return Keras's metric of the score of several labels or a regression; None where labels are classes.

    Args:
        configuration: Of the variant.
        from_logits: Whether the model ends in logits.
    """
    if configuration.facts.task == "multilabel":
        half: dict[str, Node] = {"name": literal("accuracy"), "threshold": "0.0" if from_logits else "0.5"}
        return Call("keras.metrics.BinaryAccuracy", (), half)
    if configuration.facts.task == "regression":
        return Call("keras.metrics.R2Score", (), {"name": literal("r2")})
    return None


MONITORED = {
    "rmse": "RootMeanSquaredError",
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
}
"""What Keras measures as Paribus does, of what early stopping may watch besides loss and score."""
