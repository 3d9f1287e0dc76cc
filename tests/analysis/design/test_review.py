"""Every rule finds what it must, says nothing of a study without a fault, and has its sentences and its docs."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import json
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.made_studies import (
    L2,
    STOP,
    clean,
    counted,
    finding,
    records,
    tabled,
    tabular,
    with_tokens,
)
from tests.study.test_any_study import STUDIES, loaded

from paribus.analysis import design
from paribus.analysis.design.review import DESIGN_RULES, by_code, review
from paribus.analysis.design.rule import DesignRule, StudyRule
from paribus.analysis.finding import Severity, factor, plain
from paribus.analysis.rule import Fact
from paribus.record.files import finite
from paribus.study.census import Column, Reading
from paribus.study.difference import difference, factors
from paribus.study.own_network import OwnNetwork
from paribus.study.reader import from_text, load
from paribus.study.study import Study
from paribus.texts import LANGUAGES, LOCALES, language

ROOT = Path(__file__).parents[3]
DOCUMENTED = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
SERIOUS, WARNING, INFO = Severity

BATCH = {"batch_size": 8}
BETTER = {"verdict": "better", "treatment": "treatment", "reference": "plain"}
ADAM = {"optimizer": {"name": "adam", "learning_rate": 0.001}}
HEAVY = {"optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}}
NORMALIZED = {"model": {"hidden": [128], "batch_normalization": True}}
SIGMOID = {"model": {"hidden": [128], "output": "sigmoid"}, "loss": "binary_crossentropy"}
VARIANTS = {"plain": {}, **{f"d{tenth}": {"model": {"dropout": tenth / 10}} for tenth in (1, 2, 3)}}
MANY = [{"treatment": name, "reference": "plain"} for name in VARIANTS if name != "plain"]


TABLE, OTHER = tabular(), tabular("wine")
CLOTHES = clean(base={"data": "fashion_mnist"})
NUMBERS = tabular("diabetes", metric="test_data_loss")


def built(base: dict[str, object] | None = None, **network: object) -> Study:
    """A study whose variants have a network of the user's own."""
    study = clean(base=base)
    own = OwnNetwork.model_validate({"file": "nets.py", "function": "build", "sha256": "0" * 64, **network})
    variants = {
        name: each.model_copy(
            update={"configuration": each.configuration.model_copy(update={"layers": (), "network": own})}
        )
        for name, each in study.variants.items()
    }
    return study.model_copy(update={"variants": variants})


def fraction(**generators: object) -> Study:
    """A study that trains a part of the combinations of five factors."""
    cross = {
        "dropout": [0, 0.3],
        "batch_normalization": [False, True],
        "batch_size": [64, 128],
        "epochs": [8, 10],
        "learning_rate": [0.05, 0.1],
    }
    return clean(cross=cross, fraction=generators)


def ending(activation: str, **base: object) -> Study:
    """A regression whose last activation is this one."""
    model = {"hidden": [16], "output": activation}
    return tabular("diabetes", metric="test_data_loss", model=model, **base)


def starting(kernel: object, **layer: object) -> dict[str, object]:
    """A treatment whose hidden layer starts in some way."""
    return {"layers": {"hidden_1": {"kernel_initializer": kernel, **layer}}}


def falling(steps: int) -> dict[str, object]:
    """SGD whose rate falls to 0 along a cosine within so many updates."""
    decay = {"name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": steps}
    return {"name": "sgd", "learning_rate": decay}


def codes(study: Study, **options: object) -> dict[str, Severity]:
    """Each code that the review of a study has, with its severity."""
    return {each.code: each.severity for each in review(study, **options)}


