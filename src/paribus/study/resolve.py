"""The configuration of a variant, read from its merged settings, with everything that is wrong in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from paribus.study.arguments import TechniqueReader
from paribus.study.branches import scale_by_input
from paribus.study.configuration import (
    Configuration,
    EarlyStopping,
    ReduceOnPlateau,
    Scale,
    Technique,
    metrics_of,
)
from paribus.study.consistency import contradictions
from paribus.study.datasets import IMAGE_SETS, DataFacts
from paribus.study.faults import Faults, PartReader, format_value, unknown_name
from paribus.study.keys import KEYS, MODEL_KEYS, SETTINGS, WEIGHT_SETTINGS, Group, Key
from paribus.study.layers import NetworkReader
from paribus.study.metrics import Metric, monitor_rises, monitors
from paribus.study.networks import Built, is_own
from paribus.study.outputs import OutputsReader
from paribus.study.own_function import OwnFunction, OwnLoss, OwnMetric
from paribus.study.own_function_reader import OwnFunctionReader
from paribus.study.programs import KNOWN, Programs, facts_of, name_of, placeholder_faults
from paribus.study.source import Sources
from paribus.study.techniques import Kind, entry, names
from paribus.study.training_data import TrainingDataReader
from paribus.study.yaml_node import YamlNode, write

_Watching = TypeVar("_Watching", EarlyStopping, ReduceOnPlateau)

_SETTINGS = KEYS[Group.BASE]
_STOPPING, _PLATEAU = KEYS[Group.EARLY_STOPPING], KEYS[Group.REDUCE_ON_PLATEAU]
_DATA = _SETTINGS["data"].domain
_OF_ANY_TRAINING = ("validation", "split", "folds", "train_size", "batch_size", "epochs")
_REQUIRED = tuple(name for name, key in _SETTINGS.items() if key.required)
_PARTS = {
    "model": MODEL_KEYS,
    "early_stopping": tuple(_STOPPING),
    "reduce_on_plateau": tuple(_PLATEAU),
    "optimizer": tuple(
        {argument for name in names(Kind.OPTIMIZER) for argument in entry(Kind.OPTIMIZER, name).arguments}
    ),
}
"""Names that belong inside a setting, by that setting."""


COMPILED = ("loss", "optimizer")
"""What a model of the user's own may have been compiled with."""


def missing_settings(settings: YamlNode) -> list[str]:
    """Return the settings that every run needs and that are not here."""
    required = () if settings.get("train") is not None else _REQUIRED
    if is_own(settings.get("model")):  # a model may be compiled
        required = tuple(key for key in required if key not in COMPILED)
    return [key for key in required if settings.get(key) is None]


def known_optimizer(settings: Mapping[str, object]) -> Technique:
    """Return the optimizer and the learning rate of a function's settings, as far as they are Keras's.

    So the review knows that two optimizers are compared, and at which rates.

    Args:
        settings: By name, as they are written.
    """
    name, rate = settings.get("optimizer"), settings.get("learning_rate")
    is_known = isinstance(name, str) and name in names(Kind.OPTIMIZER)
    if not is_known or isinstance(rate, bool) or not isinstance(rate, int | float):
        return Technique(name="")
    return Technique(name=str(name), arguments={"learning_rate": rate})


def _monitors(own: Sequence[OwnMetric], beside: Sequence[Metric]) -> dict[str, bool]:
    """Return what may be watched that Paribus does not know, by its name in a history: whether it rises."""
    found = {each.definition.val: each.rises for each in own}
    return found | {name: each.rises for each in beside for name in (each.name, each.val)}


