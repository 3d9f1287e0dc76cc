"""Changes of early stopping: more patience, another monitor, the default of an unusual setting."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.stopping import is_backwards
from paribus.analysis.runs.changes import Change
from paribus.study.configuration import Configuration, EarlyStopping


def more_patience(settings: EarlyStopping) -> int:
    """Return a patience that does not end a run at the first few epochs without a best."""
    return max(10, 2 * settings.patience)


def suspect_patience(configuration: Configuration) -> Iterator[Change]:
    """Yield the same early stopping with more patience; nothing where there is none."""
    settings = configuration.early_stopping
    if settings is not None:
        then = more_patience(settings)
        values = {"now": settings.patience, "then": then}
        yield Change("patience", {"early_stopping": {"patience": then}}, values)


def data_monitor(settings: EarlyStopping) -> str:
    """Return what early stopping watches, without its penalty."""
    return "val_data_loss" if settings.monitor == "val_loss" else "data_loss"


def unusual_settings(settings: EarlyStopping) -> Iterator[tuple[str, object, object]]:
    """Return what keeps early stopping from seeing an improvement: each setting, its value, its default.

    Args:
        settings: Of early stopping.
    """
    if is_backwards(settings):
        yield "mode", settings.mode, "auto"
    if settings.baseline is not None:
        yield "baseline", settings.baseline, None
    if settings.min_delta:
        yield "min_delta", settings.min_delta, 0.0


def back_to_default(settings: EarlyStopping | None, kind: str) -> Iterator[Change]:
    """Return, for each setting that keeps early stopping from seeing an improvement, its default.

    Args:
        settings: Of early stopping; None for none.
        kind: As in `Change`.
    """
    for key, now, then in unusual_settings(settings) if settings else ():
        values = {"key": key, "now": as_written(now), "then": as_written(then), "default": as_written(then)}
        yield Change(kind, {"early_stopping": {key: then}}, values)


def as_written(value: object) -> str:
    """Return a setting's value as a study file has it.

    Args:
        value: A number, a word or None.

    Example:
        >>> as_written(None), as_written(0.50), as_written("min")
        ('null', '0.5', 'min')
    """
    return "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