EXAMPLES = {
    "nothing-differs": {SERIOUS: clean({})},
    "same-trajectory": {INFO: clean({"epochs": 20})},
    "confounded": {SERIOUS: clean({**BATCH, "model": {"dropout": 0.5}})},
    "optimizer-and-rate": {WARNING: clean(ADAM)},
    "optimizer-same-rate": {WARNING: clean({"optimizer": {"name": "adam", "learning_rate": 0.1}}), INFO: clean({"optimizer": {"name": "nadam", "learning_rate": 0.001}}, ADAM)},
    "batch-size": {WARNING: clean(BATCH)},
    "budget": {WARNING: clean({"model": {"dropout": 0.3}, "epochs": 20})},
    "momentum-step": {WARNING: clean(HEAVY)},
    "held-step": {INFO: clean({"optimizer": {**HEAVY["optimizer"], "learning_rate": 0.01}})},
    "held-updates": {INFO: clean({"batch_size": 64, "epochs": 5})},
    "held-dose": {INFO: clean({"batch_size": 64, "kernel_regularizer": {"l2": 5e-4}}, {"kernel_regularizer": {"l2": 1e-3}})},
    "dose": {INFO: clean({"kernel_regularizer": {"l2": 0.001}})},
    "dose-nothing": {WARNING: clean({"kernel_regularizer": {"l2": 1e-5}}), INFO: clean({"learning_rate": 0.2}, {"kernel_regularizer": {"l2": 1e-6}})},
    "dose-total": {INFO: clean({"kernel_regularizer": {"l2": 0.1}})},
    "dose-diverges": {SERIOUS: clean({"kernel_regularizer": {"l2": 11.0}})},
    "dose-changed": {WARNING: clean(BATCH, {"kernel_regularizer": {"l2": 0.001}})},
    "l2-rescaled": {INFO: clean({"kernel_regularizer": L2}, ADAM)},
    "l2-across-optimizers": {WARNING: clean(ADAM, {"kernel_regularizer": L2})},
    "l2-before-normalization": {INFO: clean({"kernel_regularizer": L2}, NORMALIZED)},
    "loss-with-penalty": {SERIOUS: clean({"kernel_regularizer": L2}, metric="test_loss")},
    "other-loss": {SERIOUS: clean({"loss": "mse"}, metric="test_data_loss")},
    "stops-on-penalty": {WARNING: clean({"kernel_regularizer": L2, "early_stopping": {"monitor": "val_loss"}})},
    "stops-on-training": {WARNING: clean({"early_stopping": {"monitor": "accuracy"}})},
    "own-draws": {
        SERIOUS: built(draws=["own/factor"], varies=True),
        WARNING: built(draws=["own/factor"]),
    },
    "backwards-mode": {WARNING: clean({"early_stopping": {"monitor": "val_accuracy", "mode": "min"}})},
    "unscaled-pixels": {WARNING: clean(None, {"scale": "none"})},
    "sigmoid-for-classes": {WARNING: clean(None, SIGMOID)},
    "output-loss": {SERIOUS: clean({"model": {"output": "relu"}}), WARNING: clean({"loss": "binary_crossentropy"})},
    "unstable-rate": {SERIOUS: clean({"model": {"output": "linear"}, "loss": "mse", "learning_rate": 20.0})},
    "absurd-rate": {WARNING: clean({"learning_rate": 100.0})},
    "rate-gone": {SERIOUS: clean({"optimizer": falling(10)}), WARNING: clean({"optimizer": falling(2000)})},
    "rate-unchanged": {WARNING: clean({"optimizer": falling(1_000_000)})},
    "hidden-softmax": {WARNING: clean({"model": {"activation": "softmax"}})},
    "linear-layers": {WARNING: clean({"model": {"activation": "linear"}}), INFO: clean({"model": {"hidden": [128, 64]}, "layers": {"hidden_1": {"activation": "linear"}}})},
    "shrinking-error": {WARNING: clean({"model": {"hidden": [64] * 5, "activation": "sigmoid"}})},
    "few-updates": {WARNING: clean({"batch_size": 54_000})},
    "few-epochs": {WARNING: clean({"epochs": 2, "validation": 0.95})},
    "few-normalization-updates": {WARNING: clean({**NORMALIZED, "epochs": 1, "batch_size": 512})},
    "few-normalized-images": {WARNING: clean({**NORMALIZED, "batch_size": 4})},
    "dropped-outputs": {SERIOUS: clean({"model": ["flatten", {"dense": 128}, {"dense": {"units": 10, "activation": "softmax"}}, {"dropout": 0.5}]})},
    "heavy-dropout": {WARNING: clean({"model": {"dropout": 0.95}})},
    "distance-for-classes": {INFO: clean({"loss": "mse"})},
    "dead-start": {SERIOUS: clean(starting("zeros"))},
    "shut-start": {WARNING: clean({"bias_initializer": {"name": "constant", "value": -4.0}})},
    "zero-start": {SERIOUS: clean({"kernel_initializer": "zeros", "model": {"activation": "tanh"}})},
    "equal-start": {WARNING: clean(starting("ones"))},
    "few-training-images": {WARNING: clean({"validation": 0.997}), INFO: clean({"train_size": 200})},
    "class-missing": {SERIOUS: clean()},
    "class-rare": {WARNING: clean()},
    "two-labels": {WARNING: clean()},
    "pixels-differ": {WARNING: clean()},
    "imbalanced-accuracy": {WARNING: TABLE},
    "unscaled-features": {WARNING: tabular(scale="none")},
    "unscaled-targets": {WARNING: NUMBERS},
    "limited-output": {SERIOUS: ending("sigmoid"), WARNING: ending("relu", data={"sklearn": "diabetes", "name": "uncounted"}), INFO: ending("relu")},
    "class-loss-for-numbers": {SERIOUS: tabular("diabetes", metric="test_data_loss", loss="kl_divergence")},
    "too-many-tokens": {SERIOUS: with_tokens(1_001, places=1_000)},
    "many-weights": {INFO: tabular(model={"hidden": [512], "output": "softmax"})},
    "copies-tested": {SERIOUS: clean(), WARNING: TABLE},
    "near-copies-tested": {WARNING: TABLE},
    "copies-held-out": {WARNING: clean(), INFO: TABLE},
    "target-leak": {WARNING: TABLE},
    "identifier-columns": {WARNING: TABLE, INFO: OTHER},
    "constant-columns": {INFO: TABLE},
    "missing-values": {WARNING: TABLE, INFO: OTHER},
    "row-names": {INFO: TABLE},
    "skipped-files": {WARNING: clean(), INFO: CLOTHES},
    "few-test-images": {WARNING: clean(margin=0.004)},
    "few-validation-images": {INFO: clean(margin=0.005), WARNING: clean({"early_stopping": STOP}, margin=0.005)},
    "aliased-effects": {SERIOUS: fraction(epochs="dropout"), WARNING: fraction(resolution=3), INFO: fraction(resolution=4)},
    "no-questions": {INFO: clean(questions=[])},
    "expected-finding-unknown": {SERIOUS: clean(expect=[{"finding": "overfiting", "variant": "plain"}])},
    "expected-verdict-seeds": {SERIOUS: clean(seeds=2, expect=[BETTER])},
    "expected-not-asked": {WARNING: clean(questions=[], expect=[BETTER])},
    "no-margin": {INFO: clean(margin=None)},
    "chosen-on-test": {INFO: clean(variants=VARIANTS, questions=MANY), WARNING: clean(base={"validation": 0}, variants=VARIANTS, questions=MANY)},
    "one-seed": {SERIOUS: clean(seeds=1)},
    "few-seeds": {WARNING: clean(seeds=3)},
    "few-seeds-for-ranking": {WARNING: clean(variants=VARIANTS, questions=[{"best_of": [*VARIANTS]}])},
    "reach": {INFO: clean(margin=None)},
    "reach-of-margin": {INFO: clean()},
    "exact-test-cannot": {INFO: clean()},
    "seeds-for-margin": {WARNING: clean(), INFO: clean(seeds=50)},
}  # fmt: skip
"""Studies that show each finding, at every severity that it can have."""
HAVE_RUN = {"seeds-for-margin": records([0.01, -0.01, 0.02, -0.02])}
"""What has run, where a finding is about that."""
COUNTED = {
    "class-missing": counted(classes=(0, *[6_000] * 9)),
    "class-rare": counted(classes=(500, *[6_000] * 9)),
    "two-labels": counted(contradictory=700),
    "pixels-differ": counted(trained_pixels=(33.0, 79.0), tested_pixels=(90.0, 90.0)),
    "copies-tested": {**counted(tested=101), **tabled(TABLE, tested=50)},
    "copies-held-out": {**counted(copies=601), **tabled(TABLE, copies=50)},
    "near-copies-tested": tabled(TABLE, near=0.3),
    "imbalanced-accuracy": tabled(TABLE, classes=(5, 450)),
    "unscaled-features": tabled(
        TABLE, columns=(Column(name="area", spread=500.0), Column(name="age", spread=1.0))
    ),
    "unscaled-targets": tabled(NUMBERS, targets=(Column(name="target 1", mean=148.0, spread=77.0),)),
    "limited-output": tabled(
        NUMBERS, targets=(Column(name="target 1", spread=77.0, lowest=25.0, highest=346.0),)
    ),
    "target-leak": tabled(TABLE, columns=(Column(name="code", spread=1.0, alone=1.0),)),
    "identifier-columns": {
        **tabled(TABLE, columns=(Column(name="row", spread=9.0, numbering="dense"),)),
        **tabled(OTHER, columns=(Column(name="number", spread=9.0, numbering="distinct"),)),
    },
    "constant-columns": tabled(TABLE, columns=(Column(name="site"),)),
    "row-names": tabled(TABLE, reading=Reading(row_names=True)),
    "skipped-files": {
        **tabled(CLOTHES, reading=Reading(skipped=1, skipped_files=("Thumbs.db",))),
        **tabled(clean(), reading=Reading(skipped=2, skipped_files=("a.heic", "Thumbs.db"), lost=1)),
    },
    "missing-values": {
        **tabled(TABLE, columns=(Column(name="income", spread=1.0, missing=0.6),)),
        **tabled(OTHER, columns=(Column(name="income", spread=1.0, missing=0.1),)),
    },
}
"""What the images come to, where a finding is about that."""
ON_A_CLEAN_STUDY = {"reach-of-margin", "exact-test-cannot"}

