"""What pages are made from in tests: studies with records, and names that mean harm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from paribus.analysis.questions.answering import NO_LOOKS, comparisons
from paribus.record.folder import RunFolder, Trained
from paribus.record.records import Records
from paribus.record.run import Result, Status
from paribus.report.findings import Suggestion
from paribus.report.material import Material
from paribus.report.predictions import Pictures
from paribus.report.remark import About, Remark

HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "'><svg onload='window.hacked = 1'>",
    '" autofocus onfocus="window.hacked = 1" x="',
    "</title></textarea></style><img src=x onerror=window.hacked=1>",
    "<!--<script>",
    "javascript:window.hacked=1",
    "{{ 7 * 7 }} {% for x in y %} ${window.hacked=1} {name}",
    '=HYPERLINK("https://example.org";"x")',
    "+1\u2028window.hacked=1\u2029",
    "&lt;b&gt; &amp; ]]> \\u003cscript\\u003e",
    "abc\u202edef \u0000\u0007",
    "W" * 200,
)


def material(study, records, **parts):
    """What a report of these runs is made from; given parts take the place of those it would make."""
    records = Records(records)
    found = Material(study, records, comparisons(study, records), NO_LOOKS)
    vars(found).update(parts)
    return found


def with_answers(run, folder, outputs, labels):
    """The run with its answers to the test images kept in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    home = RunFolder(folder / run.spec.digest[:16])
    home.start(run.spec, {"python": "3.12.1", "versions": {"jax": "0.10.1"}})
    home.finish(run.result, Trained({}, np.float32(outputs), np.uint8(labels)))
    return replace(run, folder=home.path)


def drawn_outputs(seed, labels, right=0.9, classes=10):
    """Outputs that are right about so many of the images."""
    draw = np.random.default_rng(seed)
    outputs = draw.uniform(0, 0.4, (len(labels), classes)).astype(np.float32)
    said = np.where(draw.uniform(size=len(labels)) < right, labels, draw.integers(0, classes, len(labels)))
    outputs[np.arange(len(labels)), said] = draw.uniform(0.5, 1, len(labels))
    return outputs


def pictures(used):
    """Ten classes and forty images of noise."""
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1)).astype(np.uint8)
    return Pictures(images, tuple("0123456789"))


def ordinary(made, folder, *, seeds=3, epochs=12):
    """A study of three variants, two with so many runs, the third never run, and a question each."""
    study = made.study(
        ["plain", "l2", "later"],
        title="What L2 does",
        margin=0.005,
        questions=[
            {"treatment": "l2", "reference": "plain", "ask": "Does L2 help?"},
            {"treatment": "later", "reference": "plain"},
        ],
        published={"plain": {"test": 0.9618, "note": "one run"}},
    )
    labels = np.arange(40) % 10
    records = {}
    for name, top, penalty, gain in (("plain", 0.955, (0, 0), 0.0008), ("l2", 0.975, (3.0, 0.5), 0.0016)):
        for seed in range(seeds):
            history = made.history(epochs, seed=seed, top=(0.99, top), penalty=penalty)
            configuration = study.variants[name].configuration
            run = made.run(history, seed=seed, configuration=configuration, test=top + gain * seed)
            records[name, seed] = with_answers(run, folder / name, drawn_outputs(seed, labels), labels)
    return material(study, records, pictures=pictures)


def troubled(made):
    """Runs that failed, diverged, were interrupted and are still going, beside one that ended."""
    study = made.study(
        ["plain", "l2", "fails", "diverges", "runs"],
        questions=[
            {"treatment": name, "reference": "plain", "ask": f"And {name}?"}
            for name in ("l2", "fails", "diverges", "runs")
        ],
    )
    failed = made.run(made.history(3), status=Status.FAILED)
    diverged = made.run(
        [*made.history(3), {"epoch": 4, "loss": float("nan"), "accuracy": 0.1, "data_loss": float("inf")}],
        status=Status.DIVERGED,
    )
    records = {
        ("plain", 0): made.run(made.history(8)),
        ("plain", 1): made.run(made.history(8, seed=1), seed=1),
        ("l2", 0): made.run(made.history(1)),
        ("l2", 1): made.run(made.history(5, seed=1), seed=1, status=Status.INTERRUPTED),
        ("fails", 0): replace(failed, result=Result(Status.FAILED, 3, 3, cause="the worker was killed <9>")),
        ("diverges", 0): diverged,
        ("diverges", 1): made.run(made.history(8, seed=1), seed=1),
        ("runs", 0): made.run([], status=Status.RUNNING),
        ("runs", 1): made.run(made.history(4, seed=1), seed=1, status=Status.RUNNING),
    }
    return material(study, records)


def hostile(made, folder):
    """A study in which everything a user can name means harm."""
    names = list(HOSTILE)
    study = made.study(
        names,
        name=HOSTILE[0],
        title=HOSTILE[1],
        questions=[
            {"treatment": name, "reference": names[0], "ask": HOSTILE[place % len(HOSTILE)]}
            for place, name in enumerate(names[1:], start=2)
        ],
        published={name: {"test": 0.9, "note": HOSTILE[2]} for name in names[:3]},
    )
    labels = np.arange(40) % 10
    records = {}
    for place, name in enumerate(names):
        history = made.history(4, seed=place)
        run = made.run(history, seed=0)
        records[name, 0] = with_answers(run, folder / str(place), drawn_outputs(place, labels), labels)
        failed = made.run(history, seed=1, status=Status.FAILED)
        records[name, 1] = replace(failed, result=Result(Status.FAILED, 4, 4, cause=HOSTILE[place]))

    def pictures_of(used):
        return replace(pictures(used), classes=HOSTILE[:10])

    return material(
        study,
        records,
        pictures=pictures_of,
        remarks=[
            *(Remark(About.VARIANT, (name,), name, (name,)) for name in names),
            Remark(About.STUDY, (HOSTILE[3],), HOSTILE[3], (HOSTILE[4],)),
        ],
        suggestions=[Suggestion(HOSTILE[5], HOSTILE[6], HOSTILE[7])],
    )


def many(made, folder, *, variants=40, seeds=5, epochs=30):
    """A study of two hundred runs."""
    names = [f"variant {place}" for place in range(variants)]
    study = made.study(
        names,
        seeds=seeds,
        questions=[{"treatment": name, "reference": names[0]} for name in names[1:]],
    )
    draw = np.random.default_rng(3)
    records = {}
    for name in names:
        top = draw.uniform(0.9, 0.97)
        for seed in range(seeds):
            history = made.history(epochs, seed=seed, top=(0.99, top))
            records[name, seed] = made.run(history, seed=seed, test=top + draw.normal(0, 0.002))
    return material(study, records)
