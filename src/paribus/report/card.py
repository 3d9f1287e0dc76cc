"""A model card of one run's kept weights, as Hugging Face's model hub has them: YAML, then Markdown.

Source: Mitchell et al. 2019, arXiv:1810.03993; the front matter is that of ``huggingface_hub.ModelCardData``.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence

from paribus.analysis.finding import Finding
from paribus.analysis.questions.statistics import mean_interval
from paribus.record.folder import test_examples
from paribus.record.looks import MIN_SEEDS
from paribus.record.run import RunRecord
from paribus.report.findings import sentences
from paribus.report.markdown_text import as_list, escaped, fenced
from paribus.report.tables import changes, images_of, label, title
from paribus.study.metrics import name_of
from paribus.study.settings import flat_settings
from paribus.study.study import Study
from paribus.texts import number, text
from paribus.texts.inert import on_one_line
from paribus.texts.quantities import figure_with_unit, interval

_METRICS = {"accuracy": "accuracy", "r2": "r_squared"}
_KINDS = {"pixels": "image", "numbers": "tabular", "tokens": "text"}
_Z = 1.959963984540054


def write_card(
    study: Study,
    variant: str,
    record: RunRecord,
    others: Sequence[RunRecord],
    findings: Collection[Finding],
    folder: str,
) -> str:
    """Return the card.

    Args:
        study: What was asked.
        variant: The run's.
        record: The run, which was trained to its end.
        others: All runs of the variant.
        findings: What the diagnosis says of them.
        folder: The study's, for the code that loads the weights.
    """
    seed = record.spec.seed
    sections = {
        "what": _what(study, variant, record),
        "data": _data(record),
        "training": _training(record),
        "results": _results(record, others),
        "findings": as_list(line for each in findings for line in sentences(each))
        or text("card.no-findings"),
        "limits": as_list(_limits(record, others)),
        "load": _loading(study, variant, seed, folder, is_own=record.spec.configuration.train is not None),
    }
    head = f"# {escaped(title(study))}: {escaped(study.named(variant))}"
    body = "\n\n".join(f"## {text(f'card.{name}')}\n\n{words}" for name, words in sections.items())
    return f"---\n{_front_matter(study, variant, record)}---\n\n{head}\n\n{body}\n"


def _front_matter(study: Study, variant: str, record: RunRecord) -> str:
    from ruamel.yaml import YAML

    configuration, score = record.spec.configuration, record.score.name
    kind = _KINDS[configuration.facts.values]
    task = f"{kind}-{'regression' if configuration.facts.task == 'regression' else 'classification'}"
    metric = {
        "type": _METRICS.get(score, score),
        "name": f"test {score}",
        "value": record.test_score,
    }
    used = on_one_line(record.data.name)
    named = on_one_line(f"{study.name}, {variant}, seed {record.spec.seed}")
    found = {"task": {"type": task}, "dataset": {"name": used, "type": used}, "metrics": [metric]}
    tree: dict[str, object] = {
        **({} if configuration.train is not None else {"library_name": "keras"}),
        "pipeline_tag": task,
        "tags": ["paribus"],
        "metrics": [_METRICS.get(score, score)],
        "model-index": [{"name": named, "results": [found]}],
    }
    written = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 2**16  # a name stays on its line
    yaml.dump(tree, written)  # pyright: ignore[reportUnknownMemberType]
    return written.getvalue()


def _what(study: Study, variant: str, record: RunRecord) -> str:
    facts, result = record.spec.configuration.facts, record.result
    lines = [
        text("card.one-run", variant=study.named(variant), study=title(study), seed=record.spec.seed),
        text("card.changes", changes=changes(study, variant)),
        text(f"card.task-{facts.task}"),
    ]
    if facts.classes:
        lines.append(text("card.classes", classes=", ".join(facts.classes)))
    if result and result.parameters:
        lines.append(text("card.parameters", parameters=number(result.parameters, ",")))
    summary = f"\n\n{fenced(result.summary)}" if result and result.summary else ""
    return as_list(lines) + summary


def _data(record: RunRecord) -> str:
    used, configuration = record.data, record.spec.configuration
    lines = [text("card.data-set", data=label(used), images=images_of(used))]
    if used.source:
        lines.append(text("card.source", source=used.source))
    lines.append(text("card.digest", sha256=used.sha256))
    lines.append(text("card.held-out", share=figure_with_unit(configuration.validation, "percent")))
    return as_list(lines)


def _training(record: RunRecord) -> str:
    result = record.result
    kept, epochs = (result.kept_epoch, result.epochs) if result else (0, 0)
    settings = flat_settings(record.spec.configuration)
    rows = "\n".join(f"| {escaped(name)} | {escaped(str(value))} |" for name, value in settings.items())
    words = escaped(text("card.epochs", epochs=epochs, kept=kept))
    return f"{words}\n\n| {text('card.setting')} | {text('card.value')} |\n| --- | --- |\n{rows}"


def _results(record: RunRecord, others: Sequence[RunRecord]) -> str:
    unit, name = record.score.unit, str(name_of(record.score))
    examples = test_examples(record)
    lines = [
        text(
            "card.score",
            score=name,
            value=figure_with_unit(record.test_score, unit),
            examples=number(examples, ","),
        )
    ]
    if unit == "percent" and record.test_score is not None and examples:
        low, high = wilson(record.test_score, examples)
        ends = interval(figure_with_unit(low, unit), figure_with_unit(high, unit))
        lines.append(text("card.interval-examples", interval=ends))
    scores = [each.test_score for each in others if each.has_ended and each.test_score is not None]
    if len(scores) >= MIN_SEEDS and (ends := mean_interval(scores)) is not None:
        mean = figure_with_unit(sum(scores) / len(scores), unit)
        shown = interval(*(figure_with_unit(end, unit) for end in ends))
        lines.append(text("card.interval-seeds", mean=mean, interval=shown, seeds=len(scores)))
    return as_list(lines)


def _limits(record: RunRecord, others: Sequence[RunRecord]) -> Iterator[str]:
    if record.data.stand_in:
        yield text("card.limit-stand-in")
    if sum(each.has_ended for each in others) < 2:
        yield text("card.limit-one-seed")
    yield text("card.limit-same-source")
    yield text("card.limit-purpose")


def _loading(study: Study, variant: str, seed: int, folder: str, *, is_own: bool) -> str:
    lines = [
        "import paribus as pb",
        "",
        f"results = pb.load_results({folder!r})",
        f"{'arrays' if is_own else 'model'} = results.weights({variant!r}, seed={seed})",
    ]
    if not is_own:
        lines.append(
            f"results.predict(x, variant={variant!r}, seed={seed})  # x as the data have it, not scaled"
        )
    named = text("card.loading-own" if is_own else "card.loading", study=study.name)
    return f"{fenced(chr(10).join(lines), 'python')}\n\n{escaped(named)}"


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95% interval of a share by Wilson's method (1927).

    Args:
        share: Of the examples, in [0, 1].
        count: How many examples there are.

    Example:
        >>> [round(end, 4) for end in wilson(0.9, 100)]
        [0.8256, 0.9448]
    """
    square = _Z**2 / count
    middle = (share + square / 2) / (1 + square)
    half = _Z * (share * (1 - share) / count + square / (4 * count)) ** 0.5 / (1 + square)
    return middle - half, middle + half
