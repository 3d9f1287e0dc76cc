"""Job files that train a study on machines which others run: a Slurm array, a GitHub workflow, a Ray job.

Whatever a study or a folder is called, it acts in none of them: it is quoted for the shell, and for GitHub's
expressions too. The files are code, so they are in English whatever language is spoken.
"""

from __future__ import annotations

import io
import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from paribus import __version__
from paribus.errors import UsageError
from paribus.execute.shards import MAX_SHARDS, Shard
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.texts.inert import on_one_line
from paribus.workflow.again import options
from paribus.workflow.folders import default_folder
from paribus.workflow.request import Request, check_trainable, chosen_variants
from paribus.workflow.sharding import check_searches

KINDS = ("slurm", "ray", "github")
_GITHUB_SHARDS = 256
"""Jobs of one matrix that GitHub allows."""
_MEMORY_PER_CORE = "2G"
_PYTHON = "3.12"

_SLURM = """\
#!/usr/bin/env bash
# Trains the study {title} in {shards} shards, and merges them into one folder.
# Submit it with: bash FILE. Again to go on with what is missing: nothing that has finished is trained twice.
set -euo pipefail

study={study}
out={out}
case "${{1:-submit}}" in
  submit)
    array=$(sbatch --parsable --job-name={name} --array=1-{shards} --time={time} --requeue \\
      --nodes=1 --ntasks=1 --cpus-per-task={cores} --mem-per-cpu={memory} "$0" shard)
    # Also where a shard failed: what is missing is named then.
    sbatch --job-name={name}-merge --dependency="afterany:${{array%%;*}}" --time=1:00:00 \\
      --nodes=1 --ntasks=1 --cpus-per-task=1 --mem-per-cpu={memory} "$0" merge
    ;;
  shard)
    shard=$SLURM_ARRAY_TASK_ID
    exec paribus run "$study" --shard "$shard/{shards}" --out "$out-shard-$shard-of-{shards}"{options}
    ;;
  merge)
    status=0
    paribus merge "$out"-shard-*-of-{shards} --into "$out" || status=$?
    paribus report "$out"
    exit "$status"
    ;;
esac
"""

_RAY = """\
#!/usr/bin/env bash
# Trains the study {title} on a Ray cluster. Ray places its runs; the folder lies where the job's driver runs.
# RAY_ADDRESS names the cluster, by default the one of this machine.
set -euo pipefail

study={study}
out={out}
exec ray job submit --address "${{RAY_ADDRESS:-http://127.0.0.1:8265}}" --working-dir . -- \\
  paribus run "$study" --on ray --out "$out"{options}
"""


@dataclass(frozen=True)
class _Job:
    """What a job file is made of.

    Args:
        study: The study.
        source: Its file, relative to where the job begins, or a built-in's name.
        out: The folder that gets all runs.
        request: With which options.
        shards: How many.
        hours: That each may take.
    """

    study: Study
    source: str
    out: Path
    request: Request
    shards: int
    hours: float

    @property
    def options(self) -> tuple[str, ...]:
        """The options of every shard, its own and its folder's aside."""
        return options(replace(self.request, out=None, shard=None))

    @property
    def cores(self) -> int:
        """That a shard takes."""
        threads = self.request.threads
        return (self.request.workers or 1) * (threads if isinstance(threads, int) else 1)

    @property
    def name(self) -> str:
        """What the job is called: plain letters and digits."""
        kept = "".join(each if each.isascii() and each.isalnum() else "-" for each in self.study.name)
        return f"paribus-{kept[:40]}"


def job_script(kind: str, source: str, request: Request, *, shards: int = 10, hours: float = 4.0) -> str:
    """Return the job file that trains a study in shards and merges them, or that hands it to Ray.

    Args:
        kind: ``slurm``, ``ray`` or ``github``.
        source: The study's file, relative to where the job begins, or a built-in's name.
        request: With which options.
        shards: How many; Ray needs none.
        hours: That each shard may take.

    Raises:
        InputError: There is no such study or kind, or the study cannot be divided.
    """
    study = load(source)
    check_trainable(study)
    names = chosen_variants(study, request.only)
    if kind not in KINDS:
        raise UsageError("cluster.kind", given=kind, known=", ".join(KINDS))
    most = _GITHUB_SHARDS if kind == "github" else MAX_SHARDS
    if not Shard(1, shards).exists or shards > most:
        raise UsageError("cluster.shards", given=shards, most=most, kind=kind)
    if not (math.isfinite(hours) and hours > 0):
        raise UsageError("cluster.hours", given=hours)
    if kind != "ray":
        check_searches(study, dict.fromkeys(names))
    out = request.out or default_folder(study, request.embedded)
    job = _Job(study, _operand(source), out, request, shards, hours)
    return {"slurm": _slurm, "ray": _ray, "github": _github}[kind](job)


