"""Tables are understood without a word, and what cannot be understood is said once, with its place."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import paribus as pb
from paribus.workflow.importing import write_import

HEADER = "model,seed,epoch,loss,val_acc"


def table(path: Path, rows: list[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def runs(
    scale: float = 1.0, seeds: int = 5, variants: tuple[str, ...] = ("baseline", "dropout")
) -> list[str]:
    draw = random.Random(1)
    rows: list[str] = []
    for place, name in enumerate(variants):
        for seed in range(seeds):
            off = draw.gauss(0, 0.002)
            for epoch in (1, 2, 3):
                value = scale * (0.80 + 0.03 * place + off - 0.2 / epoch)
                rows.append(f"{name},{seed},{epoch},{1 / epoch:.4f},{value:.5f}")
    return rows


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_a_tidy_table_is_understood_without_a_word(tmp_path, out):
    found = write_import(table(tmp_path / "runs.csv", runs()), out=out)
    roles = found.found.reading.columns
    assert [roles[name] for name in ("model", "seed", "epoch", "val_acc")] == [
        "variant",
        "seed",
        "epoch",
        "metric",
    ]
    assert found.found.measures.score.key == "val_accuracy"
    results = pb.load_results(out)
    assert list(results) == ["baseline", "dropout"]
    assert len(results["dropout"].records[4].history) == 3


def test_runs_are_two_groups_unless_the_user_says_that_seeds_pair_them(tmp_path, out):
    path = table(tmp_path / "runs.csv", runs())
    (answer,) = pb.import_results(path, out=out).comparisons()
    assert answer.paired.groups is not None
    assert answer.paired.differences == ()
    assert "Welch" in str(answer.sentence)
    (paired,) = pb.import_results(path, mapping={"paired": True}, out=out).comparisons()
    assert len(paired.paired.differences) == 5
    assert "Welch" not in str(paired.sentence)


def test_welchs_test_is_the_one_of_scipy(tmp_path, out):
    from scipy import stats

    (answer,) = pb.import_results(table(tmp_path / "runs.csv", runs()), out=out).comparisons()
    assert answer.paired.groups is not None
    theirs = stats.ttest_ind(*answer.paired.groups, equal_var=False)
    assert answer.paired.p_t == pytest.approx(theirs.pvalue)
    interval = theirs.confidence_interval(0.95)
    assert answer.paired.t_interval == pytest.approx((interval.low, interval.high))


def test_percentages_are_kept_as_shares_and_the_table_says_so(tmp_path, out):
    found = write_import(table(tmp_path / "runs.csv", runs(scale=100)), out=out)
    assert found.found.measures.score.factor == 0.01
    assert pb.load_results(out)["baseline"].records[0].validation_score == pytest.approx(0.7333, abs=0.01)
    assert "percent" in str(found)


def test_shares_mixed_with_percentages_are_refused_naming_both_runs(tmp_path, out):
    rows = [*runs(variants=("baseline",)), *runs(scale=100, variants=("dropout",))]
    with pytest.raises(pb.SourceError, match=r"val_acc.*baseline.*dropout.*mixed"):
        pb.import_results(table(tmp_path / "runs.csv", rows), out=out)


def test_final_values_alone_are_enough(tmp_path, out):
    rows = [
        f"{name},{seed},{0.9 + 0.01 * place + 0.001 * seed}"
        for place, name in enumerate("ab")
        for seed in range(4)
    ]
    results = pb.import_results(table(tmp_path / "runs.csv", rows, "variant,seed,test_accuracy"), out=out)
    (answer,) = results.comparisons()
    assert answer.metric == "test_accuracy"
    assert results["a"].records[0].history == ()
    assert results["a"].records[0].test_score == pytest.approx(0.9)


def test_a_single_validation_value_is_compared_without_inventing_an_epoch(tmp_path, out):
    rows = [f"{name},{seed},{0.9 + 0.001 * seed}" for name in "ab" for seed in range(4)]
    results = pb.import_results(table(tmp_path / "runs.csv", rows, "variant,seed,val_accuracy"), out=out)
    assert results["a"].records[0].validation_score == pytest.approx(0.9)
    assert results["a"].records[0].history == ()
    assert results.comparisons()[0].metric == "val_accuracy"


def test_settings_become_factors_and_name_the_variants(tmp_path, out):
    rows = [
        f"{lr},{drop},{seed},0.9{seed}"
        for lr in ("0.1", "0.01")
        for drop in ("0", "0.5")
        for seed in range(3)
    ]
    results = pb.import_results(table(tmp_path / "sweep.csv", rows, "lr,dropout,seed,test_acc"), out=out)
    assert list(results) == [
        "lr=0.1 dropout=0",
        "lr=0.1 dropout=0.5",
        "lr=0.01 dropout=0",
        "lr=0.01 dropout=0.5",
    ]
    changed = results.study.variants["lr=0.01 dropout=0.5"].configuration.train
    assert changed is not None
    assert changed.settings == {"lr": 0.01, "dropout": 0.5}
    last = results.comparisons()[-1]
    assert last.confounded_by == ("dropout",) or last.confounded_by == ("lr",)


def test_without_seeds_runs_are_numbered_and_the_notes_say_so(tmp_path, out):
    rows = [f"{name},0.{value}" for name in "ab" for value in (91, 92, 93)]
    written = write_import(table(tmp_path / "runs.csv", rows, "variant,test_acc"), out=out)
    assert not written.found.grouped.has_seeds
    assert "Seeds are not known" in str(written)


def test_a_metric_that_nobody_knows_keeps_its_name_and_its_direction_is_a_guess(tmp_path, out):
    rows = [f"{name},{seed},{0.5 + 0.01 * seed}" for name in "ab" for seed in range(4)]
    written = write_import(table(tmp_path / "runs.csv", rows, "variant,seed,val_zeal"), out=out)
    assert written.found.measures.score.meaning.is_guess
    question = pb.load_results(out).study.questions[0]
    assert question.metric == "val_zeal"
    assert question.measured.rises


def test_a_map_says_what_the_guess_should_not(tmp_path, out):
    rows = [f"{name},{seed},{0.5 + 0.01 * seed}" for name in "ab" for seed in range(4)]
    path = table(tmp_path / "runs.csv", rows, "which,run_number,zeal")
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        "name: mine\nvariant: which\nseed: run_number\nreference: b\n"
        "metrics: {zeal: {as: test_zeal, better: lower}}\n"
        "questions: [{treatment: a, reference: b, ask: Does it help?}]\n"
    )
    results = pb.import_results(path, mapping=mapping, out=out)
    assert (results.study.name, list(results)) == ("mine", ["b", "a"])
    (question,) = results.study.questions
    assert (question.metric, question.measured.rises, question.ask) == ("test_zeal", False, "Does it help?")


def test_the_best_epoch_counts_where_the_map_says_so(tmp_path, out):
    rows = [
        f"{name},{seed},{epoch},{value}"
        for name in "ab"
        for seed in range(3)
        for epoch, value in ((1, 0.9), (2, 0.7))
    ]
    path = table(tmp_path / "runs.csv", rows, "model,seed,epoch,val_acc")
    assert pb.import_results(path, out=out)["a"].records[0].validation_score == pytest.approx(0.7)
    best = pb.import_results(path, mapping={"keep": "best"}, out=out)
    assert best["a"].records[0].validation_score == pytest.approx(0.9)


def test_a_loss_that_becomes_nan_is_a_run_that_diverged(tmp_path, out):
    rows = [
        f"{name},{seed},{epoch},{1 / epoch},0.{epoch}"
        for name in "ab"
        for seed in range(3)
        for epoch in (1, 2, 3)
    ]
    rows[-1] = "b,2,3,nan,"
    results = pb.import_results(table(tmp_path / "runs.csv", rows), out=out)
    assert results["b"].records[2].status == "diverged"
    (answer,) = results.comparisons()
    assert answer.failures is not None
    assert answer.failures.treatment.failed == 1


def test_runs_of_one_seed_may_be_uneven(tmp_path, out):
    rows = runs(seeds=6, variants=("baseline",)) + runs(seeds=3, variants=("wide",))
    (answer,) = pb.import_results(table(tmp_path / "runs.csv", rows), out=out).comparisons()
    assert answer.paired.groups is not None
    assert [len(each) for each in answer.paired.groups] == [3, 6]


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (["a,0,1,1.0,0.5", "a,0,1,1.0,0.6"], HEADER, r"lines 2 and 3"),
        (["a,0,1,1.0,good", "a,0,2,1.0,0.5"], HEADER, r"runs.csv:2: column 'val_acc': 'good' is no number"),
        (["a,0,1"], "model,seed,epoch", "no column of a metric"),
        (["a,x,0.5", "b,1,0.5"], "model,seed,test_acc", "'x' is no seed"),
        (["a,0,0.5"], "model,seed,seed", "two columns are called 'seed'"),
        (["1,2,3"], "4,5,6", "first line has numbers alone"),
        ([], "model,seed,test_acc", "no rows"),
        (["a,0,134.0"], "model,seed,test_acc", "neither a share"),
        (["a,0,,1.0,0.5", "b,0,1,1.0,0.5"], HEADER, r"runs.csv:2: column 'epoch' is empty"),
    ],
)
def test_what_cannot_be_right_is_said_with_its_place(tmp_path, out, rows, header, said):
    path = tmp_path / "runs.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    with pytest.raises(pb.SourceError, match=said):
        pb.import_results(path, out=out)
    assert not out.exists()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("variannt: model", r"map.yaml:1: variannt: .*Did you mean 'variant'"),
        ("keep: bets", r"keep: 'bets'.*Did you mean 'best'"),
        ("paired: maybe", "paired"),
        ("margin: -1", r"margin: -1 is no margin"),
        ("metrics: {val_acc: {better: hihger}}", "Did you mean 'higher'"),
        ("examples: {train: 10}", "Give validation"),
        ("questions: [{treatment: dropout}]", "needs reference"),
    ],
)
def test_a_wrong_map_is_said_with_its_line(tmp_path, out, written, said):
    mapping = tmp_path / "map.yaml"
    mapping.write_text(written)
    with pytest.raises(pb.StudyError, match=said):
        pb.import_results(table(tmp_path / "runs.csv", runs()), mapping=mapping, out=out)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"variant": "modell"}, r"no column 'modell'"),
        ({"reference": "basline"}, r"no variant 'basline'.*Did you mean 'baseline'"),
        ({"score": "val_f1"}, "no metric that can be compared"),
        ({"questions": [{"treatment": "x", "reference": "baseline"}]}, "no variant 'x'"),
    ],
)
def test_names_in_a_map_that_are_not_there_are_said_with_what_is(tmp_path, out, mapping, said):
    with pytest.raises(pb.SourceError, match=said):
        pb.import_results(table(tmp_path / "runs.csv", runs()), mapping=mapping, out=out)


def test_names_of_variants_can_do_no_harm(tmp_path):
    rows = [
        f"{name},{seed},0.{seed + 5}"
        for name in ("../../up", "[red]x[/red]", "<script>alert(1)</script>")
        for seed in range(3)
    ]
    results = pb.import_results(
        table(tmp_path / "runs.csv", rows, "model,seed,test_acc"), out=tmp_path / "out"
    )
    assert "<script>alert(1)</script>" in results
    page = results.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out", "report.html", "runs.csv"]


def test_german_and_tab_separated_tables_are_read(tmp_path, out):
    rows = [f"{name};{seed};0,9{seed}" for name in "ab" for seed in range(3)]
    results = pb.import_results(table(tmp_path / "runs.csv", rows, "model;seed;test_acc"), out=out)
    assert results["a"].records[2].test_score == pytest.approx(0.92)
    tabs = [f"{name}\t{seed}\t9{seed}%" for name in "ab" for seed in range(3)]
    results = pb.import_results(table(tmp_path / "runs.tsv", tabs, "model\tseed\ttest_acc"), out=out)
    assert results["a"].records[2].test_score == pytest.approx(0.92)


def test_the_csv_of_a_wandb_chart_is_read_by_its_columns(tmp_path, out):
    names = [f"{name}-seed{seed}" for name in ("adam", "sgd") for seed in range(3)]
    header = ",".join(
        ['"Step"', *(f'"{name} - val_accuracy","{name} - val_accuracy__MIN"' for name in names)]
    )
    rows = [",".join([str(step), *(f"0.{step}{place},0.1" for place in range(6))]) for step in (1, 2, 3)]
    results = pb.import_results(table(tmp_path / "chart.csv", rows, header), out=out)
    assert list(results) == ["adam", "sgd"]
    assert sorted(results["sgd"].records) == [0, 1, 2]
    assert results["adam"].records[1].validation_score == pytest.approx(0.31)


def test_the_csv_of_a_wandb_table_is_read_with_its_states(tmp_path, out):
    header = '"Name","State","Notes","User","Tags","Created","Runtime","Sweep","lr","seed","test_acc"'
    rows = [
        f'"bold-{lr}-{seed}","{"crashed" if seed == 3 else "finished"}","-","me","","2025-01-0{seed + 1}",'
        f'"{100 + seed}","",{lr},{seed},0.9{seed}'
        for lr in (0.1, 0.01)
        for seed in range(4)
    ]
    results = pb.import_results(table(tmp_path / "wandb.csv", rows, header), out=out)
    assert list(results) == ["lr=0.1", "lr=0.01"]
    assert results["lr=0.1"].records[3].status == "failed"
