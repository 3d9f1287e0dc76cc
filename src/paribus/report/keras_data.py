"""How a plain Keras script loads and prepares a variant's data: images of Keras, or data of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paribus.report.source import Call, Node, comment, literal, statement
from paribus.study.branches import branches_of
from paribus.study.configuration import Configuration, Scale
from paribus.study.datasets import IMAGE_SETS, Shape, Values, places
from paribus.study.shapes import input_shape
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
    """Return the imports that `inputs` needs."""
    facts = configuration.facts
    if facts.words:
        return ["from paribus.data.own.text import numbering"]
    kinds = [(each.values, configuration.scale_of(each.name)) for each in facts.inputs]
    scales = [
        scale
        for values, scale in kinds or [(facts.values, configuration.scale_of(""))]
        if values == "numbers"
    ]
    lines = ["from sklearn.impute import SimpleImputer"] if scales else []
    scalers = sorted({_SCALERS[scale] for scale in scales if scale != "none"})
    return [*lines, *([f"from sklearn.preprocessing import {', '.join(scalers)}"] if scalers else [])]


@dataclass(frozen=True)
class Preparation:
    """How one input is prepared: filled, scaled and brought to the shape in which it enters the network.

    Args:
        values: What it has.
        scale: How it is scaled.
        shape: As it is loaded, of one example.
        entering: In which it enters the network.
        numeric: How many leading columns are scaled; None for all.
        takes_tokens: Whether the network looks it up in an embedding.
    """

    values: Values
    scale: Scale
    shape: Shape
    entering: Shape
    numeric: int | None = None
    takes_tokens: bool = False

    @property
    def _sides(self) -> str:
        return ", ".join(str(side) for side in (-1, *self.entering))

    def lines(self, names: Sequence[str]) -> list[str]:
        """Return the lines that prepare it.

        Args:
            names: Of its arrays, that of the training examples first.
        """
        if self.values == "tokens" or self.takes_tokens:
            return [f'{name} = {name}.reshape({self._sides}).astype("int32")' for name in names]
        return self._of_numbers(names) if self.values == "numbers" else self._of_pixels(names)

    def _of_pixels(self, names: Sequence[str]) -> list[str]:
        lines = [comment(text(f"report.script-scale-{self.scale}"))]
        scaled = '{0} = {0}.reshape({1}).astype("float32")'
        if self.scale == "unit":
            scaled += " / 255"
        if self.scale == "standard":
            axes = "axis=(0, 1, 2), " if self.shape[-1] > 1 else ""
            lines.append(f'mean = {names[0]}.mean({axes}dtype="float64").astype("float32")')
            lines.append(f'deviation = {names[0]}.std({axes}dtype="float64").astype("float32")')
            scaled = "{0} = (({0} - mean) / deviation).reshape({1})"
        return [*lines, *(scaled.format(name, self._sides) for name in names)]

    def _of_numbers(self, names: Sequence[str]) -> list[str]:
        columns = self.shape[-1]
        scaled = columns if self.numeric is None else self.numeric
        lines = [
            comment(text("report.script-filled")),
            'imputer = SimpleImputer(strategy="median", keep_empty_features=True)',
            f"imputer.fit({names[0]}.reshape(-1, {columns}))",
        ]
        is_scaled = self.scale != "none" and scaled > 0
        if is_scaled:
            lines.append(
                f"scaler = {_SCALERS[self.scale]}()"
                f".fit(imputer.transform({names[0]}.reshape(-1, {columns}))[:, :{scaled}])"
            )
        lines += ["", "", "def prepared(x):", f"    rows = imputer.transform(x.reshape(-1, {columns}))"]
        if is_scaled:
            lines.append(f"    rows[:, :{scaled}] = scaler.transform(rows[:, :{scaled}])")
        lines += [f'    return rows.reshape({self._sides}).astype("float32")', "", ""]
        return [*lines, *(f"{name} = prepared({name})" for name in names)]


def inputs(configuration: Configuration, parts: Sequence[str]) -> list[str]:
    """Return the lines that make the network's input of what was loaded.

    Args:
        configuration: Of the variant.
        parts: ``train``, ``val`` and ``test``.
    """
    facts = configuration.facts
    if facts.inputs:
        return _of_several(configuration, parts)
    entering = input_shape(configuration.layers, facts.shape)
    alone = Preparation(facts.values, configuration.scale_of(""), facts.shape, entering, facts.numeric)
    return [*_counted(configuration, parts), *alone.lines([f"x_{part}" for part in parts])]


def _counted(configuration: Configuration, parts: Sequence[str]) -> list[str]:
    """Return the lines that make tokens of a text's words; none of other data."""
    facts = configuration.facts
    if not facts.words:
        return []
    return [
        comment(text("report.script-words")),
        f"tokens = numbering(x_train, {facts.words}, {facts.vocabulary})",
        *(f"x_{part} = tokens[x_{part}]" for part in parts),
    ]


def _of_several(configuration: Configuration, parts: Sequence[str]) -> list[str]:
    """Return the lines that take several inputs out of rows of numbers, prepare them and put them by name."""
    facts = configuration.facts
    lines = [comment(text("report.script-inputs"))]
    where, branches = places(facts.inputs), branches_of(configuration.layers, facts.inputs)
    for branch in branches:
        given = branch.input
        place, sides = where[given.name], ", ".join(str(side) for side in (-1, *given.shape))
        names = [f"{_variable(given.name)}_{part}" for part in parts]
        lines += [
            f"{name} = x_{part}[:, {place.start}:{place.stop}].reshape({sides})"
            for name, part in zip(names, parts, strict=True)
        ]
        scale, tokens = configuration.scale_of(given.name), branch.takes_tokens
        own = Preparation(given.values, scale, given.shape, branch.entering, takes_tokens=tokens)
        lines += [*own.lines(names), ""]
    for part in parts:
        named = ", ".join(f'"{each.name}": {_variable(each.input.name)}_{part}' for each in branches)
        lines.append(f"x_{part} = {{{named}}}")
    return lines


def _variable(name: str) -> str:
    """Return how the variables of an input begin, which are not to be those of the whole."""
    return f"{name}_input" if name in ("x", "y", "weight") else name


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