every_rule = pytest.mark.parametrize("rule", DESIGN_RULES, ids=lambda rule: rule.code)


def in_catalogue(spoken: str) -> set[str]:
    """The codes of a language's sentences about designs."""
    catalogue = LOCALES / spoken / "LC_MESSAGES" / "finding.po"
    return set(re.findall(r'^msgid "finding\.([^"]+)"', catalogue.read_text(encoding="utf-8"), re.MULTILINE))


def documented() -> dict[str, set[str]]:
    """The severities of each finding in the docs."""
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([a-z, ]+) \|", DOCUMENTED, re.MULTILINE)
    return {code: set(severities.split(", ")) for code, severities in rows}


class TestEveryRule:
    @every_rule
    def test_finds_what_it_must_at_each_of_its_severities(self, rule):
        examples = EXAMPLES[rule.code]
        assert set(examples) == set(rule.severities)
        for severity, study in examples.items():
            known = {"records": HAVE_RUN.get(rule.code), "data": COUNTED.get(rule.code)}
            assert codes(study, **known).get(rule.code) is severity

    @every_rule
    def test_says_nothing_of_a_study_without_a_fault(self, rule):
        assert (rule.code in codes(clean(), data=counted())) == (rule.code in ON_A_CLEAN_STUDY)

    @every_rule
    @pytest.mark.parametrize("spoken", LANGUAGES)
    def test_has_its_sentences(self, rule, spoken):
        assert {f"{rule.code}.{part}" for part in ("title", "why", "remedy")} <= in_catalogue(spoken)

    @every_rule
    def test_is_documented_with_its_severities_and_its_reference(self, rule):
        assert documented()[rule.code] == {severity.value for severity in rule.severities}
        assert rule.reference in DOCUMENTED

    def test_has_a_code_of_its_own_and_is_registered(self):
        assert len({rule.code for rule in DESIGN_RULES}) == len(DESIGN_RULES)
        modules = [
            import_module(f"{design.__name__}.{each.name}") for each in pkgutil.iter_modules(design.__path__)
        ]
        classes = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
        with_code = {each for each in classes if issubclass(each, DesignRule) and hasattr(each, "code")}
        assert with_code == {type(rule) for rule in DESIGN_RULES}

    def test_there_are_sentences_docs_and_examples_of_no_other_finding(self):
        known = {rule.code for rule in DESIGN_RULES}
        assert {code.partition(".")[0] for code in in_catalogue("en") if "." in code} == known
        assert documented().keys() == known
        assert EXAMPLES.keys() == known


