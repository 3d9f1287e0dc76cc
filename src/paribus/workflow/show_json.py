"""Results as trees of plain values: what ``paribus show`` and ``paribus verify`` print with ``--json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from paribus.analysis.causes import confirmation
from paribus.analysis.comparability import Comparability
from paribus.analysis.failure import FailureRate
from paribus.analysis.finding import Finding, plain
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.verdict import Failures
from paribus.analysis.result_table import Row
from paribus.analysis.tuning import TunedStudy, TunedVariant
from paribus.record.files import finite
from paribus.record.run import EpochRow, RunRecord
from paribus.workflow.rankings_json import ranking_tree
from paribus.workflow.results import Results

if TYPE_CHECKING:
    from paribus.analysis.questions.aa import AATest
    from paribus.analysis.questions.contrast import Contrasted
    from paribus.analysis.questions.designs import DesignAnswer
    from paribus.analysis.questions.prediction import Judgement
    from paribus.analysis.questions.published import PublishedComparison, PublishedDifference, Verification

SHOW_SCHEMA = 3
VERIFY_SCHEMA = 2
"""Of what ``show`` and ``verify`` print; docs/api.md says what each renamed."""

_DATA = {
    Comparability.COMPARABLE: "verified",
    Comparability.UNVERIFIED: "unverified",
    Comparability.STAND_IN: "stand-in",
}
_TESTED = ("accuracy", "loss", "data_loss")
_ALWAYS = ("loss", "accuracy", "val_loss", "val_accuracy")


def show_tree(results: Results) -> object:
    """Return the results as JSON can hold them; numbers that are not finite are null.

    Programs rely on these names: a name may be added, none is taken away without a new ``schema``.
    """
    found = results.diagnose().diagnosed.by_run
    aa_test = results.aa_test()
    comparisons = [_comparison(each) for each in results.comparisons()]
    designs = results.study.design_questions
    tuned = results.tuned()
    return finite(
        {
            "study": results.study.name,
            "schema": SHOW_SCHEMA,
            "runs": [_run(key[0], record, found[key]) for key, record in results.records.items()],
            "failures": {row.variant: _rate(row.failures) for row in results.rows if row.failures.runs},
            "baselines": _baselines(results.rows),
            "comparisons": comparisons,
            **({"designs": [_design(each) for each in results.design_answers()]} if designs else {}),
            **(
                {"rankings": [ranking_tree(each) for each in results.rankings()]}
                if results.study.rankings
                else {}
            ),
            "look_is_recorded": results.looks.is_recorded,
            **({"imported": results.study.imported.model_dump()} if results.study.imported else {}),
            "confirmations": [confirmation.plain(each) for each in results.confirmations()],
            "aa_test": aa_test and _aa_test(aa_test),
            **({} if tuned is None else {"tuning": _tuning(tuned)}),
        }
    )


def _tuning(tuned: TunedStudy) -> dict[str, object]:
    return {
        "variants": {each.name: _tuned_variant(each) for each in tuned.variants},
        "comparisons": [_comparison(each) for each in tuned.comparisons],
        **({"designs": [_design(each) for _, each in tuned.designs]} if tuned.designs else {}),
        **({"rankings": [ranking_tree(each) for _, each in tuned.rankings]} if tuned.rankings else {}),
    }


def _tuned_variant(each: TunedVariant) -> dict[str, object]:
    enough = {name: each.good_enough(name) for name in each.tune.settings}
    return {
        "on": each.tune.on,
        "search": each.tune.search,
        "budget": each.tune.budget,
        "stop": each.tune.stop and each.tune.stop.written,
        "epochs": each.epochs,
        "most_epochs": each.most_epochs,
        "saved_epochs": each.saved_epochs,
        "seeds": each.tune.seeds,
        "written": dict(each.written),
        "best": each.best and dict(each.best.settings),
        "score": each.best and each.best.score,
        "at_edge": dict(each.at_edge),
        "good_enough": {name: found and asdict(found) for name, found in enough.items()},
        "expected_best": each.budget_curve.tolist(),
        "tries": [
            {
                "settings": dict(one.settings),
                "score": one.score,
                "scores": list(one.scores),
                "diverged": one.diverged,
                "missing": one.missing,
                "epochs": one.epochs,
                "most_epochs": one.most_epochs,
                "ended": one.ended and asdict(one.ended),
            }
            for one in each.tries
        ],
        "earlier": each.earlier,
    }


def _baselines(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Return what a constant prediction scores, a data set each."""
    found = {row.baseline.data: row.baseline for row in rows if row.baseline}
    return [
        {"data": each.data, each.metric.name: each.score, "answer": each.answer or None}
        for each in found.values()
    ]


