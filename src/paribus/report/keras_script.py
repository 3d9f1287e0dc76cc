"""A variant as a plain Keras script, to be read, run and handed in.

It has the run's split, initial weights, dropout seeds and order of the images, since it names the seeds of
the run's streams: on JAX its curves are those of the run, to rounding. On other backends Keras draws other
weights and dropout from the same seeds. Arguments that have Keras's default are left out, except learning
rates and the strengths of regularizers.
"""

from __future__ import annotations

from paribus.errors import UsageError
from paribus.report import keras_data
from paribus.report.keras_layers import functional, layer_call, technique_call, wrapped_call
from paribus.report.own_source import called_loss, functions_source, own_source
from paribus.report.source import Call, Items, Node, comment, literal, statement
from paribus.study.configuration import (
    Configuration,
    EarlyStopping,
    ReduceOnPlateau,
)
from paribus.study.describe import describe_variant
from paribus.study.layer_seeds import layer_seeds
from paribus.study.metrics import monitor_rises
from paribus.study.seeds import named_seed
from paribus.study.shapes import input_shape, takes_tokens
from paribus.study.source import Source
from paribus.study.study import Study
from paribus.study.techniques import Kind
from paribus.texts import suggestion, text

_FOCAL = "binary_focal_crossentropy"
_FROM_LOGITS = {
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
}
_LOSS_CLASSES = {**_FROM_LOGITS, "categorical_focal_crossentropy": "CategoricalFocalCrossentropy"}
_PENALTY = statement(
    "penalty = ",
    Call(
        "keras.callbacks.LambdaCallback",
        (),
        {"on_epoch_end": 'lambda epoch, logs: logs.update(penalty=logs["loss"] - logs["data_loss"])'},
    ),
)
_PARTS = ("data_loss", "val_data_loss", "penalty")  # what early stopping may watch and `fit` does not measure

_BATCHES = """class Batches(keras.utils.PyDataset):
    def __init__(self, x, y, batch_size):
        super().__init__()
        self.x, self.y, self.batch_size = x, y, batch_size
        self.shuffle(0, {{}})

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, place):
        rows = self.order[place * self.batch_size : (place + 1) * self.batch_size]
        return self.x[rows], self.y[rows]

    def shuffle(self, epoch, logs):
        digest = hashlib.sha256(f"{seed}/order/{{epoch + 1}}".encode()).digest()
        draw = np.random.default_rng(int.from_bytes(digest[:8], "big") % 2**31)
        self.order = draw.permutation(len(self.x))"""

_WEIGHED = (
    ("(self, x, y, batch_size)", "(self, x, y, weights, batch_size)"),
    (
        "self.x, self.y, self.batch_size = x, y, batch_size",
        "self.x, self.y, self.weights, self.batch_size = x, y, weights, batch_size",
    ),
    ("return self.x[rows], self.y[rows]", "return self.x[rows], self.y[rows], self.weights[rows]"),
)
"""What is different in `_BATCHES` where examples have weights."""

_NAMED = (
    ("return self.x[rows],", "return {{name: each[rows] for name, each in self.x.items()}},"),
    ("len(self.x)", "len(self.y)"),
)
"""What is different in `_BATCHES` where there are several inputs."""

_ACCURACY = """def accuracy(y_true, y_pred):
    return keras.metrics.{kind}categorical_accuracy(y_true, keras.ops.sigmoid(y_pred))"""

_FOCAL_LOSS = """def binary_focal_crossentropy(y_true, y_pred):
    losses = keras.ops.binary_crossentropy(y_true, y_pred, from_logits=True)
    distance = keras.ops.abs(y_true - keras.ops.{activation}(y_pred))
    return keras.ops.mean(losses * distance**2, axis=-1)"""

_ATTENTION = """class MultiHeadAttention(keras.layers.Layer):
    def __init__(self, num_heads, key_dim, kernel_seeds, name, **arguments):
        super().__init__(name=name)
        self.attention = keras.layers.MultiHeadAttention(num_heads, key_dim, **arguments)
        self.kernel_seeds, self.supports_masking = kernel_seeds, True

    def build(self, input_shape):
        self.attention.build(input_shape, input_shape)
        for part, seed in self.kernel_seeds.items():
            dense = getattr(self.attention, f"{part}_dense")
            config = dense.kernel_initializer.get_config() | {"seed": seed}
            dense.kernel.assign(type(dense.kernel_initializer)(**config)(dense.kernel.shape))

    def call(self, x, mask=None, training=None):
        return self.attention(x, x, query_mask=mask, value_mask=mask, training=training)"""

