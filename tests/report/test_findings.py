"""How findings are told: how many of which severity, and each in sentences."""

from paribus.analysis.finding import Finding, Severity
from paribus.report.findings import sentences, severity_counts


def test_findings_are_counted_by_severity_the_worst_first():
    found = [Finding("diverged", Severity.SERIOUS), *[Finding("overfitting", Severity.WARNING)] * 2]
    assert str(severity_counts(found)).startswith("1 serious fault, 2 warnings, 0 ")


def test_a_finding_without_a_measured_cause_is_told_by_why_and_remedy():
    found = Finding(
        "few-validation-images",
        Severity.INFO,
        evidence={"images": 10, "accuracy": 96.0, "half": 1.0, "margin": 0.5},
        placeholders={"data": "mnist"},
    )
    assert sentences(found) == (str(found.why), str(found.remedy))
