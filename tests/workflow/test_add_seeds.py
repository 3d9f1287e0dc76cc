"""Adding seeds until the questions are settled, with runs whose accuracies are made up instead of trained."""

import json

import numpy as np
import pytest

import paribus as pb
from paribus.analysis.questions.anytime import min_seeds
from paribus.analysis.questions.comparison import Verdict
from paribus.analysis.questions.factorial import EffectVerdict
from paribus.analysis.questions.trend import TrendVerdict
from paribus.errors import UsageError
from paribus.record.looks import LOOKS
from paribus.record.run import Result, Status
from paribus.study.reader import load
from paribus.workflow import add_seeds, run
from paribus.workflow.add_seeds import more
from paribus.workflow.request import Request
from paribus.workflow.results import load_results
from paribus.workflow.run import prepare

BASE = {
    "validation": 0.2,
    "model": {"hidden": [8], "activation": "relu", "output": "sigmoid"},
    "loss": "binary_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.5},
    "epochs": 1,
}
GAINS = {"plain": 0.0, "clear": 0.05, "hidden": 0.0002, "alike": 0.0, "broken": 0.0}
RATES = {"plain": 0.5, "clear": 0.4, "hidden": 0.3, "alike": 0.2, "broken": 0.1}


def study(*treatments, **fields):
    return load(
        {
            "name": "made",
            "data": "mnist",
            "base": BASE,
            "variants": {
                name: {"optimizer": {"name": "sgd", "learning_rate": rate}} if name != "plain" else {}
                for name, rate in RATES.items()
            },
            "questions": [{"treatment": name, "reference": "plain"} for name in treatments],
            **fields,
        }
    )


@pytest.fixture
def trained(monkeypatch):
    """Every round's runs, by learning rate and seed, in place of their training."""
    rounds = []

    def made_up(training):
        rounds.append([])
        for each in training.plan.missing:
            rate = each.spec.configuration.optimizer.arguments["learning_rate"]
            name = next(name for name, its in RATES.items() if its == rate)
            rounds[-1].append((name, each.spec.seed))
            folder = training.store.run(each.spec)
            folder.start(each.spec, {})
            draw = np.random.default_rng([each.spec.seed, int(10 * rate)])
            accuracy = 0.9 + GAINS[name] + 0.003 * draw.normal()
            failed = name == "broken"
            test = {} if failed else {"accuracy": accuracy, "loss": 0.1, "data_loss": 0.1}
            folder.finish(Result(Status.FAILED if failed else Status.FINISHED, 1, 1, test))

    monkeypatch.setattr(add_seeds, "train_missing", made_up)
    monkeypatch.setattr(run, "train_missing", made_up)
    return rounds


@pytest.fixture
def decide(trained, small_images, tmp_path):
    def call(*treatments, most=None, only=None, **fields):
        request = Request(
            only=only, data_dir=small_images, out=tmp_path / "out", until_decided=True, max_seeds=most
        )
        return run.train(prepare(study(*treatments, **fields), request)).decision

    return call


def seeds_of(rounds, name):
    return [sum(variant == name for variant, _ in each) for each in rounds]


def test_a_clear_difference_is_settled_with_the_fewest_seeds(decide, trained):
    found = decide("clear")
    assert [answer.verdict for answer in found.settled] == [Verdict.BETTER]
    assert seeds_of(trained, "clear") == seeds_of(trained, "plain") == [4]
    assert found.settled[0].procedure == "sequential"
    assert found.lines == ("1 of 1 questions is decided.",)


def test_only_what_is_not_settled_gets_more_seeds(decide, trained):
    found = decide("clear", "hidden", most=10)
    assert [answer.treatment for answer in found.settled] == ["clear"]
    assert [answer.treatment for answer in found.open] == ["hidden"]
    assert sum(seeds_of(trained, "clear")) < sum(seeds_of(trained, "hidden")) == 10
    assert "still undecided: Learning rate 0.3 vs 0.5" in found.lines[1]


def test_every_round_adds_a_quarter_until_the_seeds_are_spent(decide, trained):
    decide("hidden", most=11)
    assert seeds_of(trained, "hidden") == [4, 1, 1, 1, 1, 2, 1]
    assert more(8) == 10


def test_equivalence_settles_a_question_too(decide):
    found = decide("alike", margin=0.02)
    assert [answer.verdict for answer in found.settled] == [Verdict.EQUIVALENT]


def test_a_variant_that_never_ends_well_gets_no_more_seeds_and_no_second_try(decide, trained):
    found = decide("broken", "hidden", most=6)
    assert [answer.treatment for answer in found.hopeless] == ["broken"]
    assert seeds_of(trained, "broken")[1:] == [0] * (len(trained) - 1)
    assert "Learning rate 0.1 vs 0.5" in found.lines[1]


def test_each_round_is_a_look(decide, trained, tmp_path):
    found = decide("hidden", most=8)
    lines = (tmp_path / "out" / LOOKS).read_text().splitlines()
    assert len(lines) == len(trained)
    assert found.open[0].seeds_at_looks == (4, 5, 6, 7, 8)
    assert json.loads(lines[-1])["until_decided"] is True


