"""What must be known to read results that were made elsewhere: what their source does not say."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.study.metrics import name_of, title_of
from paribus.study.study import Study
from paribus.texts import text

_PRODUCTS = {
    "tensorboard": "TensorBoard", "mlflow": "MLflow", "wandb": "W&B", "optuna": "Optuna", "hydra": "Hydra",
    "lightning": "Lightning",
}  # fmt: skip
"""What is called the same in every language."""


def import_notes(study: Study, *, brief: bool = False) -> tuple[str, ...]:
    """Return what is not known of imported results, a sentence or two each; nothing of others.

    Args:
        study: Any.
        brief: Whether only what changes how a verdict reads is wanted.
    """
    return tuple(_notes(study, brief))


def _notes(study: Study, brief: bool) -> Iterator[str]:
    found = study.imported
    if found is None:
        return
    kind = _PRODUCTS.get(found.kind) or text(f"imported.kind-{found.kind}")
    yield text("imported.note-source", source=found.source, kind=kind)
    yield text(f"imported.note-{'paired' if found.paired else 'unpaired'}")
    if not found.has_seeds:
        yield text("imported.note-no-seeds")
    compared = next(iter(found.metrics), study.score.val)
    if found.unclear:
        yield text(f"imported.note-unclear-{found.part}", metric=name_of(study.score))
    elif found.part == "val":
        yield text("imported.note-no-test", metric=title_of(compared))
    if brief:
        return
    if not found.reported:
        yield text(f"imported.note-{found.kept}")
    yield text("imported.note-selection")