_RMSPROP = """class RMSpropEpsilonOutside(keras.optimizers.RMSprop):
    def update_step(self, gradient, variable, learning_rate):
        velocity = self._velocities[self._get_variable_index(variable)]
        mean_square = self.rho * velocity + (1 - self.rho) * keras.ops.square(gradient)
        self.assign(velocity, mean_square)
        rate = keras.ops.cast(learning_rate, variable.dtype)
        step = rate * gradient / (keras.ops.sqrt(mean_square) + self.epsilon)
        self.assign_sub(variable, step)"""


def script(study: Study, variant: str, *, seed: int = 0) -> str:
    """Return the source of a script that trains and tests the variant with Keras, on any of its backends.

    Where the loss is a cross-entropy and the last activation sigmoid or softmax, the model ends in a linear
    layer and the loss is computed from the logits, as Keras does on TensorFlow by itself.

    Where a function of the user's own trains, it is the source of that.

    Raises:
        UsageError: The study has no such variant, or Keras does not bring its images.
    """
    if variant not in study.variants:
        known = ", ".join(study.variants)
        likely = suggestion(variant, study.variants)
        raise UsageError(
            "run.unknown-variant", name=variant, study=study.name, known=known, suggestion=likely
        )
    configuration = study.variants[variant].configuration
    if configuration.train is not None or configuration.network is not None:
        return own_source(study, variant)
    if left := _not_written(configuration):
        raise UsageError("report.no-keras-keys", variant=variant, keys=", ".join(left))
    if (watched := _unmeasured(configuration)) is not None:
        raise UsageError("report.no-keras-metric", variant=variant, monitor=watched)
    changes = describe_variant(study.variants, variant)
    code = "report.script-changes" if changes else "report.script-title"
    title = comment(text(code, study=study.name, variant=variant, seed=seed, changes=changes))
    source = study.sources.get(configuration.data)
    writer = _Writer(configuration, seed, source, functions_source(study, configuration))
    body = [writer.data(), writer.model(), writer.compiled(), writer.trained(), writer.evaluated()]
    # Two blank lines around definitions, one between everything else.
    parts = ["\n\n".join([title, writer.imports()]), *writer.definitions(), "\n\n".join(body) + "\n"]
    return "\n\n\n".join(parts)


