"""The source of the user's function that trains, builds a network or is a loss, as the study was read."""

from __future__ import annotations

from paribus.report.source import as_source, comment
from paribus.study.configuration import Configuration
from paribus.study.own_function import OwnLoss
from paribus.study.own_network import OwnNetwork
from paribus.study.programs import settings_of
from paribus.study.study import Study
from paribus.texts import text


def own_source(study: Study, variant: str) -> str:
    """Return the file with the function that trains a variant or builds its network, below what it is handed.

    Args:
        study: With the file.
        variant: One that such a function trains, or builds.

    Raises:
        ValueError: The engine builds and trains the variant.
    """
    configuration = study.variants[variant].configuration
    train = configuration.train
    if configuration.network is not None:
        return _network_source(study, variant, configuration, configuration.network)
    if train is None:
        raise ValueError(variant)
    if train.imported:
        about = comment(text("imported.own-source", study=study.name, variant=variant))
        return f"{about}\n{as_source(train.model_dump(mode='json')['settings'])}\n"
    named = {"study": study.name, "variant": variant, "function": train.function, "file": train.file}
    kind = "command" if train.command else "object" if train.is_object else "source"
    about = comment(text(f"report.own-{kind}", **named, name=train.told, digest=train.sha256))
    if train.command:
        about = f"{about}\n{comment(train.command)}"
    settings = "\n".join(f"# {line}" for line in as_source(settings_of(configuration)).splitlines())
    kept = study.programs.get(train.sha256)
    return f"{about}\n{settings}\n\n{kept.source if kept else ''}"


def _network_source(study: Study, variant: str, configuration: Configuration, network: OwnNetwork) -> str:
    """Return what builds a network, below how it is called, and how it is trained."""
    kind = "model-source" if network.function else "model-file"
    named = {"study": study.name, "variant": variant, "function": network.function, "file": network.file}
    about = comment(text(f"report.own-{kind}", **named, digest=network.sha256))
    training = configuration.model_dump(
        mode="json",
        include={
            "loss",
            "own_loss",
            "beside",
            "loss_weight",
            "label_smoothing",
            "optimizer",
            "batch_size",
            "epochs",
            "early_stopping",
        },
    )
    called = network.factors if network.function else {"weights": "draw", **network.factors}
    lines = [f"# {line}" for each in (called, training) for line in as_source(each).splitlines()]
    kept = study.programs.get(network.sha256)
    own = configuration.own_loss
    is_apart = (own and own.sha256 != network.sha256) or configuration.own_techniques
    apart = functions_source(study, configuration) if is_apart else ""
    return "\n".join([about, *lines, "", kept.source if kept else "", apart])


def functions_source(study: Study, configuration: Configuration) -> str:
    """Return the files that define loss, optimizer and the like of the user's own; empty where there is none.

    Args:
        study: With the files.
        configuration: Of a variant.
    """
    losses = [configuration.own_loss, *(each.own for each in configuration.beside)]
    every = [each for each in (*losses, *configuration.own_techniques) if each is not None]
    files = {each.sha256: each.file for each in every}
    kept = {sha256: study.programs.get(sha256) for sha256 in files}
    parts = [f"# {files[sha256]}\n{each.source.strip()}" for sha256, each in kept.items() if each is not None]
    return "\n\n\n".join(parts)


def called_loss(own: OwnLoss) -> str:
    """Return a loss of the user's own as Python has it in a call of ``compile``.

    Args:
        own: The loss.

    Example:
        >>> called_loss(OwnLoss(file="nets.py", function="focal", sha256="", arguments={"gamma": 2}))
        'lambda y_true, y_pred: focal(y_true, y_pred, gamma=2)'
    """
    arguments = ", ".join(f"{name}={level!r}" for name, level in own.arguments.items())
    if own.is_made:
        return f"{own.function}({arguments})"
    called = f"lambda y_true, y_pred: {own.function}(y_true, y_pred, {arguments})"
    return called if arguments else own.function
