"""What a report says of tries that ended early: by which rule, which of them, and what that saved."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.tuning import Ending, TunedStudy, TunedVariant
from paribus.report.tables import Table, make_table
from paribus.report.tuning import told
from paribus.study.early_end import Halving
from paribus.study.metrics import metric_of
from paribus.texts import number, text
from paribus.texts.message import Listed
from paribus.texts.quantities import figure


def notes(tuned: TunedStudy) -> Iterator[str]:
    """Yield whether variants had the same budget in epochs, the rule, and what it saved for each."""
    yield from _budgets(tuned)
    yield from dict.fromkeys(_rule(tuned, each) for each in tuned.variants if each.tune.stop is not None)
    for each in tuned.variants:
        if each.ended:
            yield text(
                "tune.ended",
                variant=tuned.study.named(each.name),
                count=len(each.ended),
                tries=len(each.tries),
                saved=number(each.saved_epochs, ","),
                most=number(each.most_epochs, ","),
            )
    if any(each.ended for each in tuned.variants):
        yield text("tune.ended-meaning")
        yield text("tune.no-curve")


def _budgets(tuned: TunedStudy) -> Iterator[str]:
    most = {tuned.study.named(each.name): each.most_epochs for each in tuned.variants if each.is_over}
    if len(most) < 2 or not any(most.values()):
        return
    if len({*most.values()}) == 1:
        yield text("tune.same-epochs", epochs=number(max(most.values()), ","))
        return
    each = (text("tune.epochs-of", variant=name, epochs=number(count, ",")) for name, count in most.items())
    yield text("tune.other-epochs", variants=Listed(tuple(each)))


def _rule(tuned: TunedStudy, each: TunedVariant) -> str:
    stop = each.tune.stop
    if isinstance(stop, Halving):
        epochs = each.tune.most_epochs(tuned.study.variants[each.name].configuration.epochs)
        rungs = Listed(tuple(map(str, stop.checks(epochs))))
        return text("tune.stop-halving", factor=stop.reduction_factor, rungs=rungs)
    values = {} if stop is None else stop.model_dump(include={"startup", "warmup", "interval"})
    return text("tune.stop-median", **values)


def ended_table(tuned: TunedStudy) -> Table | None:
    """Return the tries that ended early, each with its last epoch and the reason; None where none did."""
    cells = [
        {
            "variant": tuned.study.named(each.name),
            "setting": told(one.settings),
            "ended": str(one.ended.epoch),
            "why": _why(one.ended, each),
        }
        for each in tuned.variants
        for one in each.tries
        if one.ended is not None
    ]
    return make_table("tune.column-", cells, {"variant", "setting", "why"}) if cells else None


def _why(ending: Ending, each: TunedVariant) -> str:
    unit = metric_of(each.tune.on).unit
    score, bar = figure(ending.score, unit), figure(ending.bar, unit)
    return text(f"tune.why-{ending.rule}", score=score, bar=bar, among=ending.among)