def test_rules_of_installed_packages_are_judged_as_well(monkeypatch):
    class Prime(StudyRule):
        code = "prime"
        severities = (WARNING,)
        reference = "Euclid"
        key = "seeds"

        def facts(self, design):
            yield Fact(WARNING, {"seeds": design.seeds})

    monkeypatch.setattr("paribus.analysis.design.review.extensions", lambda *_: (Prime(),))
    found = finding(clean(seeds=7), "prime")
    assert (found.severity, found.evidence, found.reference) == (WARNING, {"seeds": 7}, "Euclid")


def test_a_finding_is_described_in_the_language_in_which_it_is_read():
    found = finding(clean(ADAM), "optimizer-and-rate")
    assert "Adam at 0.001" in str(found.why)
    with language("vi"):
        assert "0,001" in str(found.why)


def test_a_study_without_a_fault_has_no_warning():
    assert codes(clean()) == dict.fromkeys(ON_A_CLEAN_STUDY, INFO)
    assert codes(clean(seeds=6)) == {"reach-of-margin": INFO}


def test_a_question_about_l2_alone_has_no_warning():
    assert set(codes(clean({"kernel_regularizer": {"l2": 0.001}})).values()) == {INFO}


@pytest.mark.parametrize(
    "quiet",
    [
        clean({"early_stopping": STOP}),
        clean({"kernel_regularizer": {"l2": 0.001}}, metric="test_data_loss"),
        clean({"kernel_regularizer": {"l2": 0.001}, "early_stopping": {"monitor": "val_data_loss"}}, plain={"early_stopping": {"monitor": "val_data_loss"}}),
        clean(starting("zeros", activation="tanh"), plain=starting("he_normal", activation="tanh")),
        clean({"model": [{"rescaling": {"scale": 0.004}}, "flatten", {"dense": {"units": 10, "activation": "softmax"}}]}, {"scale": "none"}),
    ],
    ids=["stops on val_accuracy", "data loss", "stops on data loss", "zeros under tanh", "rescaled"],
)  # fmt: skip
def test_what_is_right_is_not_serious(quiet):
    found = codes(quiet)
    for code in ("stops-on-penalty", "loss-with-penalty", "stops-on-training", "dead-start"):
        assert code not in found


