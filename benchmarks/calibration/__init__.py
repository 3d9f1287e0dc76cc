"""How often verdicts are wrong, and what they cost: simulated studies whose truth is known."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MEASURED = ROOT / "benchmarks" / "calibration.json"
PAGES = (ROOT / "docs" / "statistics.md", ROOT / "docs" / "sequential.md")
FIGURE = ROOT / "docs" / "images" / "power.png"
