"""Weights & Biases: a project a study, a run a run; offline files in the study's folder without a key."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Sequence
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from paribus.record.run import ENDED, Result
from paribus.texts.inert import on_one_line
from paribus.trackers.tracker import Epoch, TrackedRun, Tracker, test_metrics

_QUIET = {"WANDB_SILENT": "true", "WANDB_CONSOLE": "off", "WANDB_ERROR_REPORTING": "false"}

_MOST_LETTERS = 128  # of a project's name, a run's and a group's


class WandB(Tracker):
    """Runs of W&B, made by its client: sent to its server, or kept as files until `wandb sync` sends them.

    Files that were not sent are written anew where a run goes on, so that no step is there twice.

    Args:
        folder: The study's, in which W&B keeps its files.
        project: The study's name.
    """

    def __init__(self, folder: Path, project: str) -> None:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        import wandb  # pyright: ignore[reportMissingImports]

        self._wandb: Any = wandb
        self._mode = os.environ.get("WANDB_MODE") or ("online" if _has_key() else "offline")
        self._folder, self._project = folder, _name(project, r"[/\\#?%:]")
        self.place = str(folder / "wandb") if self._mode == "offline" else f"wandb: {self._project}"
        self._open: dict[str, Any] = {}

    def begin(self, run: TrackedRun, identity: str) -> tuple[str, int]:  # noqa: D102
        for old in self._unsent(identity):
            shutil.rmtree(old, ignore_errors=True)
        identity = identity or secrets.token_hex(4)
        opened = self._open[identity] = self._wandb.init(
            project=self._project,
            id=identity,
            name=_name(run.name),
            group=_name(run.variant),
            config=run.settings,
            tags=[f"seed {run.spec.seed}"],
            notes=None,
            dir=str(self._folder),
            mode=self._mode,
            resume="allow",
            reinit="create_new",
        )
        opened.config.update({"paribus": run.tags}, allow_val_change=True)
        return identity, max(0, opened.starting_step - 1) if self._mode == "online" else 0

    def log(self, identity: str, epochs: Sequence[Epoch]) -> None:  # noqa: D102
        for epoch in epochs:
            self._open[identity].log(dict(epoch.metrics), step=epoch.number)

    def end(self, identity: str, result: Result, ended: float) -> None:  # noqa: D102
        run = self._open.pop(identity)
        run.summary.update({**test_metrics(result), "kept_epoch": result.kept_epoch})
        run.summary.update(
            {"status": result.status.value, **({"cause": result.cause} if result.cause else {})}
        )
        run.finish(exit_code=0 if result.status in ENDED else 1)

    def has(self, identity: str) -> bool:  # noqa: D102
        return self._mode != "offline" or any(self._files(identity))

    def close(self) -> None:  # noqa: D102
        while self._open:
            self._open.popitem()[1].finish()

    def _files(self, identity: str) -> list[Path]:
        return [*(self._folder / "wandb").glob(f"offline-run-*-{identity}")] if identity else []

    def _unsent(self, identity: str) -> list[Path]:
        return [each for each in self._files(identity) if not any(each.glob("*.synced"))]


def _name(name: str, refused: str = r"(?!)") -> str:
    """Return a name that W&B takes.

    Example:
        >>> _name("rates: 50%/all", "[/%:]")
        'rates_ 50__all'
    """
    return re.sub(refused, "_", on_one_line(name))[:_MOST_LETTERS].strip() or "_"


def _has_key() -> bool:
    """Return whether this user has a key of W&B, in the environment or where `wandb login` keeps it."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL") or "https://api.wandb.ai").hostname
    try:
        return host is not None and netrc().authenticators(host) is not None
    except (OSError, NetrcParseError):
        return False
