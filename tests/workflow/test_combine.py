"""Several studies in one report: their questions are one family, and nonsense is refused."""

import pytest
from tests.conftest import made_configuration
from tests.made_results import made_results

import paribus as pb
from paribus.analysis.questions.statistics import holm
from paribus.errors import UsageError
from paribus.record.looks import MIN_SEEDS
from paribus.record.store import Store
from paribus.workflow.results import load_results

SEEDS = 6


def written(made, folder, name, l2=0.01, seeds=SEEDS):
    """Results of a study of some name, whose l2 has another strength."""
    first = made_results(made, folder, seeds=seeds).folder
    store = Store(first)
    study, data = store.study()
    if l2 != 0.01:
        variant = study.variants["l2"].model_copy(update={"configuration": made_configuration(l2=l2)})
        study = study.model_copy(update={"variants": {**study.variants, "l2": variant}})
    store.write_study(study.model_copy(update={"name": name}), data)
    if l2 != 0.01:
        from paribus.record.folder import Timing
        from paribus.record.run import Result, Status
        from paribus.record.store import specs

        for _, spec in specs(study, data, ["l2"], range(seeds)):
            run = store.run(spec)
            run.start(spec, {})
            for row in made.history(2, seed=spec.seed):
                run.append(row, Timing(int(row["epoch"]), 1.0, 0.5))
            test = {"accuracy": 0.93 + spec.seed**2 / 1000, "loss": 0.1, "data_loss": 0.1}
            run.finish(Result(Status.FINISHED, 2, 2, test, 7850))
    return first


@pytest.fixture
def both(made, tmp_path):
    return written(made, tmp_path / "a", "one"), written(made, tmp_path / "b", "two", l2=0.5)


def test_names_that_mean_the_same_are_one_variant_and_others_have_the_study_in_front(both):
    found = pb.combine(*both)
    assert list(found) == ["plain", "one.l2", "two.l2"]
    assert len(found.records) == 3 * SEEDS
    assert [each.question.named for each in found.comparisons()] == [
        ("one.l2", "plain"),
        ("two.l2", "plain"),
    ]


def test_p_values_are_adjusted_over_the_questions_of_all(both):
    found = pb.combine(*both)
    alone = [each.comparisons()[0] for each in found.sources]
    together = list(found.comparisons())
    assert [each.family for each in alone] == [1, 1]
    assert [each.family for each in together] == [2, 2]
    assert [each.p_value for each in together] == [each.p_value for each in alone]
    assert [each.p_adjusted for each in together] == pytest.approx(
        list(holm([each.p_value for each in alone]))
    )


def test_a_look_is_recorded_in_each_study_s_own_folder(both):
    pb.combine(*both).comparisons()
    for folder in both:
        (entry,) = load_results(folder).looks.entries
        assert entry.seeds == {"plain": tuple(range(SEEDS)), "l2": tuple(range(SEEDS))}
        assert [each.treatment for each in entry.answered] == ["l2"]


def test_what_one_study_answered_before_counts_in_the_family_of_all(both):
    load_results(both[0]).compare("plain", "l2", "test_loss")
    assert [each.family for each in pb.combine(*both).comparisons()] == [3, 3]


def test_looks_at_one_study_s_growing_seeds_are_allowed_for(made, tmp_path):
    first = written(made, tmp_path / "a", "one", seeds=MIN_SEEDS)
    load_results(first).comparisons()
    first = written(made, tmp_path / "a", "one", seeds=SEEDS)
    second = written(made, tmp_path / "b", "two", l2=0.5)
    found = list(pb.combine(first, second).comparisons())
    assert found[0].procedure != "fixed"
    assert found[1].procedure == "fixed"


def test_the_report_says_over_what_it_is_adjusted(both, tmp_path):
    found = pb.combine(*both)
    for ending in ("html", "md"):
        words = found.report(tmp_path / f"both.{ending}").read_text()
        assert "adjusted (Holm) over the questions of all" in words
        assert "two.l2" in words
    with pb.language("vi"):
        assert "mọi câu hỏi" in found.report(tmp_path / "vi.html").read_text()


def test_margins_stay_those_of_each_study(made, tmp_path):
    first = written(made, tmp_path / "a", "one")
    second = written(made, tmp_path / "b", "two", l2=0.5)
    store = Store(second)
    study, data = store.study()
    store.write_study(study.model_copy(update={"margin": 0.02}), data)
    found = pb.combine(first, second)
    assert [each.margin for each in found.comparisons()] == [None, 0.02]


def test_studies_of_one_name_are_numbered(made, tmp_path):
    first, second = written(made, tmp_path / "a", "mine"), written(made, tmp_path / "b", "mine", l2=0.5)
    assert list(pb.combine(first, second)) == ["plain", "mine-1.l2", "mine-2.l2"]


def test_the_same_question_of_the_same_variants_is_one(made, tmp_path):
    first, second = written(made, tmp_path / "a", "one"), written(made, tmp_path / "b", "two")
    assert len(pb.combine(first, second).comparisons()) == 1


def test_notes_on_variants_keep_their_variant(made, tmp_path, both):
    store = Store(both[1])
    study, data = store.study()
    notes = {"study": "all", "l2": "strong", "l2 vs plain": "as expected"}
    store.write_study(study.model_copy(update={"notes": notes}), data)
    assert pb.combine(*both).study.notes == {"two.l2": "strong", "two.l2 vs plain": "as expected"}


def test_other_data_of_one_name_are_refused(both):
    store = Store(both[1])
    study, data = store.study()
    store.write_study(study, {"mnist": data["mnist"].model_copy(update={"sha256": "ab" * 32})})
    with pytest.raises(UsageError, match="different data"):
        pb.combine(*both)


def test_other_tasks_are_refused(both, made, tmp_path):
    results = load_results(both[1])
    name, variant = next(iter(results.study.variants.items()))
    facts = variant.configuration.facts.model_copy(update={"task": "regression", "classes": ()})
    regression = variant.configuration.model_copy(update={"own": facts})
    changed = variant.model_copy(update={"configuration": regression})
    results.study = results.study.model_copy(update={"variants": {name: changed}, "questions": ()})
    assert results.study.score.name == "r2"
    with pytest.raises(UsageError, match="different tasks"):
        pb.combine(both[0], results)


def test_one_study_alone_or_twice_is_refused(both):
    with pytest.raises(UsageError, match="at least"):
        pb.combine(both[0])
    with pytest.raises(UsageError, match="twice"):
        pb.combine(both[0], both[0])
    with pytest.raises(UsageError, match="studies"):
        pb.combine(both[0], 7)


def test_the_command_reports_several(paribus_report, both):
    assert "one.l2" in paribus_report(*both)


@pytest.fixture
def paribus_report(monkeypatch, tmp_path, capsys):
    import sys

    from paribus.cli import main

    monkeypatch.chdir(tmp_path)

    def call(*studies):
        monkeypatch.setattr(sys, "argv", ["paribus", "report", *map(str, studies)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in (0, None)
        assert "Written: combined.html" in capsys.readouterr().out
        return (tmp_path / "combined.html").read_text()

    return call
