"""A training of the user's own in a study: what it names, what its settings are, what they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

import paribus as pb
from paribus.analysis.design.review import review
from paribus.errors import StudyError
from paribus.record.run import DataIdentity, RunSpec
from paribus.study.confounds import confounds
from paribus.study.describe import describe_variant
from paribus.study.difference import difference, factors
from paribus.study.label import named, question_title
from paribus.study.reader import load
from paribus.study.study import Study

SOURCE = "def train(config, seed, run):\n    pass\n"
STUDY = """\
name: mine
train: {python: "train.py:train"}
base: {width: 64, optimizer: adam, learning_rate: 1e-3, epochs: 20, model: {depth: 2, norm: true}}
variants:
  plain: {}
  wide: {width: 128}
  deep: {model: {depth: 4}}
  sgd: {optimizer: sgd, learning_rate: 0.1}
  small: {from: wide, batch_size: 8}
questions:
  - {treatment: wide, reference: plain}
  - {treatment: sgd, reference: plain}
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return read(tmp_path, STUDY)


def read(folder: Path, text: str, source: str = SOURCE) -> Study:
    (folder / "train.py").write_text(source, encoding="utf-8")
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return load(folder / "mine.yaml")


def train(config: object, seed: int, run: object) -> None:
    """A function that can be handed over."""


def test_free_settings_are_factors_with_their_own_names(study: Study) -> None:
    plain = study.variants["plain"].configuration

    def changed(name: str) -> tuple[str, ...]:
        return factors(difference(plain, study.variants[name].configuration))

    assert changed("wide") == ("width",)
    assert changed("deep") == ("model.depth",)
    assert changed("sgd") == ("optimizer", "learning_rate")
    assert changed("small") == ("width", "batch_size")


def test_free_settings_are_described_like_others(study: Study) -> None:
    variants = study.variants
    assert [describe_variant(variants, name) for name in variants] == [
        "",
        "width 128",
        "model.depth 4",
        "optimizer sgd; learning_rate 0.1",
        "from wide: batch_size 8",
    ]
    assert named(variants, "wide") == "wide · width 128"
    assert question_title(variants, study.questions[0]) == "Width 128 vs 64"


def test_a_variant_keeps_what_a_mapping_below_it_has(study: Study) -> None:
    own = study.variants["deep"].configuration.train
    assert own is not None
    assert own.settings["model"] == {"depth": 4, "norm": True}


def test_the_files_digest_is_part_of_the_identity_and_its_folder_is_not(tmp_path: Path) -> None:
    digests: list[str] = []
    for name, source in (("a", SOURCE), ("b", SOURCE), ("c", SOURCE + "# changed\n")):
        (tmp_path / name).mkdir()
        configuration = read(tmp_path / name, STUDY, source).variants["plain"].configuration
        spec = RunSpec(configuration=configuration, seed=0, data=DataIdentity(name="x", sha256=""))
        digests.append(spec.digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_study_that_is_read_from_its_json_needs_no_file(tmp_path: Path, study: Study) -> None:
    (tmp_path / "train.py").unlink()
    again = Study.model_validate(study.model_dump(mode="json"))
    assert again == study
    assert [program.source for program in again.programs.values()] == [SOURCE]
    assert describe_variant(again.variants, "wide") == "width 128"


def test_the_engine_and_a_function_may_be_variants_of_one_study(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        """\
name: both
data: {sklearn: iris}
base: {model: {hidden: [8]}, loss: categorical_crossentropy, optimizer: adam, epochs: 3}
variants:
  engine: {}
  mine: {train: {python: "train.py:train"}, width: 8}
questions: [{treatment: mine, reference: engine}]
""",
    )
    engine, mine = (study.variants[name].configuration for name in ("engine", "mine"))
    assert engine.train is None
    assert (mine.data, mine.facts.train) == ("iris", engine.facts.train)
    assert factors(difference(engine, mine)) == ("train",)
    assert question_title(study.variants, study.questions[0]) == "train.py:train vs paribus"


def test_a_function_can_be_handed_over() -> None:
    study = pb.Study(train=train, base={"epochs": 2}, variants={"plain": {}})
    own = study.variants["plain"].configuration.train
    assert own is not None
    assert own.told == "test_programs.py:train"


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ("train.py", "names no function"),
        ("{python: train.py}", "names no function"),
        ("{python: 'none.py:train'}", "none.py cannot be read"),
        ("{python: 'train.py:trian'}", "Did you mean 'train'"),
        ("{pyton: 'train.py:train'}", "pyton"),
        ("{python: 'train.py:train', task: ranking}", "task"),
    ],
)
def test_a_faulty_train_is_said_with_its_line(tmp_path: Path, train: str, words: str) -> None:
    with pytest.raises(StudyError, match=words) as caught:
        read(tmp_path, STUDY.replace('{python: "train.py:train"}', train))
    assert "mine.yaml:2" in str(caught.value)


def test_a_file_that_is_not_python_is_said_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"train\.py, line 2 is not Python"):
        read(tmp_path, STUDY, "def train(config, seed, run):\n    return (\n")


def test_a_known_setting_is_checked_and_a_free_one_is_not(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="epochs"):
        read(tmp_path, STUDY.replace("epochs: 20", "epochs: -1"))
    assert read(tmp_path, STUDY.replace("width: 64", "width: [a, {b: c}]")).variants


def test_an_optimizer_that_keras_lacks_and_names_that_are_words_elsewhere_are_called_as_written(
    tmp_path: Path,
) -> None:
    study = read(
        tmp_path,
        """\
name: names
train: {python: "train.py:train"}
base: {times: 1, epochs: 2}
variants:
  plain: {}
  mine: {optimizer: shampoo, times: 2, own: 3, other: true}
questions: [{treatment: mine, reference: plain}]
""",
    )
    assert named(study.variants, "mine") == "mine · times 2, shampoo, own 3, other"
    (finding,) = [each for each in review(study) if each.code == "confounded"]
    assert "times, the optimizer, own and other" in str(finding.why)
    plain, mine = (study.variants[name].configuration for name in ("plain", "mine"))
    found = confounds(study.variants, "mine", "plain", {plain.data: 0})
    assert [each.factor for each in found] == ["times", "own", "other"]
    assert not mine.optimizer.name


def test_the_review_knows_an_optimizer_of_keras_and_its_rate(study: Study) -> None:
    codes = {each.code: each.variants for each in review(study)}
    assert codes["optimizer-and-rate"] == ("sgd", "plain")
    assert "no-margin" in codes
    assert not {"few-epochs", "unscaled-pixels", "few-test-images"} & codes.keys()


def test_a_variant_with_a_training_of_its_own_has_none_of_a_networks_settings(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        """\
name: mixed
data: {sklearn: digits}
base: {scale: standard, model: {hidden: [4]}, loss: categorical_crossentropy, optimizer: adam, epochs: 2}
variants:
  network: {}
  function: {train: {python: "train.py:train"}, width: 4}
  wide: {from: function, width: 8}
  command: {train: {command: "true {width} {epochs}", history: log.csv, test: test.json}, width: 4}
""",
    )
    found = {name: variant.configuration for name, variant in study.variants.items()}
    assert [each.train.factors for each in found.values() if each.train] == [{"width": n} for n in (4, 8, 4)]
    assert {each.epochs for each in found.values()} == {2}
    assert {each.data for each in found.values()} == {"digits"}
    assert found["network"].layers