class _Writer:
    def __init__(
        self, configuration: Configuration, seed: int, source: Source | None, own_functions: str
    ) -> None:
        self.configuration = configuration
        self.source = source
        self.own_functions = own_functions
        self.seed = seed
        self.images = configuration.facts
        squashed = configuration.output in ("sigmoid", "softmax")
        self.from_logits = squashed and configuration.loss in (*_FROM_LOGITS, _FOCAL)
        self.units = int(str(configuration.layers[-1].arguments.get("units", self.images.outputs)))
        is_class = self.images.task == "classification"
        takes_numbers = configuration.loss.startswith("sparse_")
        if configuration.own_loss is not None:
            takes_numbers = configuration.own_loss.targets == "labels"
        self.one_hot = is_class and not takes_numbers and self.units > 1
        weight = ("weight_train",) if self.images.weights else ()
        self._trained_on = ("x_train", "y_train", *weight)
        self.parts = ("train", "val", "test") if configuration.validation else ("train", "test")
        # The largest logit may be another than the largest output where several outputs are exactly 1.
        squeezed = self.from_logits and configuration.output == "sigmoid"
        self.own_accuracy = is_class and squeezed and self.units > 1

    def imports(self) -> str:
        notes = [comment(text("report.script-backend"))]
        layers = self.configuration.layers
        if any(layer.draws for layer in layers):
            notes.append(comment(text("report.script-dropout")))
        if any(layer.kind == "spectral_normalization" for layer in layers):
            notes.append(comment(text("report.script-spectral")))
        lines = [
            *(f"import {name}" for name in ("argparse", "hashlib", "math", "os")),
            "",
            *notes,
            'os.environ.setdefault("KERAS_BACKEND", "jax")',
            "",
            "import keras",
            "import matplotlib.pyplot as plt",
            "import numpy as np",
        ]
        dtype = self.configuration.dtype
        found = keras_data.needed(self.configuration)
        if self.configuration.validation and not self.images.validation:
            found.append("from sklearn.model_selection import train_test_split")
        lines += sorted(found)
        if dtype != "float32":
            lines += ["", f"keras.config.set_dtype_policy({literal(dtype)})"]
        return "\n".join(lines)

    def definitions(self) -> list[str]:
        found = [
            keras_data.loader(self.configuration, self.source),
            f"{comment(text('report.script-order'))}\n{self._batches()}",
        ]
        if self.own_functions:
            found.append(self.own_functions)
        if any(layer.kind == "multi_head_attention" for layer in self.configuration.layers):
            found.append(f"{comment(text('report.script-attention'))}\n{_ATTENTION}")
        if self.own_accuracy:
            function = _ACCURACY.format(kind="" if self.one_hot else "sparse_")
            found.append(f"{comment(text('report.script-accuracy'))}\n{function}")
        if self.from_logits and self.configuration.loss == _FOCAL:
            found.append(_FOCAL_LOSS.format(activation=self.configuration.output))
        if self.configuration.optimizer.arguments.get("epsilon_outside"):
            found.append(f"{comment(text('report.script-epsilon'))}\n{_RMSPROP}")
        return found

    def _batches(self) -> str:
        found = _BATCHES
        changed = (*(_WEIGHED if self.images.weights else ()), *(_NAMED if self.images.inputs else ()))
        for before, after in changed:
            found = found.replace(before, after)
        return found.format(seed=self.seed)

    def data(self) -> str:
        given = ", ".join(self._trained_on)
        lines = [f"({given}), (x_test, y_test) = {keras_data.load_name(self.configuration)}()"]
        lines += keras_data.own_validation(self.configuration)
        if self.configuration.validation and not self.images.validation:
            named: dict[str, Node] = {
                "test_size": literal(self.configuration.validation),
                "random_state": literal(named_seed(self.seed, "split")),
            }
            call = Call("train_test_split", self._trained_on, named)
            parts = (f"{each}, {each.replace('train', 'val')}" for each in self._trained_on)
            lines.append(statement(f"{', '.join(parts)} = ", call))
        lines += keras_data.inputs(self.configuration, self.parts)
        lines += keras_data.targets(self.configuration, self.parts, one_hot=self.one_hot)
        return "\n".join(lines)

    def model(self) -> str:
        layers = self.configuration.layers
        last = layers[-1].without_activation() if self.from_logits else layers[-1]
        calls: dict[str, Call] = {}
        for layer, (own, inner) in zip((*layers[:-1], last), layer_seeds(layers, self.seed), strict=True):
            calls[layer.label] = (
                wrapped_call(layer, layer.wrapped, inner) if layer.wrapped else layer_call(layer, own)
            )
        if self.images.inputs:
            lines = functional(layers, self.images.inputs, calls)
        else:
            whole: dict[str, Node] = {"dtype": literal("int32")} if takes_tokens(layers) else {}
            entering = Call("keras.Input", (literal(input_shape(layers, self.images.shape)),), whole)
            nodes = Items((entering, *calls.values()))
            lines = [statement("model = ", Call("keras.Sequential", (nodes,)))]
        lines.append("model.summary()")
        if self.from_logits:
            lines.insert(0, comment(text("report.script-logits", activation=self.configuration.output)))
        return "\n".join(lines)

    def compiled(self) -> str:
        metrics: list[Node] = ["accuracy" if self.own_accuracy else literal("accuracy")]
        if self.from_logits and self.units == 1:
            half: dict[str, Node] = {"name": literal("accuracy"), "threshold": "0.0"}
            metrics = [Call("keras.metrics.BinaryAccuracy", (), half)]
        if (score := keras_data.score(self.configuration, from_logits=self.from_logits)) is not None:
            metrics = [score]
        monitors = [settings.monitor for _, settings in _watching(self.configuration)]
        for watched in dict.fromkeys(monitor.removeprefix("val_") for monitor in monitors):
            if watched in keras_data.MONITORED:
                found = f"keras.metrics.{keras_data.MONITORED[watched]}"
                metrics.append(Call(found, (), {"name": literal(watched)}))
        if any(monitor in _PARTS for monitor in monitors):
            metrics.append(self._data_loss())
        arguments: dict[str, Node] = {
            "optimizer": technique_call(self.configuration.optimizer, Kind.OPTIMIZER),
            "loss": self._loss(),
            "metrics": Items(tuple(metrics)),
        }
        return statement("", Call("model.compile", (), arguments))

    def trained(self) -> str:
        arguments: dict[str, Node] = {"epochs": literal(self.configuration.epochs)}
        if self.configuration.validation:
            arguments["validation_data"] = "(x_val, y_val)"
        weights = self.configuration.class_weight
        if isinstance(weights, dict):
            places = {name: place for place, name in enumerate(self.images.classes)}
            by_place = (f"{places[name]}: {literal(weight)}" for name, weight in weights.items())
            arguments["class_weight"] = f"{{{', '.join(by_place)}}}"
        lines: list[str] = []
        callbacks: list[Node] = []
        for name, settings in _watching(self.configuration):
            lines.append(_callback(name, settings))
            callbacks.append(name)
        if any(settings.monitor == "penalty" for _, settings in _watching(self.configuration)):
            lines.insert(0, _PENALTY)
            callbacks.insert(0, "penalty")
        order = Call("keras.callbacks.LambdaCallback", (), {"on_epoch_begin": "batches.shuffle"})
        arguments |= {"callbacks": Items((*callbacks, "order")), "shuffle": "False"}
        batches = Call("Batches", self._trained_on, {"batch_size": literal(self.configuration.batch_size)})
        lines += [statement("batches = ", batches), statement("order = ", order)]
        lines.append(statement("history = ", Call("model.fit", ("batches",), arguments)))
        return "\n".join(lines)

    def evaluated(self) -> str:
        name = self.configuration.score.name
        value = "{test['r2']:.4f}" if name == "r2" else "{100 * test['accuracy']:.2f}%"
        tested = text("report.script-tested", test=value, **self.configuration.words)
        score, loss, epoch, train, validation = (
            literal(text(f"report.{code}"))
            for code in (f"panel-{name}", "panel-loss", "axis-epoch", "line-train", "line-validation")
        )
        lines = [
            "test = model.evaluate(x_test, y_test, verbose=0, return_dict=True)",
            f'print(f"{tested}")',
            "",
            comment(text("report.caption-training")),
            "figure, axes = plt.subplots(1, 2, figsize=(10, 4))",
            'epochs = range(1, len(history.history["loss"]) + 1)',
            f'titles = {{"{name}": {score}, "loss": {loss}}}',
            "for panel, name in zip(axes, titles):",
            f"    panel.plot(epochs, history.history[name], label={train})",
        ]
        if self.configuration.validation:
            lines.append(
                f'    panel.plot(epochs, history.history[f"val_{{name}}"], "--", label={validation})'
            )
        lines += [f"    panel.set(xlabel={epoch}, ylabel=titles[name])", "    panel.legend()", "plt.show()"]
        return "\n".join(lines)

    def _loss(self) -> Node:
        loss = self.configuration.loss
        if self.configuration.own_loss is not None:
            return called_loss(self.configuration.own_loss)
        if loss == _FOCAL and self.from_logits:
            return loss
        arguments: dict[str, Node] = {"from_logits": "True"} if self.from_logits else {}
        if self.configuration.label_smoothing:
            arguments["label_smoothing"] = literal(self.configuration.label_smoothing)
        return Call(f"keras.losses.{_LOSS_CLASSES[loss]}", (), arguments) if arguments else literal(loss)

    def _data_loss(self) -> Node:
        loss, named = self.configuration.loss, {"name": literal("data_loss")}
        if self.configuration.label_smoothing:
            named["label_smoothing"] = literal(self.configuration.label_smoothing)
        if self.from_logits and loss != _FOCAL:
            return Call(f"keras.metrics.{_FROM_LOGITS[loss]}", (), {"from_logits": "True", **named})
        function = loss if self.from_logits else f"keras.losses.{loss}"
        return Call("keras.metrics.MeanMetricWrapper", (function,), {**named})


