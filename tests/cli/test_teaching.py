"""`paribus check` and `paribus sheet` as a teacher meets them."""

import json

STUDY = """\
name: lab
seeds: 3
data: {sklearn: iris}
base:
  scale: standard
  model: {hidden: [4], output: softmax}
  loss: categorical_crossentropy
  optimizer: sgd
  epochs: 2
variants: {plain: {}, wide: {model: {hidden: [8]}}}
expect:
  - {between: [0.9, 1.0], variant: plain}
"""


def written(folder):
    """A study and a folder of two hand-ins."""
    (folder / "lab.yaml").write_text(STUDY)
    (folder / "handins").mkdir()
    rows = "\n".join(f"{name},{seed},0.95" for name in ("plain", "wide") for seed in range(3))
    (folder / "handins" / "anna.csv").write_text(f"variant,seed,test_accuracy\n{rows}\n")
    (folder / "handins" / "essay.txt").write_text("I did it.")


def test_a_line_for_each_student_and_where_the_rest_lies(paribus, tmp_path):
    written(tmp_path)
    answer = paribus("check", "handins", "lab.yaml", "--rerun", "none", "--workers", "1")
    assert answer.status == 0, answer.err
    assert "anna: not trained again; points: 1 of 1; runs confirmed: 0/0" in answer.out
    assert "essay: unreadable; points: 0 of 1" in answer.out
    assert sorted(path.name for path in (tmp_path / "paribus-check" / "lab").iterdir()) == [
        "anna.html",
        "essay.html",
        "grades.csv",
    ]


def test_json_has_each_item_with_its_reason(paribus, tmp_path):
    written(tmp_path)
    answer = paribus("check", "handins/anna.csv", "lab.yaml", "--rerun", "none", "--json")
    (found,) = json.loads(answer.out)["hand_ins"]
    assert (found["student"], found["standing"], found["points"]) == ("anna", "unchecked", 1.0)
    assert "95.00%" in found["items"][0]["reason"]


def test_what_is_no_hand_in_or_no_number_is_refused_with_the_remedy(paribus, tmp_path):
    written(tmp_path)
    missing = paribus("check", "nobody", "lab.yaml")
    assert (missing.status, "has no hand-in" in missing.err) == (2, True)
    wrong = paribus("check", "handins", "lab.yaml", "--rerun", "some")
    assert (wrong.status, "all or none" in wrong.err) == (2, True)


def test_a_sheet_is_written_beside_the_study(paribus, tmp_path):
    written(tmp_path)
    answer = paribus("sheet", "lab.yaml")
    assert answer.out == "Written: lab-sheet.md\n"
    assert "expect" not in (tmp_path / "lab-sheet.md").read_text()
    assert paribus("sheet", "lab.yaml", "--format", "html", "--key").status == 0
    assert "90.00" in (tmp_path / "lab-sheet.html").read_text()
