"""Ask which packages of the locks have known flaws; where the list of flaws cannot be reached, say so.

`make audit`. It ends with 1 where a package has a flaw, and with 0 where none has or nothing could be asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

UNREACHABLE = (
    "ConnectionError", "ConnectTimeout", "HTTPError", "MaxRetryError", "NameResolutionError", "ProxyError",
    "ReadTimeout", "ServiceError", "SSLError", "connection timeout", "Max retries exceeded",
)  # fmt: skip
"""What pip-audit says where its source of flaws does not answer."""
COMMAND = (sys.executable, "-m", "pip_audit")
_SECONDS = 300


def audit(lock: Path, command: tuple[str, ...] = COMMAND) -> tuple[bool | None, str]:
    """Return whether a lock has no package with a known flaw, and what was said; None where nobody knows.

    Args:
        lock: One of the locks in this folder.
        command: What asks.
    """
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            [*command, *options, "-r", str(lock)],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer within {_SECONDS} s"
    said = done.stderr.strip()
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        is_unreachable = any(each in said for each in UNREACHABLE)
        return (None if is_unreachable else False), said[-500:]
    skipped = [each for each in packages if "skip_reason" in each]
    flaws = [f"{each['name']} {flaw['id']}" for each in packages for flaw in each.get("vulns", ())]
    if flaws or done.returncode:
        return False, "; ".join(flaws) or said[-500:]
    if skipped:
        return None, f"{len(skipped)} of {len(packages)} packages: {skipped[0]['skip_reason']}"
    return True, f"{len(packages)} packages"


def main() -> int:
    """Ask for every lock."""
    flawed = False
    for lock in sorted(Path(__file__).parent.glob("*.txt")):
        is_sound, said = audit(lock)
        verdict = {True: "no known flaw", False: "flaws", None: "skipped"}[is_sound]
        sys.stdout.write(f"{lock.name}: {verdict} ({said})\n")
        flawed |= is_sound is False
    return int(flawed)


if __name__ == "__main__":
    sys.exit(main())
