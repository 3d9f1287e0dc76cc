"""What a study of many variants costs grows with their number alone; a page folds what it has no room for."""

import re
from collections import Counter

import pytest
from tests.conftest import MNIST, made_history

from paribus.analysis.questions import answering
from paribus.record import spec_file
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs
from paribus.report.folding import MAX_IN_FULL, in_full
from paribus.report.page.render import page
from paribus.study import reading
from paribus.study.reader import load
from paribus.workflow.results import load_results

SEEDS = 3


def folder_of(path, number):
    """A folder of so many variants, every one asked about, each with three runs that ended."""
    base = {
        "data": "mnist", "scale": "unit", "model": {"hidden": [8]}, "loss": "categorical_crossentropy",
        "optimizer": {"name": "sgd", "learning_rate": 0.1}, "epochs": 4,
    }  # fmt: skip
    variants = {f"v{place}": {"batch_size": 32 + place} if place else {} for place in range(number)}
    questions = [{"treatment": f"v{place}", "reference": "v0"} for place in range(1, number)]
    study = load({"name": "many", "base": base, "variants": variants, "questions": questions})
    store = Store(path)
    store.write_study(study, {"mnist": MNIST})
    for name, spec in specs(study, {"mnist": MNIST}, study.variants, range(SEEDS)):
        test = {"accuracy": 0.9 + 0.0001 * int(name[1:]), "loss": 0.1, "data_loss": 0.1}
        ended = Result(Status.FINISHED, 4, 4, test, update_mode="stepwise")
        store.run(spec).put(spec, made_history(4, seed=spec.seed), ended)
    return path


@pytest.fixture
def work(monkeypatch, tmp_path):
    """Count what is read and computed to show a study of so many variants."""

    def work(number):
        counted = Counter()

        def counting(name, function):
            def counted_function(*given, **named):
                counted[name] += 1
                return function(*given, **named)

            return counted_function

        with monkeypatch.context() as patched:
            path = folder_of(tmp_path / str(number), number)
            for module, name in (
                (reading, "read_bytes"),
                (reading, "parse_json"),
                (spec_file, "read"),
                (answering, "variant_scores"),
                (answering, "paired"),
            ):
                patched.setattr(module, name, counting(name, getattr(module, name)))
            results = load_results(path)
            material = results.material()
            assert len(material.severities) <= number
            assert len(material.rows) == number
        return counted

    return work


def test_twice_as_many_variants_are_twice_the_work(work):
    small, large = work(20), work(40)
    assert small["read_bytes"] > 20 * SEEDS
    for name, count in small.items():
        assert large[name] <= 2.1 * count + 5, name


def test_a_run_is_read_in_as_many_files_whatever_else_there_is(work):
    assert work(40)["read_bytes"] <= 40 * SEEDS * 10 + 30  # missing ones, such as probes, included


def test_a_specification_that_is_the_expected_one_is_not_parsed_again(work):
    assert work(20)["read"] == 0


def test_a_study_with_room_for_all_folds_nothing(tmp_path):
    material = load_results(folder_of(tmp_path / "few", 3)).material()
    assert material.folded == ""
    assert [each.name for each in material.shown] == ["v0", "v1", "v2"]
    assert len(material.shown_questions) == 2


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return load_results(folder_of(tmp_path_factory.mktemp("many") / "study", MAX_IN_FULL + 20)).material()


def test_of_many_variants_the_base_and_the_best_are_shown_in_full(many):
    names = [each.name for each in many.shown]
    assert len(names) == MAX_IN_FULL
    assert "v0" in names
    best = max(many.rows, key=lambda row: row.test)
    assert best.variant in names
    assert names == sorted(names, key=lambda name: int(name[1:]))


def test_decided_questions_are_shown_in_full(many):
    decided = [each for each in many.comparisons if each.verdict.value != "undecided"]
    chosen = in_full(many.rows, many.comparisons, "v0")
    assert all({each.treatment, each.reference} <= {*chosen} for each in decided[:20])


def test_the_page_says_what_it_folds_and_lists_every_variant(many):
    written = page(many)
    assert f"{MAX_IN_FULL} of {MAX_IN_FULL + 20} variants" in written
    assert "20 more variants" in written
    for name in many.study.variants:
        assert f">{many.study.named(name)}<" in written
    links = set(re.findall(r'href="#([\w-]+)"', written))
    assert links <= set(re.findall(r'\bid="([\w-]+)"', written))


def test_a_page_of_many_variants_grows_by_their_rows_alone(many, tmp_path):
    more = load_results(folder_of(tmp_path / "more", MAX_IN_FULL + 60)).material()
    grown = (len(page(more)) - len(page(many))) / 40
    assert grown < 5_000  # 25,000 with curves, findings and code


def test_severities_are_kept_and_found_out_of_date(tmp_path):
    path = folder_of(tmp_path / "kept", 3)
    results = load_results(path)
    material = results.material()
    assert material.kept_severities is None
    results.save_comparisons(material.severities)
    assert load_results(path).material().kept_severities == material.severities
    run = Store(path).folders()[0]
    (run.path / "result.json").unlink()
    assert load_results(path).material().kept_severities is None