def _watching(configuration: Configuration) -> list[tuple[str, EarlyStopping | ReduceOnPlateau]]:
    """Return the callbacks that watch a metric, by the names that they have in the script."""
    found = (
        ("early_stopping", configuration.early_stopping),
        ("reduce_on_plateau", configuration.reduce_on_plateau),
    )
    return [(name, settings) for name, settings in found if settings is not None]


def _unmeasured(configuration: Configuration) -> str | None:
    """Return what a callback watches, where Keras does not measure it as Paribus does; else None."""
    known = ("loss", configuration.score.name, *keras_data.MONITORED)
    parts = _PARTS if configuration.own_loss is None else ()
    watched = [settings.monitor for _, settings in _watching(configuration)]
    return next(
        (each for each in watched if each not in parts and each.removeprefix("val_") not in known), None
    )


def _callback(name: str, settings: EarlyStopping | ReduceOnPlateau) -> str:
    """Return the callback; its mode is written out, since Keras knows it for its own metrics only."""
    named: dict[str, Node] = {"monitor": literal(settings.monitor), "patience": literal(settings.patience)}
    mode = settings.mode
    if mode == "auto" and settings.monitor not in ("loss", "val_loss"):
        mode = "max" if monitor_rises(settings.monitor) else "min"
    if mode != "auto":
        named["mode"] = literal(mode)
    for key, value in settings.model_dump(exclude_defaults=True, exclude={"mode"}).items():
        named.setdefault(key, literal(value))
    made = "EarlyStopping" if isinstance(settings, EarlyStopping) else "ReduceLROnPlateau"
    return statement(f"{name} = ", Call(f"keras.callbacks.{made}", (), named))


def _not_written(configuration: Configuration) -> list[str]:
    """Return the settings that a script cannot have yet."""
    keys = ("folds", "train_size", "label_noise", "shuffle_labels", "balance", "augment")
    found = [key for key in keys if getattr(configuration, key)]
    found += ["split"] if configuration.split != "random" else []
    found += ["score"] if configuration.facts.named else []
    return found + (["class_weight: balanced"] if configuration.class_weight == "balanced" else [])
