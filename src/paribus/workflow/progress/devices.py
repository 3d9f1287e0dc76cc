"""What is said of devices before a study is trained, and of seeds that are trained together."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.execute import devices, together
from paribus.execute.plan import Plan
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.inert import inert


def device_lines(study: Study, plan: Plan) -> Iterator[str]:
    """Yield where runs are trained and how many seeds at once; nothing where that is as ever.

    Args:
        study: Whose variants are named.
        plan: What is missing.
    """
    missing = plan.missing
    on_gpu = [run for run in missing if run.device == "gpu"]
    known = devices.find().gpu if on_gpu else None
    if on_gpu:
        yield text(
            "run.on-gpu", count=len(on_gpu), all=len(missing), name=inert(known.name) if known else "GPU"
        )
    wanted = devices.contradiction(run.device for run in missing) if missing else ""
    if wanted:
        code = "run.variable-contradicts-gpu" if on_gpu else "run.variable-contradicts"
        yield text(code, variable=devices.PLATFORM, value=inert(wanted))
    sizes = together.sizes(missing)
    if sizes:
        yield text("run.trained-together", most=max(sizes))
    if plan.together != 1:
        for code, names in together.reasons(plan).items():
            yield text("run.trained-alone", variants=", ".join(map(study.named, names)), why=text(code))