def test_the_same_command_with_more_seeds_goes_on(decide, trained):
    decide("hidden", most=8)
    before = len(trained)
    found = decide("hidden", most=10)
    assert sum(seeds_of(trained[before:], "hidden")) == 2
    assert len(found.open[0].seeds) == 10


def test_again_with_nothing_left_to_add_trains_nothing_and_is_no_new_look(decide, trained, tmp_path):
    decide("hidden", most=8)
    before = (tmp_path / "out" / LOOKS).read_bytes()
    again = decide("hidden", most=8)
    assert trained[-1] == []
    assert (tmp_path / "out" / LOOKS).read_bytes() == before
    assert len(again.open) == 1


def test_only_the_questions_about_the_named_variants_are_decided(decide, trained):
    decide("clear", "hidden", only=["clear", "plain"])
    assert seeds_of(trained, "hidden") == [0]


@pytest.mark.parametrize(
    ("treatments", "arguments", "code"),
    [
        ((), {}, "sequential.no-questions"),
        (("clear",), {"only": ["plain", "hidden"]}, "sequential.no-question-among"),
        (("clear",), {"most": 3}, "sequential.too-few-seeds"),
    ],
)
def test_what_cannot_be_decided_is_told_before_anything_is_written(
    decide, trained, tmp_path, treatments, arguments, code
):
    with pytest.raises(UsageError) as told:
        decide(*treatments, **arguments)
    assert told.value.code == code
    assert not (tmp_path / "out").exists()
    assert trained == []


def test_fewer_seeds_than_there_are_cannot_be_asked_for(decide):
    decide("hidden", most=8)
    with pytest.raises(UsageError, match="fewer than the 8 seeds"):
        decide("hidden", most=7)


def train(small_images, out, seeds):
    return run.train(prepare(study("clear"), Request(seeds=seeds, data_dir=small_images, out=out)))


def test_more_seeds_after_an_answer_train_what_is_missing_and_switch_the_procedure(
    trained, small_images, tmp_path
):
    first = train(small_images, tmp_path / "out", 3)
    assert first.comparisons()[0].procedure == "fixed"
    second = train(small_images, tmp_path / "out", 5)
    assert {seed for name, seed in trained[1] if name != "broken"} == {3, 4}
    assert second.comparisons()[0].procedure == "sequential"
    assert load_results(tmp_path / "out").comparisons()[0].seeds_at_looks == (3, 5)
    again = train(small_images, tmp_path / "out", 5)
    assert trained[2] == [each for each in trained[2] if each[0] == "broken"]
    assert again.comparisons()[0].seeds_at_looks == (3, 5)


def test_five_seeds_after_one_are_planned_as_one_seed_gives_no_answer(trained, small_images, tmp_path):
    train(small_images, tmp_path / "out", 1)
    assert train(small_images, tmp_path / "out", 5).comparisons()[0].procedure == "fixed"


def test_an_aa_test_trains_twice_the_seeds_of_one_variant_and_is_kept(trained, small_images, tmp_path):
    request = Request(seeds=3, data_dir=small_images, out=tmp_path / "out", aa=True)
    results = run.train(prepare(study("clear"), request))
    assert sorted(trained[0]) == [("plain", seed) for seed in range(6)]
    assert results.aa_test().pairs == ((0, 3), (1, 4), (2, 5))
    assert load_results(tmp_path / "out").aa_test() == results.aa_test()
    report = results.report(tmp_path / "report.md").read_text(encoding="utf-8")
    assert "vs itself" in report
    train(small_images, tmp_path / "out", 5)
    assert ("plain", 0) not in trained[1]
    assert load_results(tmp_path / "out").comparisons()[0].procedure == "fixed"


def test_a_folder_without_an_aa_test_has_none_and_a_damaged_one_is_not_believed(
    trained, small_images, tmp_path
):
    assert train(small_images, tmp_path / "out", 2).aa_test() is None
    (tmp_path / "out" / "aa.json").write_text('{"variant": "plain", "pairs": 1}')
    assert load_results(tmp_path / "out").aa_test() is None


def test_an_aa_test_without_a_number_of_seeds_has_five_pairs(small_images, tmp_path):
    request = Request(data_dir=small_images, out=tmp_path / "out", aa=True)
    assert len(prepare(study("clear"), request).plan.runs) == 10


def test_python_decides_and_runs_aa_tests_as_the_command_does(trained, small_images, tmp_path):
    places = {"data_dir": str(small_images), "out": str(tmp_path / "out")}
    results = pb.run(study("clear", "hidden"), until_decided=True, max_seeds=6, **places)
    assert [each.treatment for each in results.decision.settled] == ["clear"]
    assert str(results.decision).startswith("1 of 2 questions is decided.")
    assert repr(results.decision) == "Decision(1 settled, 0 hopeless, 1 open)"
    assert load_results(tmp_path / "out").decision is None
    found = pb.aa_test(study("clear"), pairs=3, **places)
    assert found.pairs == ((0, 3), (1, 4), (2, 5))
    assert found == pb.run(study("clear"), aa=True, seeds=3, **places).aa_test()


