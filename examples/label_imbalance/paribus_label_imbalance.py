"""A finding for Paribus: most of the test images are of one class, so that accuracy says little."""

from __future__ import annotations

from paribus import Fact, RunEvidence, RunRule, Severity
from paribus.study.datasets import IMAGE_SETS

LIMIT = 0.5
"""Share of the test images from which on one class is the majority: a convention."""


class LabelImbalance(RunRule):
    """More than half of the test images are of one class."""

    code = "label-imbalance"
    severities = (Severity.WARNING,)
    reference = "He and Garcia, Learning from Imbalanced Data, IEEE TKDE 21 (2009)"
    sentences = {
        "en": {
            "title": "Most test images are of one class",
            "why": '{share:.1p}% of the {images:,.0f} test images are "{name}": always predicting it is '
            "right that often, so that a test accuracy of {accuracy:.1p}% says little. {runs}",
            "remedy": "Look at the accuracy of each class, or test on as many images of each.",
        },
        "vi": {
            "title": "Phần lớn ảnh kiểm tra thuộc một lớp",
            "why": '{share:.1p}% trong {images:,.0f} ảnh kiểm tra là "{name}": luôn dự đoán lớp đó '
            "cũng đúng chừng ấy, nên độ chính xác kiểm tra {accuracy:.1p}% nói lên rất ít. {runs}",
            "remedy": "Hãy xem độ chính xác của từng lớp, hoặc kiểm tra trên số ảnh bằng nhau của mỗi lớp.",
        },
    }

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run was tested, and its predictions were kept with their labels."""
        return run.has_ended and sum(run.labels) > 0

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the share of the commonest class, where it has most images."""
        images, share = sum(run.labels), run.majority_share
        if share <= LIMIT or run.record.result is None:
            return None
        commonest = run.labels.index(max(run.labels))
        evidence = {
            "share": share,
            "limit": LIMIT,
            "images": float(images),
            "accuracy": run.record.result.test["accuracy"],
        }
        name = IMAGE_SETS[run.configuration.data].classes[commonest]
        return Fact(Severity.WARNING, evidence, {"name": name})