def verify_tree(verification: Verification) -> object:
    """Return ours compared with the published figures, as JSON can hold it."""
    return finite(
        {
            "study": verification.study.name,
            "schema": VERIFY_SCHEMA,
            "differs": verification.differs,
            "tolerance": verification.tolerance,
            "rows": [_published(row) for row in verification.rows],
            "differences": [_published_difference(each) for each in verification.differences],
        }
    )


def _published(row: PublishedComparison) -> dict[str, object]:
    ours = row.ours
    return {
        "variant": row.variant,
        "published": row.published.model_dump(),
        "ours": {"test": ours.test, "train": ours.train, "dev": ours.dev, "epochs": _ends(ours.epochs)},
        **_judgement(row.judgement, row.comparability),
    }


def _published_difference(each: PublishedDifference) -> dict[str, object]:
    return {
        "treatment": each.treatment,
        "reference": each.reference,
        "published": each.judgement.published,
        "ours": each.judgement.ours,
        **_judgement(each.judgement, each.comparability),
    }


def _judgement(judgement: Judgement, comparability: Comparability) -> dict[str, object]:
    prediction = judgement.prediction
    return {
        "seeds": list(judgement.seeds),
        "diverged": judgement.diverged,
        "distance": judgement.distance,
        "prediction_interval": _ends(judgement.interval),
        "half_width": prediction and prediction.half_width,
        "p_value": prediction and prediction.p_value,
        "p_adjusted": judgement.p_adjusted,
        "family": judgement.family,
        "data": _DATA[comparability] if judgement.seeds else None,
        "verdict": judgement.agreement.value,
        "sentence": str(judgement.sentence),
    }


def _run(variant: str, record: RunRecord, findings: Sequence[Finding]) -> dict[str, object]:
    test = record.result.test if record.result else {}
    return {
        "variant": variant,
        "seed": record.spec.seed,
        "status": record.status.value,
        "cause": record.result.cause if record.result else "",
        "epochs": len(record.history),
        "kept_epoch": record.result.kept_epoch if record.result else None,
        "seconds": round(record.seconds, 3),
        "data": {
            "name": record.data.name,
            "sha256": record.data.sha256,
            "verified": None if record.spec.configuration.is_imported else record.data.verified,
            "stand_in": record.data.stand_in,
        },
        "test": {name: test.get(name) for name in dict.fromkeys((*_TESTED, record.score.name))},
        "history": _columns(record.history),
        "findings": [plain(each) for each in findings],
        "digest": record.spec.digest,
    }


def _comparison(comparison: Comparison) -> dict[str, object]:
    paired, images, networks = comparison.paired, comparison.image_interval, comparison.networks
    means = comparison.means or (None, None)
    return {
        "ask": comparison.question.ask,
        "treatment": comparison.treatment,
        "reference": comparison.reference,
        "metric": comparison.metric,
        "seeds": list(comparison.seeds),
        "means": {"treatment": means[0], "reference": means[1]},
        "differences": list(paired.differences),
        "groups": paired.groups and [list(each) for each in paired.groups],
        "difference": paired.mean,
        "interval": _ends(paired.interval),
        "interval_corrected": _ends(comparison.corrected),
        "interval_covers": ["seeds", "images"] if images else ["seeds"],
        "interval_new_seeds": _ends(paired.t_interval),
        "interval_new_images": _ends(images and images.interval),
        "interval_bootstrap": _ends(paired.bootstrap),
        "images": images.variance.images if images else None,
        "ahead": comparison.ahead,
        "p_value": paired.p_value,
        "p_adjusted": comparison.p_adjusted,
        "p_t": paired.p_t,
        "p_t_adjusted": comparison.p_t_adjusted,
        "p_exact": paired.p_exact,
        "p_exact_smallest": paired.p_exact_smallest,
        "margin": comparison.margin,
        "p_equivalence": paired.p_equivalence,
        "p_equivalence_adjusted": comparison.p_equivalence_adjusted,
        "family": comparison.family,
        "family_removed": comparison.removed,
        "failures": comparison.failures and _failures(comparison.failures),
        "verdict": comparison.verdict.value,
        "procedure": comparison.procedure,
        "seeds_at_looks": list(comparison.seeds_at_looks),
        "confounded_by": list(comparison.confounded_by),
        "excluded": [
            {"variant": run.variant, "seed": run.seed, "why": run.why} for run in comparison.excluded
        ],
        "networks": networks
        and {
            "only_treatment": networks.mcnemar.only_treatment,
            "only_reference": networks.mcnemar.only_reference,
            "p_value": networks.mcnemar.p_value,
            "interval_treatment": list(networks.treatment),
            "interval_reference": list(networks.reference),
        },
        "sentence": str(comparison.sentence),
        "notes": list(map(str, comparison.notes)),
    }