def test_seeds_are_added_until_the_best_of_several_is_known(trained, small_images, tmp_path):
    asked = study(questions=[{"best_of": ["plain", "clear", "alike"]}])
    request = Request(until_decided=True, max_seeds=12, data_dir=small_images, out=tmp_path / "out")
    results = run.train(prepare(asked, request))
    (settled,) = results.decision.settled
    assert [each.name for each in settled.candidates] == ["clear"]
    assert all(each.procedure == "sequential" for each in settled.comparisons)
    assert 4 < len(seeds_of(trained, "clear")) <= 12 or sum(seeds_of(trained, "clear")) <= 12
    assert "1 of 1" in results.decision.lines[0]


def test_what_seeds_cannot_settle_of_several_is_left_open_and_named(trained, small_images, tmp_path):
    asked = study(questions=[{"all_pairs": ["plain", "hidden"]}])
    request = Request(until_decided=True, max_seeds=5, data_dir=small_images, out=tmp_path / "out")
    decision = run.train(prepare(asked, request)).decision
    assert len(decision.open) == 1
    assert "All pairs of plain, hidden" in str(decision)


DOSES = [0.5, 0.4, 0.3, 0.2]
SWEEP = {"sweep": {"learning_rate": DOSES}, "questions": [{"trend": "learning_rate"}]}
CROSS = {
    "cross": {"learning_rate": [0.5, 0.4], "batch_size": [32, 64]},
    "questions": [{"effects": "all"}],
}


@pytest.fixture
def decide_design(trained, small_images, tmp_path, monkeypatch):
    """Adds seeds to a sweep or a cross, in which each learning rate gains so much."""

    def call(design, gains, most=None, only=None, **fields):
        monkeypatch.setattr(f"{__name__}.GAINS", dict(zip(RATES, [*gains, 0.0, 0.0, 0.0], strict=False)))
        made = load({"name": "made", "data": "mnist", "base": BASE, **design, **fields})
        request = Request(
            only=only, data_dir=small_images, out=tmp_path / "out", until_decided=True, max_seeds=most
        )
        return run.train(prepare(made, request)).decision

    return call


def counts(rounds):
    """How many runs each variant got, over all rounds: runs of one rate and seed differ in the batch size."""
    names = {name for each in rounds for name, _ in each}
    return {name: sum(seeds_of(rounds, name)) for name in names}


def test_a_clear_trend_is_settled_with_the_fewest_seeds_for_all_its_doses(decide_design, trained):
    found = decide_design(SWEEP, [0.0, 0.05, 0.1, 0.15])
    (answer,) = found.settled
    assert answer.verdict is TrendVerdict.WORSENS  # a higher rate is a lower dose of gain
    assert answer.line.procedure == "sequential"
    assert counts(trained) == dict.fromkeys(("plain", "clear", "hidden", "alike"), 4)
    assert found.lines == ("1 of 1 questions is decided.",)


def test_all_doses_get_the_same_seeds_until_they_are_spent(decide_design, trained):
    found = decide_design(SWEEP, [0.0, 0.0, 0.0, 0.0], most=7)
    assert [each.question.trend for each in found.open] == ["learning_rate"]
    assert counts(trained) == dict.fromkeys(("plain", "clear", "hidden", "alike"), 7)
    assert "Trend over learning_rate" in found.lines[1]


def test_a_flat_trend_is_settled_by_the_margin(decide_design):
    found = decide_design(SWEEP, [0.0] * 4, margin=0.03)
    assert [each.verdict for each in found.settled] == [TrendVerdict.FLAT]


def test_effects_are_settled_once_each_has_a_verdict(decide_design, trained):
    found = decide_design(CROSS, [0.0, 0.2], margin=0.02)
    (answer,) = found.settled
    verdicts = {each.factors: each.verdict for each in answer.effects}
    assert verdicts["learning_rate",] is EffectVerdict.BETTER  # 0.4 compared with 0.5
    assert verdicts["batch_size",] is EffectVerdict.NONE
    assert len({*counts(trained).values()}) == 1


def test_effects_that_need_more_tests_start_with_more_seeds(decide_design, trained):
    decide_design(CROSS, [0.0, 0.2], most=5)
    first = seeds_of(trained[:1], "plain")[0] / 2  # two batch sizes
    assert first == min_seeds(3)


def test_a_dose_that_never_trains_is_left_out_of_the_trend(decide_design, trained):
    design = {"sweep": {"learning_rate": [*DOSES, 0.1]}, "questions": [{"trend": "learning_rate"}]}
    found = decide_design(design, [0.0, 0.05, 0.1, 0.15], most=6)
    answer = (*found.settled, *found.open)[0]
    assert len(answer.seeds) >= 4
    assert len(answer.used) == 4


def test_only_designs_whose_variants_are_all_chosen_get_seeds(decide_design):
    with pytest.raises(UsageError, match="about these variants alone"):
        decide_design(SWEEP, [0.0] * 4, only=["learning_rate=0.5", "learning_rate=0.4"])