@pytest.fixture(scope="module")
def found():
    """What the review of the lab finds, by code."""
    return by_code(review(load("lab2"), seeds=1))


class TestOnTheLab:
    def pairs(self, found, code):
        return {each.variants: each for each in found[code]}

    def test_4b_differs_from_2_and_4c_in_regularization_as_well(self, found):
        confounded = self.pairs(found, "confounded")
        assert confounded["4b", "2"].factors == ("optimizer", "learning_rate", "regularization")
        assert confounded["4b", "4c"].factors == ("optimizer", "regularization")
        assert "variant 4b-l2 vs variant 4c" in str(confounded["4b", "4c"].remedy)
        assert "variant 4b-l2 vs variant 2" in str(confounded["4b", "2"].remedy)

    def test_7c_changes_several_things_at_once(self, found):
        confounded = self.pairs(found, "confounded")
        assert confounded["7c", "7b"].factors == ("batch_size", "stopping")
        batches = self.pairs(found, "batch-size")["7c", "7b"]
        assert (batches.evidence["updates"], batches.evidence["other_updates"]) == (5625, 352)
        assert "Or use 1/16 of the learning rate of variant 7b" in str(batches.remedy)

    def test_no_other_question_is_confounded(self, found):
        assert set(self.pairs(found, "confounded")) == {("4b", "2"), ("4b", "4c"), ("7c", "7b"), ("7c", "7a")}

    def test_6_is_5_with_another_ending(self, found):
        (ending,) = found["same-trajectory"]
        assert ending.variants == ("6", "5")
        assert ending.severity is INFO

    def test_one_seed_decides_nothing(self, found):
        (seed,) = found["one-seed"]
        assert seed.severity is SERIOUS
        assert (seed.evidence["questions"], seed.evidence["needed"]) == (15, 10)

    def test_3a_never_learns_and_3b_starts_equal(self, found):
        assert [each.variants for each in found["dead-start"]] == [("3a",)]
        assert [each.variants for each in found["equal-start"]] == [("3b",)]

    def test_early_stopping_watches_the_penalty_in_6_and_7c(self, found):
        assert [each.variants for each in found["stops-on-penalty"]] == [("6", "7c")]

    def test_a_finding_has_the_line_of_its_question_or_variant(self, found):
        text = (ROOT / "src" / "paribus" / "study" / "studies" / "lab2.yaml").read_text().splitlines()
        line = self.pairs(found, "confounded")["4b", "4c"].line
        assert [each.strip(" -") for each in text[line - 1 : line + 1]] == ["treatment: 4b", "reference: 4c"]
        (start,) = found["equal-start"]
        assert text[start.line - 1] == "  3b:"
        (seed,) = found["one-seed"]
        assert text[seed.line - 1] == "seeds: 5"

    def test_only_some_variants_can_be_reviewed(self):
        found = review(load("lab2"), only=["2", "4b", "4c"])
        assert {name for each in found for name in each.variants} <= {"2", "4b", "4c"}
        assert self.pairs(by_code(found), "confounded")["4b", "4c"].line == 111


