"""Other packages register rules: one is installed and found; what cannot be used is named in a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paribus.analysis import rule
from paribus.analysis.runs import registry
from paribus.errors import ExtensionError, InputError
from paribus.texts import LANGUAGES, language

ROOT = Path(__file__).parents[2]
DIAGNOSE = """
import json
from tests.analysis.made_runs import flat, run, study
from paribus.analysis.finding import plain
from paribus.analysis.runs.diagnosis import diagnose
from paribus.texts import LANGUAGES, language

imbalanced = {"predicted": (6_000, 4_000), "labels": (7_000, 3_000)}
even = {"predicted": (5_000, 5_000), "labels": (5_000, 5_000)}
runs = {("plain", 0): run(test=0.81, more=imbalanced), ("treatment", 0): run(test=0.81, more=even)}
found = [each for each in diagnose(study(), runs).findings if each.code == "label-imbalance"]
told = {}
for spoken in LANGUAGES:
    with language(spoken):
        told[spoken] = [plain(each) for each in found]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder into which the example package is installed, as pip installs any other."""
    target = tmp_path_factory.mktemp("site-packages")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--quiet",
    ]
    subprocess.run([*pip, "--target", target, ROOT / "examples" / "label_imbalance"], check=True)
    return target


def test_an_installed_package_s_rule_is_found_and_told_in_each_language(installed):
    paths = [str(installed), str(ROOT / "src"), str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-c", DIAGNOSE], env=environment, check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    for spoken, title in (
        ("en", "Most test images are of one class"),
        ("vi", "Phần lớn ảnh kiểm tra thuộc một lớp"),
    ):
        (finding,) = told[spoken]
        assert (finding["variants"], finding["severity"]) == (["plain"], "warning")
        assert finding["title"] == title
        assert {"en": "70.0% of the 10,000", "vi": "70,0% trong 10.000"}[spoken] in finding["why"]
        assert "{" not in finding["why"]
        assert finding["reference"].startswith("He and Garcia")


def without_cache():
    rule._registered.cache_clear()
    registry._extensions.cache_clear()


MODULES = {
    "not_there": (None, "ModuleNotFoundError"),
    "broken": ("1 / 0", "ZeroDivisionError: division by zero"),
    "empty": ("", "has no attribute 'Mine'"),
    "no_class": ("Mine = 3", "no class that derives from paribus.analysis.rule.Rule"),
    "no_rule": ("class Mine: ...", "no class that derives from paribus.analysis.rule.Rule"),
    "lacking": (
        "from paribus.analysis.runs.rule import RunRule\nclass Mine(RunRule): code = 'mine'",
        "lacks severities, can_judge, judge",
    ),
    "unwritten": (
        (
            "from paribus.analysis.finding import Severity\n"
            "from paribus.analysis.runs.rule import RunRule\n"
            "class Mine(RunRule):\n"
            "    code, severities = 'mine', (Severity.INFO,)\n"
            "    def can_judge(self, run): return True"
        ),
        "lacks judge",
    ),
    "taken": (
        "from paribus.analysis.runs.overfitting import Overfitting\nclass Mine(Overfitting): ...",
        "its code overfitting is that of paribus.analysis.runs.overfitting:Overfitting",
    ),
}


@pytest.mark.parametrize("module", MODULES)
def test_what_cannot_be_used_is_named_with_its_package_and_what_is_allowed(module, tmp_path, monkeypatch):
    source, reason = MODULES[module]
    if source is not None:
        (tmp_path / f"{module}.py").write_text(source)
    metadata = tmp_path / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[paribus.findings]\nfirst = {module}:Mine\n")
    monkeypatch.syspath_prepend(tmp_path)
    without_cache()
    try:
        with pytest.raises(ExtensionError) as raised:
            registry.rules()
    finally:
        without_cache()
    assert isinstance(raised.value, InputError)
    told = str(raised.value)
    for words in (f"package {module} ", f'"first = {module}:Mine"', "paribus.findings", reason, "RunRule"):
        assert words in told
    for spoken in LANGUAGES:
        with language(spoken):
            assert "{" not in str(raised.value)
