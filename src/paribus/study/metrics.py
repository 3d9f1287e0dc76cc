"""Every metric by its name: for which tasks it is, which way is better, how it is written.

Its values are computed in `paribus.record.metrics`; its name in words is ``comparison.name-<name>``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from paribus.study.datasets import DataFacts, Task
from paribus.texts.message import Message
from paribus.texts.quantities import Unit

Part: TypeAlias = Literal["test", "val"]
TOP = (2, 3, 5, 10)
"""How many of the largest outputs may be looked at for the right class."""

_CLASSES: tuple[Task, ...] = ("classification",)
_LABELS: tuple[Task, ...] = ("classification", "multilabel")
_TARGETS: tuple[Task, ...] = ("regression",)
_ALL: tuple[Task, ...] = (*_LABELS, *_TARGETS)


@dataclass(frozen=True)
class Metric:
    """What predictions are measured by.

    Args:
        name: As a study writes it, after ``test_`` or ``val_``.
        tasks: What it measures.
        rises: Whether higher is better.
        unit: ``percent`` for shares, which are written in percent; a regression's errors have the unit of its
            target, which is not known.
        has_margin: Whether the study's margin is one of this metric: a share that is right, or R².
        up_to_one: Whether a difference of 1 or more cannot be, or is none that a study asks about.
        is_measured: Whether it follows from outputs and labels; a loss is what training measures.
        among: Of how many of the largest outputs; 0 where it looks at no such number.

    Example:
        >>> METRICS["rmse"].rises, METRICS["r2"].rises
        (False, True)
    """

    name: str
    tasks: tuple[Task, ...]
    rises: bool = True
    unit: Unit = "plain"
    has_margin: bool = False
    up_to_one: bool = False
    is_measured: bool = True
    among: int = 0

    @property
    def test(self) -> str:
        """Its name on the test examples."""
        return f"test_{self.name}"

    @property
    def val(self) -> str:
        """Its name on the examples held out, as in a history."""
        return f"val_{self.name}"

    @property
    def factor(self) -> float:
        """What a value is multiplied with to be written."""
        return 100.0 if self.unit == "percent" else 1.0


def _share(name: str, tasks: tuple[Task, ...] = _CLASSES, among: int = 0) -> Metric:
    return Metric(name, tasks, unit="percent", has_margin=True, up_to_one=True, among=among)


_ENTRIES = (
    _share("accuracy", _LABELS),
    Metric("loss", _ALL, rises=False, is_measured=False),
    Metric("data_loss", _ALL, rises=False, is_measured=False),
    Metric("brier", _LABELS, rises=False),
    *(_share(f"top_{count}", among=count) for count in TOP),
    _share("balanced_accuracy"),
    Metric("f1_macro", _LABELS, up_to_one=True),
    Metric("f1_weighted", _LABELS, up_to_one=True),
    Metric("roc_auc", _LABELS, up_to_one=True),
    Metric("average_precision", _LABELS, up_to_one=True),
    Metric("log_loss", _LABELS, rises=False),
    Metric("calibration_error", _CLASSES, rises=False, up_to_one=True),
    Metric("r2", _TARGETS, has_margin=True, up_to_one=True),
    Metric("rmse", _TARGETS, rises=False),
    Metric("mse", _TARGETS, rises=False),
    Metric("mae", _TARGETS, rises=False),
    Metric("median_absolute_error", _TARGETS, rises=False),
    Metric("mape", _TARGETS, rises=False, unit="percent"),
)

METRICS: Mapping[str, Metric] = MappingProxyType({each.name: each for each in _ENTRIES})
"""Every metric by its name."""
MEASURED = tuple(each.name for each in _ENTRIES if each.is_measured)
"""What ``metrics:`` may name: all that follows from outputs and labels."""
NAMES = (*(each.test for each in _ENTRIES), *(each.val for each in _ENTRIES))
"""What a question may ask about: every metric on test examples, then on those held out."""
ON = tuple(each.val for each in _ENTRIES)
"""What a search may go by: every metric on the examples held out, and none on test examples."""


def score_of(task: Task) -> Metric:
    """Return what a task's runs are scored by wherever no other metric is named.

    Classes and labels by the share that is right. A regression by R², which has no unit: it means the same
    whatever the target, and like an accuracy it is higher where predictions are better.

    Example:
        >>> score_of("multilabel").name, score_of("regression").name
        ('accuracy', 'r2')
    """
    return METRICS["r2" if task == "regression" else "accuracy"]


def metric_of(name: str) -> Metric:
    """Return the metric that a question names.

    Args:
        name: With its part, such as ``test_accuracy``.
    """
    return METRICS[name.partition("_")[2]]


def part_of(name: str) -> Part:
    """Return the examples on which a question's metric is measured.

    Example:
        >>> part_of("val_f1_macro")
        'val'
    """
    return "val" if name.startswith("val_") else "test"


def title_of(name: str) -> Message:
    """Return a question's metric in words; one that Paribus does not know keeps its name.

    Example:
        >>> str(title_of("test_accuracy")), str(title_of("val_f1_macro")), str(title_of("val_miou"))
        ('test accuracy', 'validation macro F1', 'validation miou')
    """
    metric = name.partition("_")[2]
    words = name_of(METRICS[metric]) if metric in METRICS else metric
    return Message(f"comparison.on-{part_of(name)}", {"metric": words})


def name_of(metric: Metric) -> Message | str:
    """Return a metric in words; one that Paribus does not know keeps its name."""
    return Message(f"comparison.name-{metric.name}") if metric.name in METRICS else metric.name


def unit_of(metric: Metric) -> Message | str:
    """Return what stands beside the name of a column: a percent sign, or the metric's name.

    Example:
        >>> unit_of(METRICS["accuracy"]), str(unit_of(METRICS["r2"]))
        ('%', 'R²')
    """
    return "%" if metric.unit == "percent" else name_of(metric)


def monitors() -> tuple[str, ...]:
    """Return what early stopping may watch: what every history has, and metrics on the examples held out.

    Example:
        >>> monitors()[:3]
        ('loss', 'accuracy', 'data_loss')
    """
    always = ("loss", "accuracy", "data_loss", "penalty", "val_loss", "val_accuracy", "val_data_loss", "r2")
    return tuple(dict.fromkeys((*always, *(METRICS[name].val for name in MEASURED))))


def monitor_rises(monitor: str) -> bool:
    """Return whether a higher value of what early stopping watches is better.

    Example:
        >>> monitor_rises("val_f1_macro"), monitor_rises("val_rmse"), monitor_rises("penalty")
        (True, False, False)
    """
    metric = METRICS.get(monitor.removeprefix("val_"))
    return metric is not None and metric.rises


def is_recorded(monitor: str, score: Metric, metrics: Collection[str]) -> bool:
    """Return whether a history has what early stopping is to watch.

    Args:
        monitor: Its name there.
        score: Of the run.
        metrics: What else is measured on the examples held out.

    Example:
        >>> is_recorded("val_rmse", METRICS["r2"], []), is_recorded("val_rmse", METRICS["r2"], ["rmse"])
        (False, True)
    """
    name = monitor.removeprefix("val_")
    always = name in ("loss", "data_loss", "penalty", score.name)
    return always or (monitor != name and name in metrics)


def known_to(data: DataFacts) -> tuple[str, ...]:
    """Return the metrics that say something of predictions for these data.

    The right class is always among the two largest outputs of two: top-k metrics need more than k classes.

    Example:
        >>> known_to(DataFacts(shape=(4,), train=100, test=50, task="regression"))[:3]
        ('loss', 'data_loss', 'r2')
        >>> iris = DataFacts(shape=(4,), train=100, test=50, classes=("setosa", "versicolor", "virginica"))
        >>> [name for name in known_to(iris) if name.startswith("top")]
        ['top_2']
    """
    suited = (each for each in _ENTRIES if data.task in each.tasks)
    return tuple(each.name for each in suited if not each.among or each.among < len(data.classes))