def test_the_worst_comes_first():
    ranks = [each.severity.rank for each in review(load("lab2"))]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2}


def test_a_place_in_a_file_does_not_change_what_a_run_is():
    text = json.dumps({"base": clean().variants["plain"].settings, "variants": {"a": {}}})
    one, other = (from_text(each.encode(), "a.yaml") for each in (text, f"\n\n{text}"))
    assert one.lines["variants.a"] + 2 == other.lines["variants.a"]
    assert one.variants == other.variants


EVERY_FACTOR = {
    "activation": {"model": {"activation": "tanh"}},
    "batch_size": BATCH,
    "constraint": {"kernel_constraint": "max_norm"},
    "data": {"data": "fashion_mnist"},
    "dropout": {"model": {"dropout": 0.5}},
    "initialization": {"kernel_initializer": "he_normal"},
    "learning_rate": {"learning_rate": 0.2},
    "loss": {"loss": "mse"},
    "model": {"model": {"hidden": [64]}},
    "normalization": {"model": {"batch_normalization": True}},
    "optimizer": HEAVY,
    "regularization": {"kernel_regularizer": L2},
    "scale": {"scale": "standard"},
    "stopping": {"epochs": 5},
    "validation": {"validation": 0.2},
    "augment": {"augment": [{"random_flip": {"mode": "horizontal"}}]},
    "balance": {"balance": "over"},
    "class_weight": {"class_weight": "balanced"},
    "folds": {"folds": 5},
    "label_noise": {"label_noise": 0.1},
    "label_smoothing": {"label_smoothing": 0.1},
    "reduce_on_plateau": {"reduce_on_plateau": {"patience": 2}},
    "shuffle_labels": {"shuffle_labels": True},
    "split": {"split": "stratified"},
    "train_size": {"train_size": 0.5},
}


def test_every_factor_has_words():
    named = {code.removeprefix("factor-") for code in in_catalogue("en") if code.startswith("factor-")}
    assert {name.replace("-", "_") for name in named} == set(EVERY_FACTOR)
    for name, treatment in EVERY_FACTOR.items():
        variants = clean(treatment).variants.values()
        assert factors(difference(*(each.configuration for each in variants))) == (name,)
        assert str(factor(name))


METRICS = st.sampled_from(["test_accuracy", "test_loss", "test_data_loss"])


@given(STUDIES, st.integers(1, 12), st.none() | st.floats(0.0001, 0.5), METRICS)
@settings(deadline=None, max_examples=80)
def test_any_study_can_be_reviewed(written, seeds, margin, metric):
    names = list(written["variants"])
    pairs = [(one, other) for one in names for other in names if one != other]
    questions = [{"treatment": one, "reference": other, "metric": metric} for one, other in pairs]
    study = loaded({**written, "seeds": seeds, "margin": margin, "questions": questions})
    if study is None:
        return
    severities = {rule.code: rule.severities for rule in DESIGN_RULES}
    for each in review(study):
        assert set(each.variants) <= set(study.variants)
        assert each.severity in severities[each.code]
        written_out = plain(each)
        sentences = f"{written_out['title']} {written_out['why']} {written_out['remedy']}"
        assert not re.search(r"\{\w*\}|nan|None", sentences)
        assert json.dumps(finite(written_out), allow_nan=False)