def _design(answer: DesignAnswer) -> dict[str, object]:
    """Return a question about factors answered."""
    from paribus.analysis.questions.design_words import sentences
    from paribus.analysis.questions.trend import TrendAnswer

    common: dict[str, object] = {
        "ask": answer.question.ask,
        "factors": list(answer.question.factors),
        "metric": answer.question.metric,
        "seeds": list(answer.seeds),
        "family": answer.family,
        "sentences": list(map(str, sentences(answer))),
    }
    if isinstance(answer, TrendAnswer):
        levels = [each.level for each in answer.doses]
        return {
            "kind": "trend",
            **common,
            "verdict": answer.verdict.value,
            "doses": [
                {
                    "dose": each.value,
                    "mean": each.mean,
                    "interval": _ends(each.interval),
                    "scores": list(each.scores),
                    "failures": _rate(each.failures),
                }
                for each in answer.doses
            ],
            "trend": answer.line and _contrast(answer.line),
            "pairs": [
                {"treatment": levels[high], "reference": levels[low], **_contrast(each)}
                for (low, high), each in answer.pairs.items()
            ],
            "fit": list(answer.fit),
            "best": None if answer.best is None else levels[answer.best],
            "not_worse": [levels[place] for place in answer.near_best],
            "plateau": [levels[place] for place in answer.plateau],
            "cliff": [levels[place] for place in answer.cliff or ()],
            "averaged_over": list(answer.averaged),
        }
    return {
        "kind": "effects",
        **common,
        "resolution": answer.resolution,
        "failures": {name: _rate(each) for name, each in answer.failures.items()},
        "effects": [
            {
                "factors": list(each.factors),
                "levels": [[part.level, part.reference] for part in each.parts],
                "verdict": each.verdict.value,
                "aliases": [list(alias) for alias in each.aliases],
                **(_contrast(each.found) if each.found else {}),
            }
            for each in answer.effects
        ],
    }


def _contrast(found: Contrasted) -> dict[str, object]:
    return {
        "difference": found.difference,
        "differences": list(found.paired.differences),
        "interval": _ends(found.interval),
        "interval_corrected": _ends(found.corrected),
        "interval_covers": ["seeds", "images"] if found.image_interval else ["seeds"],
        "p_value": found.paired.p_value,
        "p_adjusted": found.p_adjusted,
        "margin": found.margin,
        "p_equivalence_adjusted": found.p_equivalence_adjusted,
        "procedure": found.procedure,
    }


def _rate(rate: FailureRate) -> dict[str, object]:
    return {"failed": rate.failed, "runs": rate.runs, "interval": list(rate.interval)}


def _failures(failures: Failures) -> dict[str, object]:
    return {
        "treatment": _rate(failures.treatment),
        "reference": _rate(failures.reference),
        "only_treatment": failures.only[0],
        "only_reference": failures.only[1],
        "p_value": failures.p_value,
        "p_adjusted": failures.p_adjusted,
    }


def _aa_test(aa_test: AATest) -> dict[str, object]:
    paired = aa_test.paired
    return {
        "variant": aa_test.variant,
        "metric": aa_test.metric.test,
        "pairs": [list(pair) for pair in aa_test.pairs],
        "requested": aa_test.requested,
        "differences": list(paired.differences),
        "difference": paired.mean,
        "interval": _ends(paired.interval),
        "p_value": paired.p_value,
        "margin": aa_test.margin,
        "p_equivalence": paired.p_equivalence,
        "outcome": aa_test.outcome.value,
        "sentence": str(aa_test.sentence),
    }


def _ends(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _columns(history: Sequence[EpochRow]) -> dict[str, list[float]]:
    rows = [*history]  # of columns, which are made into rows each time
    names = [*_ALWAYS, *(name for name in (rows[0] if rows else ()) if name not in _ALWAYS)]
    return {name: [row[name] for row in rows if name in row] for name in names if name != "epoch"}