def _slurm(job: _Job) -> str:
    return _SLURM.format(
        title=on_one_line(job.study.name),
        shards=job.shards,
        study=shlex.quote(job.source),
        out=shlex.quote(_operand(str(job.out))),
        name=job.name,
        time=_time(job.hours),
        cores=job.cores,
        memory=_MEMORY_PER_CORE,
        options=_words(job.options),
    )


def _ray(job: _Job) -> str:
    # A job begins in a copy of this folder, which goes with it, so its results need a place of their own.
    out = job.out if job.out.is_absolute() else Path.home() / job.out
    return _RAY.format(
        title=on_one_line(job.study.name),
        study=shlex.quote(job.source),
        out=shlex.quote(str(out)),
        options=_words(job.options),
    )


def _github(job: _Job) -> str:
    from ruamel.yaml import YAML

    needs_images = job.study.has_image_sets and job.request.embedded
    package = f"paribus{'[embedded]' if needs_images else ''}=={__version__}"
    begin: list[Mapping[str, object]] = [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": _PYTHON}},
        {"run": f'python -m pip install "{package}"'},
    ]
    run = f"paribus run {shlex.quote(job.source)} --out results{_words(job.options)}"
    shard_of = f'--shard "${{{{ matrix.shard }}}}/{job.shards}"'
    tree: dict[str, object] = {
        "name": _inert(f"Train {on_one_line(job.study.name)}"),
        "on": {"workflow_dispatch": {}},
        "permissions": {"contents": "read"},
        "jobs": {
            "shard": {
                "runs-on": "ubuntu-latest",
                "timeout-minutes": math.ceil(job.hours * 60),
                "strategy": {"fail-fast": False, "matrix": {"shard": list(range(1, job.shards + 1))}},
                "steps": [
                    *begin,
                    {"run": f"{_inert(run)} {shard_of}"},
                    {
                        "if": "always()",  # what a shard has trained is kept, however it ended
                        "uses": "actions/upload-artifact@v4",
                        "with": {"name": "shard-${{ matrix.shard }}", "path": "results"},
                    },
                ],
            },
            "merge": {
                "needs": "shard",
                "if": "${{ !cancelled() }}",
                "runs-on": "ubuntu-latest",
                "steps": [
                    *begin,
                    {
                        "uses": "actions/download-artifact@v4",
                        "with": {"path": "shards", "pattern": "shard-*"},
                    },
                    {"run": "paribus merge shards/shard-* --into results"},
                    {"if": "always()", "run": "paribus report results"},
                    {
                        "if": "always()",
                        "uses": "actions/upload-artifact@v4",
                        "with": {"name": "results", "path": "results"},
                    },
                ],
            },
        },
    }
    yaml = YAML()
    yaml.width = 10_000  # a command stays on its line
    yaml.representer.ignore_aliases = _has_no_alias
    written = io.StringIO()
    yaml.dump(tree, written)
    return written.getvalue()


def _inert(words: str) -> str:
    """Return words in which GitHub finds no expression: it looks for them in every text of a workflow.

    Example:
        >>> _inert("a ${{ secrets.TOKEN }}")
        "a ${{ '${{' }} secrets.TOKEN }}"
    """
    return words.replace("${{", "${{ '${{' }}")


def _has_no_alias(_data: object) -> bool:
    """Return True: steps of both jobs are written out, since GitHub reads no references between them."""
    return True


def _words(words: tuple[str, ...]) -> str:
    return f" {shlex.join(words)}" if words else ""


def _operand(path: str) -> str:
    """Return a path that no command takes for an option."""
    return f"./{path}" if path.startswith("-") else path


def _time(hours: float) -> str:
    """Return hours as Slurm writes them.

    Example:
        >>> _time(4), _time(0.5), _time(50)
        ('4:00:00', '0:30:00', '50:00:00')
    """
    minutes = math.ceil(hours * 60)
    return f"{minutes // 60}:{minutes % 60:02}:00"
