"""What the name of a column says of a metric: on which examples, which metric, which way is better."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from paribus.study.metrics import METRICS, Metric

Part: TypeAlias = Literal["train", "val", "test", ""]

_PARTS: dict[str, Part] = {
    "train": "train", "training": "train", "tr": "train", "val": "val", "valid": "val", "validation": "val",
    "dev": "val", "eval": "val", "evaluation": "val", "holdout": "val", "test": "test", "testing": "test",
    "tst": "test",
}  # fmt: skip
_ALIASES = {
    **dict.fromkeys(
        ("acc", "accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy",
         "accuracy_score", "multiclassaccuracy", "top1", "top_1", "acc1", "acc_1", "top1_acc", "top_1_acc",
         "acc_top1", "acc_top_1", "top1_accuracy", "top_1_accuracy"),
        "accuracy",
    ),
    **dict.fromkeys(
        ("top5", "top_5", "acc5", "acc_5", "top5_acc", "top_5_acc", "acc_top5", "acc_top_5", "top5_accuracy",
         "top_5_accuracy", "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"),
        "top_5",
    ),
    **dict.fromkeys(("balanced_acc", "bacc", "balanced_accuracy_score"), "balanced_accuracy"),
    **dict.fromkeys(("macro_f1", "f1macro"), "f1_macro"),
    **dict.fromkeys(("weighted_f1",), "f1_weighted"),
    **dict.fromkeys(("auc", "auroc", "rocauc", "roc_auc_score"), "roc_auc"),
    **dict.fromkeys(("r2_score", "r_squared", "r2score", "rsquared"), "r2"),
    **dict.fromkeys(("root_mean_squared_error",), "rmse"),
    **dict.fromkeys(("mean_squared_error",), "mse"),
    **dict.fromkeys(("mean_absolute_error",), "mae"),
    **dict.fromkeys(("mean_absolute_percentage_error",), "mape"),
    **dict.fromkeys(("logloss",), "log_loss"),
    **dict.fromkeys(("ece",), "calibration_error"),
    **dict.fromkeys(("brier_score",), "brier"),
    "err": "error", "error_rate": "error", "perplexity": "ppl",
}  # fmt: skip
_FALLING = (
    "loss", "error", "err", "mae", "mse", "rmse", "rmsle", "mape", "nll", "ppl", "wer", "cer", "fid",
    "entropy", "cost", "regret", "distance", "divergence", "kl", "bpc", "bpd", "eer", "ter", "deviation",
)  # fmt: skip
"""Words in the names of metrics that are better where they are lower."""
_RISING = (
    "accuracy", "acc", "auc", "auroc", "f1", "f2", "fbeta", "precision", "recall", "ap", "map", "iou", "miou",
    "dice", "jaccard", "bleu", "rouge", "meteor", "cider", "psnr", "ssim", "reward", "return", "returns",
    "score", "r2", "mcc", "kappa", "ndcg", "mrr", "hits", "top1", "top5", "specificity", "sensitivity",
    "spearman", "pearson", "correlation", "elbo", "likelihood", "em", "chrf", "inception", "success", "win",
)  # fmt: skip
_SHARES = (
    "accuracy", "acc", "auc", "auroc", "f1", "f2", "fbeta", "precision", "recall", "iou", "miou", "dice",
    "jaccard", "specificity", "sensitivity", "error",
)  # fmt: skip
"""Words in the names of metrics that lie between 0 and 1, or between 0 and 100 in percent."""
_BETWEEN = {"epoch", "metric", "metrics", "multiclass", "binary", "mean", "avg", "average", "final", "best"}
"""Words that say nothing of what is measured, where others do."""
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class MetricName:
    """What a column's name says.

    Args:
        part: The examples that it was measured on; empty where nothing says which.
        metric: What it measures.
        is_guess: Whether nothing says which way is better: higher is taken.
        is_share: Whether it lies between 0 and 1, or between 0 and 100.
    """

    part: Part
    metric: Metric
    is_guess: bool = False
    is_share: bool = False

    @property
    def key(self) -> str:
        """Its name in a history: ``val_accuracy``, or ``accuracy`` of the training examples."""
        return self.metric.name if self.part in ("train", "") else f"{self.part}_{self.metric.name}"


@dataclass(frozen=True)
class GivenMetric:
    """What a user says of one column.

    Args:
        name: What it is called in the study, such as ``val_accuracy``.
        rises: Whether higher is better; None where the name says it.
        unit: ``percent``, ``share`` or ``plain``; empty where the values say it.
    """

    name: str
    rises: bool | None = None
    unit: str = ""

    @property
    def meaning(self) -> MetricName:
        """What the column is taken for."""
        found = named(self.name)
        if self.rises is None or self.rises == found.metric.rises:
            return found if self.rises is None else replace(found, is_guess=False)
        metric = replace(defined(found.metric.name)[0], rises=self.rises, is_measured=False)
        return replace(found, metric=metric, is_guess=False)


def metric_name(column: str) -> MetricName | None:
    """Return what a column's name says of a metric; None where it names none that is known.

    Args:
        column: As a file or a tracker has it, such as ``val/acc`` or ``valid_loss``.

    Example:
        >>> [metric_name(name).key for name in ("val/acc", "valid_loss", "train_loss_epoch", "epoch_val_auc")]
        ['val_accuracy', 'val_loss', 'loss', 'val_roc_auc']
        >>> metric_name("learning_rate") is None
        True
    """
    found = named(column)
    has_part = bool(found.part)
    words = set(found.metric.name.split("_"))
    is_known = found.metric.name in METRICS or bool(words & {*_FALLING, *_RISING})
    return found if is_known or (has_part and found.metric.name) else None


def named(column: str) -> MetricName:
    """Return a column as a metric, whatever it is called.

    Args:
        column: As a file or a tracker has it.

    Example:
        >>> named("Coverage").metric.name, named("Coverage").is_guess
        ('coverage', True)
    """
    words = [word.lower() for word in _WORDS.findall(_spaced(column))]
    parts: list[Part] = [_PARTS[word] for word in words if word in _PARTS]
    part: Part = parts[0] if parts else ""
    rest = [word for word in words if word not in _PARTS]
    telling = [word for word in rest if word not in _BETWEEN] or rest
    name = "_".join(telling)
    name = _ALIASES.get(name, name)
    last = _ALIASES.get(telling[-1], telling[-1]) if telling else ""
    if name not in METRICS and last in ("accuracy", "loss") and len(telling) > 1 and part:
        name = "_".join((*telling[:-1], last))
    return MetricName(part, *defined(name))


def defined(name: str) -> tuple[Metric, bool, bool]:
    """Return a metric by its name, whether its direction is a guess, and whether it is a share.

    Args:
        name: Without the examples.
    """
    words = set(name.split("_"))
    is_share = bool(words & set(_SHARES)) and not words & {"squared", "absolute", "calibration"}
    if name in METRICS:
        known = METRICS[name]
        return known, False, (known.has_margin and known.unit == "percent") or is_share
    falls = bool(words & set(_FALLING))
    unit = "percent" if words & {"accuracy", "acc", "error"} and is_share else "plain"
    metric = Metric(name, (), rises=not falls, unit=unit, has_margin=unit == "percent", is_measured=False)
    return metric, not falls and not words & set(_RISING), is_share


def _spaced(column: str) -> str:
    """Return a name with its words apart, also where only capitals show them: ``valAcc``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