class SettingsReader(PartReader):
    """Reads the settings of one variant, with faults of its own: without any there is a configuration."""

    def __init__(self, settings: YamlNode, sources: Sources) -> None:
        super().__init__(Faults())
        self.settings = settings
        self.sources = sources
        self.is_whole = True
        self.techniques = TechniqueReader(self.faults, self._own_technique)

    def configuration(self, *, consistent: bool = True) -> Configuration | None:
        """Return the configuration that the settings mean; None when anything in them is wrong or missing.

        Args:
            consistent: Whether settings that contradict each other are wrong.
        """
        self.is_whole = consistent
        own = self.settings.get("train")
        read = self._read() if own is None else self._read_own(own)
        if read is not None and consistent and read.train is None:
            self.faults.add(*contradictions(read, self.settings))
        return None if len(self.faults) else read

    def _read(self) -> Configuration | None:
        for key, written in self.settings.branches.items():
            if key not in SETTINGS:
                self._unknown_setting(key, written)
        data, own = self._data()
        facts = own or IMAGE_SETS.get(data or "")
        own_model = is_own(self.settings.get("model"))
        built = self._built(facts) if own_model else None
        if own_model and built is None:
            return None
        network = built.network if built and built.layers is None else None
        layers = () if network else NetworkReader(self.settings, facts, self.techniques).network()
        loss, optimizer = self.settings.get("loss"), self.settings.get("optimizer")
        outputs = self._outputs(facts, tuple(network.heads) if network else ())
        loss = loss if outputs is None else outputs.pop("loss")
        own_loss = self._own_loss(loss, facts, built)
        is_named = loss is not None and not isinstance(loss.value, dict) and own_loss is None
        loss_name = self.techniques.name(loss, Kind.LOSS) if loss is not None and is_named else None
        read_optimizer = None if optimizer is None else self.techniques.technique(optimizer, Kind.OPTIMIZER)
        plain = {
            key: self.setting(self.settings, *_SETTINGS[key].as_setting)
            for key in (
                "validation",
                "scale",
                "target_scale",
                "label_smoothing",
                "batch_size",
                "epochs",
                "dtype",
                "device",
            )
        }
        if facts is not None:
            plain["scale"] = self._scale(plain["scale"], facts)
        if facts is not None and facts.validation:
            plain["validation"] = facts.validation / facts.train
        metrics, own_metrics = self._metrics(facts)
        callbacks = self._callbacks()
        heads = [each.name for each in facts.beside] if facts is not None else []
        beside = metrics_of(facts, network.heads if network and self.is_whole else heads) if facts else ()
        own_names = _monitors(own_metrics, beside)
        stopping = self._watching("early_stopping", EarlyStopping, _STOPPING, own_names)
        plateau = self._watching("reduce_on_plateau", ReduceOnPlateau, _PLATEAU, own_names)
        changed = TrainingDataReader(self.techniques, data, facts).fields(self.settings)
        if len(self.faults) or missing_settings(self.settings):
            return None
        if data is None or (loss_name is None and own_loss is None) or read_optimizer is None:
            return None
        return Configuration(
            data=data,
            own=own,
            layers=layers,
            loss=loss_name or "",
            optimizer=read_optimizer,
            early_stopping=stopping,
            metrics=tuple(dict.fromkeys(metrics)),
            reduce_on_plateau=plateau,
            network=network,
            own_loss=own_loss,
            own_metrics=own_metrics,
            callbacks=callbacks,
            **plain,
            **changed,
            **(outputs or {}),
        )

    def _built(self, facts: DataFacts | None) -> Built | None:
        """Return the network of the user's own, its settings filled with what it was compiled with."""
        model, known = self.settings.branches["model"], self.sources.known
        for key in ("layers", "dtype", *WEIGHT_SETTINGS):
            if (written := self.settings.get(key)) is not None:
                self.faults.add(written.fault("model-own-settings", key=key))
        if facts is None:
            return None
        if known is not None:
            built = Built.again(known)
        else:
            built = self.sources.networks.read(self.settings, facts, self, build=self.is_whole)
        if built is None:
            return None
        settings = {**self.settings.branches}
        refused = cast("dict[str, str]", built.compiled.get("refused", {}))
        for key, why in refused.items():
            if self.settings.get(key) is None:
                self.faults.add(model.fault("model-unusable", why=why))
        for key, written in built.compiled.items():
            if key not in ("refused", "own_loss") and self.settings.get(key) is None:
                settings[key] = write(written, (*model.path, key))
        if built.layers is not None:
            settings["model"] = replace(built.layers, path=model.path, line=model.line)
        self.settings = replace(self.settings, value=settings)
        found = (*refused, *(["loss"] if "own_loss" in built.compiled else []))
        left = [key for key in COMPILED if self.settings.get(key) is None and key not in found]
        if self.is_whole and left:
            self.faults.add(model.fault("model-not-compiled"))
        return built

    def _callbacks(self) -> tuple[OwnFunction, ...]:
        """Return the callbacks of the user's own."""
        written, known = self.settings.get("callbacks"), self.sources.known
        if written is None or known is not None:
            return () if known is None or written is None else known.callbacks
        if not isinstance(written.value, list):
            allowed, given = _SETTINGS["callbacks"].domain, format_value(written.plain())
            self.faults.add(written.fault("not-allowed", given=given, allowed=allowed))
            return ()
        reader = OwnFunctionReader(self.faults, self.sources.networks)
        read = [reader.callback(each, call=self.is_whole) for each in written.items]
        return tuple(each for each in read if each is not None)

    def _own_technique(self, written: YamlNode, kind: Kind) -> Technique | None:
        """Return an optimizer, a schedule or an initializer of the user's own."""
        reader = OwnFunctionReader(self.faults, self.sources.networks)
        known = self.sources.known
        if known is not None:
            return reader.technique_again(written, known.own_techniques)
        return reader.technique(written, kind, call=self.is_whole)

    def _outputs(self, facts: DataFacts | None, heads: tuple[str, ...]) -> dict[str, Any] | None:
        """Return what the outputs of a network are trained by; None where the data have one target."""
        loss, weights = self.settings.get("loss"), self.settings.get("loss_weights")
        if facts is None or not facts.named:
            if weights is not None and facts is not None:
                self.faults.add(weights.fault("loss-weights-one"))
            return None
        functions = OwnFunctionReader(self.faults, self.sources.networks)
        reader = OutputsReader(
            self.techniques, functions, facts, heads, self.sources.known, call=self.is_whole
        )
        return {
            "loss": reader.scored(loss),
            "beside": reader.beside(loss, weights),
            "loss_weight": reader.weight(weights),
        }

    def _metrics(self, facts: DataFacts | None) -> tuple[Sequence[str], tuple[OwnMetric, ...]]:
        """Return the metrics that Paribus knows, and those of the user's own."""
        written, known = self.settings.get("metrics"), self.sources.known
        if written is None:
            return (), ()
        own = [each for each in written.items if isinstance(each.value, dict)]
        if own:
            written = replace(written, value=[each for each in written.items if each not in own])
        named = self.value(_SETTINGS["metrics"].as_setting[1], written)
        if known is not None or facts is None:
            return named, () if known is None else known.own_metrics
        reader = OwnFunctionReader(self.faults, self.sources.networks)
        read = [reader.metric(each, facts, call=self.is_whole) for each in own]
        return named, tuple(each for each in read if each is not None)

    def _own_loss(
        self, written: YamlNode | None, facts: DataFacts | None, built: Built | None
    ) -> OwnLoss | None:
        """Return the loss of the user's own: the study's, else what the network was compiled with."""
        known = self.sources.known
        if written is not None and isinstance(written.value, dict) and facts is not None:
            reader = OwnFunctionReader(self.faults, self.sources.networks)
            if known is not None:
                return reader.again(written, known.own_loss)
            return reader.loss(written, facts, call=self.is_whole)
        compiled = built.compiled.get("own_loss") if built else None
        is_compiled = compiled is not None and (written is None or not written.value)
        return OwnLoss.model_validate(compiled) if is_compiled else None

    def _read_own(self, written: YamlNode) -> Configuration | None:
        """Return the configuration of a function that trains: what it sets by itself is not looked at."""
        train = self.sources.training(written, self.faults)
        task = Programs(self.faults).task(written)
        data, own = self._data()
        plain: dict[str, Any] = {
            key: self.setting(self.settings, *_SETTINGS[key].as_setting) for key in _OF_ANY_TRAINING
        }
        stopping = self._watching("early_stopping", EarlyStopping, _STOPPING, None)
        plain["epochs"] = plain["epochs"] or 1
        if train is None or len(self.faults):
            return None
        if data is None:
            data, own = name_of(train), facts_of(task)
        facts = own or IMAGE_SETS[data]
        if facts.validation:
            plain["validation"] = facts.validation / facts.train
        settings = {key: node.plain() for key, node in self.settings.branches.items() if key not in KNOWN}
        train = train.model_copy(update={"settings": {**train.settings, **settings}})
        self.faults.add(*placeholder_faults(train, written))
        if train.command and stopping is not None:
            self.faults.add(self.settings.branches["early_stopping"].fault("train-command-stops"))
        if len(self.faults):
            return None
        return Configuration(
            data=data,
            own=own,
            layers=(),
            loss="",
            optimizer=known_optimizer(settings),
            early_stopping=stopping,
            train=train,
            **plain,
        )

    def _unknown_setting(self, key: str, written: YamlNode) -> None:
        """Add the fault of an unknown setting; it says so where the name belongs inside another setting."""
        home = next((home for home, keys in _PARTS.items() if key in keys), None)
        if home is None:
            self.faults.add(unknown_name("setting", written, key, SETTINGS))
        else:
            self.faults.add(written.fault("elsewhere", given=format_value(key), home=home, key=key))

    def _data(self) -> tuple[str | None, DataFacts | None]:
        """Return the name of the data set, and what is known of it where it is the study's own."""
        written = self.settings.get("data")
        if written is None or written.text in IMAGE_SETS:
            return None if written is None else written.text, None
        if isinstance(written.value, dict):
            return self.sources.read(written, self.faults)
        if written.text is None:
            self.faults.add(written.fault("not-allowed", given=format_value(written.plain()), allowed=_DATA))
        else:
            self.faults.add(unknown_name("data", written, written.text, IMAGE_SETS))
        return None, None

    def _scale(self, given: Any, facts: DataFacts) -> Scale | dict[str, Scale]:
        """Return how inputs are scaled, by name where the data have several."""
        written = self.settings.get("scale")
        if written is not None and isinstance(given, dict):
            if not facts.inputs:
                self.faults.add(written.fault("scale-one-input"))
                return "none"
            self.check_keys("input", written.branches, [each.name for each in facts.inputs])
        return scale_by_input(given, facts.inputs)

    def _watching(
        self, setting: str, made: type[_Watching], keys: Mapping[str, Key], own: Mapping[str, bool] | None
    ) -> _Watching | None:
        """Return the settings of a callback that watches a metric.

        Args:
            setting: Its key.
            made: Its class.
            keys: Those inside it.
            own: What may be watched that Paribus does not know, and whether it rises; None for anything.
        """
        written = self.settings.get(setting)
        if written is None:
            return None
        if not isinstance(written.value, dict):
            self.faults.add(written.fault("not-a-mapping", given=setting, names=", ".join(keys)))
            return None
        self.check_keys("argument", written.value, keys, setting)
        before = len(self.faults)
        monitor = self.text(written, "monitor")
        is_own = monitor not in monitors() and bool(monitor) and (own is None or monitor in own)
        given = {
            name: monitor if is_own and name == "monitor" else self.setting(written, *key.as_setting)
            for name, key in keys.items()
            if written.get(name) is not None
        }
        if len(self.faults) > before:
            return None
        read = made.model_validate(given)
        if is_own:
            if read.mode == "auto" and own is None:
                self.faults.add(written.fault("monitor-direction", monitor=monitor))
            ways = {True: "max", False: "min"}
            return (
                read
                if own is None or read.mode != "auto"
                else read.model_copy(update={"mode": ways[own[monitor]]})
            )
        usual = "max" if monitor_rises(read.monitor) else "min"
        return read.model_copy(update={"mode": "auto"}) if read.mode == usual else read
