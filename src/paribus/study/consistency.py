"""What does not go together in a configuration: the network and the images, the loss and the outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from paribus.errors import Fault
from paribus.study.configuration import Configuration, EarlyStopping, ReduceOnPlateau, Scale, Technique
from paribus.study.datasets import Values
from paribus.study.layer_size import ShapeError, format_shape
from paribus.study.metrics import METRICS, Metric, Part, is_recorded, known_to, metric_of, part_of
from paribus.study.shapes import input_shape, parameters, shapes
from paribus.study.step_size import trained_on, training_images
from paribus.study.techniques import SMOOTHED
from paribus.study.training_data import contradictions_of_data
from paribus.study.yaml_node import YamlNode
from paribus.texts import number
from paribus.texts.message import Listed

_Wrong: TypeAlias = tuple[str, dict[str, object]]
_USUAL_SCALE = {"pixels": "unit", "numbers": "standard", "tokens": "none"}
MAX_WEIGHTS = 1_000_000_000
"""Most weights of a network: four gigabytes of them, before the optimizer's own."""


def contradictions(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    """Yield a fault for what does not go together.

    Args:
        read: A configuration, each part of it right.
        settings: What it was read from; a fault is placed where the variant itself declares one of the parts.
    """
    image_set = read.facts
    yield from _of_scale(read, settings)
    for key, watching in _watching(read):
        if read.validation == 0 and watching.monitor.startswith("val_"):
            place = _place(settings, key, "validation")
            yield place.fault("monitor-without-validation", monitor=watching.monitor)
    rate = read.optimizer.arguments.get("learning_rate")
    if read.reduce_on_plateau is not None and isinstance(rate, Technique):
        place = _place(settings, "reduce_on_plateau", "optimizer")
        yield place.fault("plateau-with-schedule", schedule=rate.name)
    if read.label_smoothing and read.loss not in SMOOTHED:
        place = _place(settings, "label_smoothing", "loss")
        yield place.fault("smoothing-loss", loss=read.loss, known=", ".join(SMOOTHED))
    yield from _of_metrics(read, settings)
    yield from contradictions_of_data(read, settings)
    images = trained_on(read, training_images(read, image_set.train, image_set.test))
    if 0 < images < read.batch_size:
        place = _place(settings, "batch_size", "train_size", "validation", "data")
        yield place.fault("batch-too-large", batch_size=read.batch_size, images=images)
    try:
        yield from _of_network(read, settings)
    except ShapeError as error:
        yield _place(settings, "layers", "model", "data").fault(error.code, **error.values)


def _watching(read: Configuration) -> Iterator[tuple[str, EarlyStopping | ReduceOnPlateau]]:
    """Yield what watches a metric, with the key that it is declared by."""
    if read.early_stopping is not None:
        yield "early_stopping", read.early_stopping
    if read.reduce_on_plateau is not None:
        yield "reduce_on_plateau", read.reduce_on_plateau


def _of_metrics(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    """Yield a fault for a metric that does not suit the data, or one that is watched and not measured."""
    task, names = read.facts.task, settings.get("metrics")
    for item in names.items if names is not None else []:
        metric = METRICS.get(str(item.value))
        for code, values in _of_other_data(metric, read) if metric is not None else ():
            yield item.fault(code, **values)
    if names is not None and read.metrics and read.validation == 0:
        yield names.fault("metrics-without-validation")
    for key, watching in _watching(read):
        own = {name for each in read.own_definitions for name in (each.name, each.val)}
        if watching.monitor not in own and not is_recorded(watching.monitor, read.score, read.metrics):
            place, metric = _place(settings, key), watching.monitor.removeprefix("val_")
            other = tuple(_of_other_data(METRICS[metric], read)) if metric in METRICS else ()
            for code, values in other or [
                ("monitor-not-measured", {"monitor": watching.monitor, "metric": metric})
            ]:
                yield place.fault(code, **values)
    if read.target_scale != "none" and task != "regression":
        yield _place(settings, "target_scale", "data").fault("target-scale-task", task=task)


def _of_other_data(metric: Metric, read: Configuration, part: Part | None = None) -> Iterator[_Wrong]:
    """Yield what is wrong with a metric that says nothing of predictions for a configuration's data.

    Args:
        metric: The metric.
        read: The configuration.
        part: On which it was asked for, as a question names it; None where it was named alone.
    """
    allowed = known_to(read.facts)
    if metric.name in allowed:
        return
    name, prefix = (metric.name, "") if part is None else (f"{part}_{metric.name}", f"{part}_")
    known = ", ".join(prefix + each for each in allowed)
    if read.facts.task not in metric.tasks:
        yield "metric-task", {"metric": name, "task": read.facts.task, "known": known}
    else:
        classes = len(read.facts.classes)
        yield "metric-classes", {"metric": name, "data": read.data, "classes": classes, "known": known}


def _of_scale(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    """Yield a fault where inputs are scaled in a way that is not for them."""
    place, inputs = _place(settings, "scale", "data"), read.facts.inputs
    if not inputs and (fit := _wrong_scale(read.scale_of(""), read.facts.values)):
        yield place.fault(f"scale-of-{fit}", scale=read.scale)
    for each in inputs:
        scale = read.scale_of(each.name)
        if fit := _wrong_scale(scale, each.values):
            usual = (f"{each.name}: {_USUAL_SCALE[each.values]}" for each in inputs)
            yield place.fault(f"scale-of-input-{fit}", scale=scale, name=each.name, usual=", ".join(usual))
            return


def _wrong_scale(scale: Scale, values: Values) -> str:
    """Return the inputs that a way of scaling is for, where it is not for these; empty where it is."""
    if values == "tokens" and scale != "none":
        return "tokens"
    if scale == "unit" and values != "pixels":
        return "numbers"
    return "pixels" if scale in ("minmax", "robust") and values == "pixels" else ""


def _place(settings: YamlNode, *keys: str) -> YamlNode:
    """Return the first of the settings that the variant declares, else the first that there is."""
    found = [node for node in map(settings.get, keys) if node is not None]
    own = (node for node in found if node.path[: len(settings.path)] == settings.path)
    return next(own, found[0] if found else settings)


def _of_network(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    image_set = read.facts
    if read.network is not None:  # looked at when it was built
        return
    model = _place(settings, "model", "layers", "data")
    if image_set.inputs and not read.has_branches and _needs_branches(read):
        names = [each.name for each in image_set.inputs]
        written = ", ".join(f"{name}: [...]" for name in names)
        yield model.fault("needs-branches", data=read.data, names=Listed(tuple(names)), branches=written)
        return
    outputs = shapes(read.layers, image_set.entering)[-1]
    is_binary = image_set.task == "classification" and image_set.outputs == 2
    weights = parameters(read.layers, image_set.entering)
    yield from _of_input(read, settings)
    if weights > MAX_WEIGHTS:
        yield model.fault("network-too-large", weights=number(weights, ","), largest=number(MAX_WEIGHTS, ","))
    elif len(outputs) != 1:
        yield model.fault("output-shape", shape=format_shape(outputs))
    elif outputs[0] != image_set.outputs and not (is_binary and outputs[0] == 1):
        code = "output-targets" if image_set.task == "regression" else "output-units"
        yield model.fault(code, units=outputs[0], data=read.data, classes=image_set.outputs)
    elif image_set.task == "regression" and outputs[0] == 1 and read.output == "softmax":
        yield (model.get("output") or model).fault("one-number", output=read.output)
    elif outputs[0] == 1 and (read.output == "softmax" or "categorical" in read.loss):
        yield _place(settings, "loss", "model").fault("one-output", loss=read.loss, output=read.output)


def _needs_branches(read: Configuration) -> bool:
    """Return whether several inputs cannot be joined as they are: tokens, or what is no row of numbers."""
    has_tokens = any(each.values == "tokens" for each in read.facts.inputs)
    probe = (2, 2, 1)  # only a network that begins with a dense layer makes a row of any shape
    return has_tokens or len(input_shape(read.layers, probe)) > 1


def _of_input(read: Configuration, settings: YamlNode) -> Iterator[Fault]:
    """Yield a fault where the ``input`` of a list of layers is not the shape of the images."""
    model = settings.get("model")
    for item in model.items if model is not None else []:
        written = item.get("input")
        if written is None or read.facts.inputs:
            continue
        given = written.plain() if isinstance(written.value, list) else [written.plain()]
        entering = input_shape(read.layers, read.facts.shape)
        grey = entering[:-1] if len(entering) == 3 and entering[-1] == 1 else entering
        if given not in ([*entering], [*grey]):
            yield _place(settings, "model", "data").fault(
                "input-shape", given=str(written.plain()), data=read.data, shape=format_shape(entering)
            )


def margin_faults(metric: str, margin: object) -> Iterator[_Wrong]:
    """Yield what is wrong with a question's margin: the fault's code and its values.

    Args:
        metric: Its name, with ``test_`` or ``val_``.
        margin: The smallest difference that matters, as written.
    """
    if isinstance(margin, int | float) and margin >= 1 and metric_of(metric).up_to_one:
        yield "margin-above-one", {"given": f"{margin:g}", "metric": metric}


def question_faults(metric: str, configurations: Sequence[Configuration]) -> Iterator[_Wrong]:
    """Yield what is wrong with a question's metric: the fault's code and its values.

    Args:
        metric: Its name, with ``test_`` or ``val_``.
        configurations: Of both variants, as far as they are known.
    """
    asked = metric_of(metric)
    for each in configurations:
        if other := tuple(_of_other_data(asked, each, part_of(metric))):
            yield from other
        elif part_of(metric) == "val" and each.validation == 0:
            yield "metric-without-validation", {"metric": metric}
        elif part_of(metric) == "val" and not is_recorded(metric, each.score, each.metrics):
            yield "metric-not-measured", {"metric": metric, "name": asked.name}


def own_metrics(configurations: Sequence[Configuration]) -> dict[str, Metric]:
    """Return the metrics beside Paribus's own that all configurations measure, by the names of questions.

    They are those of the user's own, and the scores and losses of a network's other outputs.

    Args:
        configurations: Of both variants of a question.
    """
    found: dict[str, Metric] = {}
    every = [other.own_definitions for other in configurations]
    for each in every[0] if every else ():
        if all(each in others for others in every):
            found[each.test] = each
            if all(other.validation for other in configurations):
                found[each.val] = each
    return found
