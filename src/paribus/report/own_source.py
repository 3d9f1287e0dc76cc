"""The source of a function of the user's own that trained a variant, as the study was read."""

from __future__ import annotations

from paribus.report.source import as_source, comment
from paribus.study.programs import settings_of
from paribus.study.study import Study
from paribus.texts import text


def own_source(study: Study, variant: str) -> str:
    """Return the file with the function that trains a variant, below what it is and what it is handed.

    Args:
        study: With the file.
        variant: One that such a function trains.

    Raises:
        ValueError: The engine trains the variant.
    """
    configuration = study.variants[variant].configuration
    train = configuration.train
    if train is None:
        raise ValueError(variant)
    if train.imported:
        about = comment(text("imported.own-source", study=study.name, variant=variant))
        return f"{about}\n{as_source(train.model_dump(mode='json')['settings'])}\n"
    named = {"study": study.name, "variant": variant, "function": train.function, "file": train.file}
    code = "report.own-command" if train.command else "report.own-source"
    about = comment(text(code, **named, digest=train.sha256))
    if train.command:
        about = f"{about}\n{comment(train.command)}"
    settings = "\n".join(f"# {line}" for line in as_source(settings_of(configuration)).splitlines())
    kept = study.programs.get(train.sha256)
    return f"{about}\n{settings}\n\n{kept.source if kept else ''}"
