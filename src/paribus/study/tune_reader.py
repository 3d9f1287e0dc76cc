"""What a study says of tuning, read with everything that is wrong in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from paribus.errors import Fault
from paribus.study.configuration import Configuration, Scalar
from paribus.study.domains import POSITIVE, Number
from paribus.study.early_end import Halving, Median, Stop, default_of_halving, default_of_median
from paribus.study.faults import Faults, PartReader, format_value
from paribus.study.keys import KEYS, Group
from paribus.study.metrics import is_recorded
from paribus.study.tuning import MAX_TRIES, Tune, TuneRange, as_changes, overlapping
from paribus.study.yaml_node import YamlNode, write

Check = Callable[[YamlNode], "Iterator[Fault]"]
"""Yields what is wrong with changes of a variant."""

_TUNE, _RANGE = KEYS[Group.TUNE], KEYS[Group.RANGE]
_RULES = (Group.MEDIAN, Group.HALVING)


def merged(whole: YamlNode | None, own: YamlNode | None) -> YamlNode | None:
    """Return how a variant is tuned: as the study says, with what the variant says by itself.

    Args:
        whole: What the study says.
        own: What the variant says; its value is None where it takes the study's back.
    """
    if own is None or not isinstance(own.value, dict):
        return whole if own is None else None if own.value is None else own
    return own if whole is None else replace(own, value={**whole.branches, **own.branches})


class TuneReader(PartReader):
    """Reads how one variant is tuned, with faults of its own: without any it is tuned.

    Args:
        configuration: The variant, resolved.
        check: What knows whether changes fit the variant.
    """

    def __init__(self, configuration: Configuration, check: Check) -> None:
        super().__init__(Faults())
        self.configuration = configuration
        self.check = check

    def tune(self, written: YamlNode) -> Tune | None:
        """Return how the variant is tuned; None where anything is wrong with it."""
        if not isinstance(written.value, dict):
            names = ", ".join(("learning_rate", *_TUNE))
            self.faults.add(written.fault("not-a-mapping", given="tune", names=names))
            return None
        ranges = {name: each for name, each in written.branches.items() if name not in _TUNE}
        ranges = {name: each for name, each in ranges.items() if each.value is not None}
        if not ranges:
            self.faults.add(written.fault("tune-nothing"))
        for name in overlapping(ranges):
            self.faults.add(ranges[name].fault("tune-overlap", name=name))
        if len(self.faults):
            return None
        settings = {name: self._range(name, each) for name, each in ranges.items()}
        search, seeds, budget, on = (
            self.setting(written, *_TUNE[key].as_setting) for key in ("search", "seeds", "budget", "on")
        )
        on = on or self.configuration.score.val
        self.faults.add(*self._on_faults(written.get("on") or written, on))
        known = {name: each for name, each in settings.items() if each is not None}
        if len(self.faults):
            return None
        points = math.prod(len(each.grid) for each in known.values())
        if search == "grid":
            self.faults.add(*_grid_faults(written, points, budget))
            budget = points
        elif budget is None:
            self.faults.add(written.fault("tune-no-budget", search=search))
        if len(self.faults) or budget is None:
            return None
        tune = Tune(settings=known, on=on, search=search, seeds=seeds, budget=budget)
        if (stop := written.get("stop")) is None:
            return tune
        read = self._stop(stop, tune)
        return None if read is None else tune.model_copy(update={"stop": read})

    def _stop(self, written: YamlNode, tune: Tune) -> Stop | None:
        """Return when tries end early; None where anything is wrong with that."""
        known = ", ".join(_RULES)
        given = written.branches if isinstance(written.value, dict) else {}
        named = [each for each in given if given[each].value is not None or len(given) == 1]
        if written.text is not None:
            named = [written.text]
        if len(named) != 1:
            self.faults.add(written.fault("tune-stop", given=format_value(written.plain()), known=known))
            return None
        (rule,) = named
        if self.known_name("stop", YamlNode(rule, written.path, written.line), _RULES) is None:
            return None
        own = given.get(rule)
        if own is None or own.value is None:
            own = YamlNode({}, written.path, written.line)
        if not isinstance(own.value, dict):
            names = ", ".join(KEYS[Group(rule)])
            self.faults.add(own.fault("not-a-mapping", given=rule, names=names))
            return None
        keys = KEYS[Group(rule)]
        self.check_keys("key", own.branches, keys)
        read = {name: self.setting(own, *key.as_setting) for name, key in keys.items()}
        if len(self.faults):
            return None
        most = tune.most_epochs(self.configuration.epochs)
        stop = _filled(rule, read, most)
        self.faults.add(*self._stop_faults(written, stop, tune, most))
        return None if len(self.faults) else stop

    def _stop_faults(self, written: YamlNode, stop: Stop, tune: Tune, most: int) -> Iterator[Fault]:
        if self.configuration.train is not None:
            yield written.fault("tune-stop-train")
        elif stop.first >= most:
            yield written.fault("tune-stop-late", first=stop.first, epochs=most)
        elif isinstance(stop, Median) and stop.startup >= tune.budget:
            yield written.fault("tune-stop-startup", startup=stop.startup, budget=tune.budget)

    def _on_faults(self, place: YamlNode, on: str) -> Iterator[Fault]:
        read = self.configuration
        if read.folds is not None:
            yield place.fault("tune-folds")
        if read.train is not None:
            return
        if read.validation == 0:
            yield place.fault("tune-without-validation")
        elif not is_recorded(on, read.score, read.metrics):
            yield place.fault("tune-not-measured", on=on, metric=on.removeprefix("val_"))

    def _range(self, name: str, written: YamlNode) -> TuneRange | None:
        if isinstance(written.value, list):
            written = replace(written, value={"values": written})
        if not isinstance(written.value, dict):
            names = ", ".join(_RANGE)
            self.faults.add(written.fault("not-a-mapping", given=name, names=names))
            return None
        self.check_keys("key", written.value, _RANGE)
        values = written.get("values")
        if values is not None:
            found = self._values(written, values)
        else:
            found = self._bounds(written)
        if found is None:
            return None
        for value in found.values or (found.low, found.high):
            if wrong := next(self._wrong(name, value), None):
                self.faults.add(replace(wrong, path=written.path, line=written.line))
                return None
        return self._whole(name, found)

    def _values(self, written: YamlNode, values: YamlNode) -> TuneRange | None:
        others = [key for key in written.branches if key != "values" and written.get(key) is not None]
        scalars: list[Scalar] = [
            each.value for each in values.items if not isinstance(each.value, dict | list | None)
        ]
        if others or len(set(scalars)) < 2 or len(scalars) < len(values.items):
            self.faults.add(values.fault("tune-values", given=format_value(values.plain())))
            return None
        return TuneRange(values=tuple(dict.fromkeys(scalars)))

    def _bounds(self, written: YamlNode) -> TuneRange | None:
        scale = self.setting(written, *_RANGE["scale"].as_setting)
        points = self.setting(written, *_RANGE["points"].as_setting)
        domain: Number = POSITIVE if scale == "log" else Number()
        ends: list[float] = []
        for key in ("from", "to"):
            bound = written.get(key)
            if bound is None:
                self.faults.add(written.fault("tune-bound", key, key=key))
            else:
                ends.append(float(self.value(domain, bound)))
        if len(ends) < 2:
            return None
        if ends[0] >= ends[1]:
            self.faults.add(written.fault("tune-order", low=f"{ends[0]:g}", high=f"{ends[1]:g}"))
            return None
        return TuneRange(low=ends[0], high=ends[1], scale=scale, points=points)

    def _whole(self, name: str, found: TuneRange) -> TuneRange:
        """Return the range of whole numbers where the setting takes no others."""
        if found.values or not (found.low.is_integer() and found.high.is_integer()):
            return found
        between = found.low + 0.5
        takes_any = self.configuration.train is not None or not [*self._wrong(name, between)]
        return found if takes_any else found.model_copy(update={"whole": True})

    def _wrong(self, name: str, value: object) -> Iterator[Fault]:
        return self.check(write(as_changes({name: value})))


def _filled(rule: str, read: Mapping[str, int | None], most: int) -> Stop:
    """Return a rule with every number written out.

    Args:
        rule: Its name.
        read: Its numbers; None for what is left out and follows from the epochs.
        most: The epochs of the longest try.
    """
    given = {name: value for name, value in read.items() if value is not None}
    if rule == Group.MEDIAN:
        quarter = default_of_median(most)
        return Median.model_validate({"warmup": quarter, "interval": quarter, **given})
    first = default_of_halving(most, given["reduction_factor"])
    return Halving.model_validate({"min_resource": first, **given})


def _grid_faults(written: YamlNode, points: int, budget: int | None) -> Iterator[Fault]:
    most = MAX_TRIES if budget is None else budget
    if points > most:
        place = written.get("budget") or written
        yield place.fault("tune-grid", points=points, budget=most)


def unequal(tuned: Mapping[str, Tune]) -> tuple[str, str] | None:
    """Return two variants of which one gets more tries than the other; None where all get the same.

    Args:
        tuned: How each variant is tuned, by its name.
    """
    budgets = {
        name: (each.budget, each.seeds, each.on, each.search, each.stop and each.stop.shared)
        for name, each in tuned.items()
    }
    first = next(iter(budgets), "")
    other = next((name for name, each in budgets.items() if each != budgets[first]), None)
    return None if other is None else (first, other)
