"""What was left out while data were read is said in the review."""

from __future__ import annotations

import numpy as np
from PIL import Image

import paribus as pb
from paribus.analysis.finding import Severity

BASE = {
    "model": {"hidden": [4], "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "batch_size": 8,
    "epochs": 2,
}


def found(data, code):
    review = pb.review({"name": "read", "data": data, "base": BASE, "variants": {"plain": {}}})
    return next((each for each in review if each.code == code), None)


def test_names_of_rows_are_no_input_and_the_review_says_so(tmp_path):
    draw = np.random.default_rng(0)
    rows = [f'"{place}" {draw.normal():.3f} "{"ab"[place % 2]}"' for place in range(40)]
    (tmp_path / "r.txt").write_text("\n".join(['"size" "kind"', *rows]))
    named = found({"csv": str(tmp_path / "r.txt"), "target": "kind"}, "row-names")
    assert named.severity is Severity.INFO
    assert "first column of r has no name" in str(named.why)


def test_files_that_are_passed_over_are_counted_and_named_and_likely_images_are_a_warning(tmp_path):
    for place in range(12):
        path = tmp_path / "photos" / "ab"[place % 2] / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), 20 * place).save(path)
    data = {"images": str(tmp_path / "photos"), "size": [4, 4]}
    (tmp_path / "photos" / "a" / ".DS_Store").write_bytes(b"")
    assert found(data, "skipped-files") is None
    (tmp_path / "photos" / "a" / "Thumbs.db").write_bytes(b"")
    told = found(data, "skipped-files")
    assert (told.severity, told.evidence["skipped"]) == (Severity.INFO, 1)
    assert "a/Thumbs.db" in str(told.why)
    (tmp_path / "photos" / "b" / "new.heic").write_bytes(b"")
    (tmp_path / "photos" / "astray.png").write_bytes(b"")
    told = found(data, "skipped-files")
    assert (told.severity, told.evidence["lost"]) == (Severity.WARNING, 2)
    assert "astray.png, b/new.heic and a/Thumbs.db" in str(told.why)
