"""Studies' folders as a training leaves them, written epoch by epoch without training anything."""

from __future__ import annotations

from paribus.record.folder import RunFolder, Timing, Trained
from paribus.record.run import Result, Status
from paribus.record.store import LastRequest, Store, specs


class Training:
    """A study's folder, and a process that pretends to train into it: this one."""

    def __init__(self, made, folder, names=("plain", "l2"), *, seeds=2, epochs=5):
        self.made = made
        self.store = Store(folder)
        self.study = made.study(names, seeds=seeds, title="A <b>bold</b> study")
        for variant in self.study.variants.values():
            object.__setattr__(
                variant, "configuration", variant.configuration.model_copy(update={"epochs": epochs})
            )
        self.data = {"mnist": made.MNIST}
        self.store.write_study(self.study, self.data)
        self.rows = made.history(epochs)

    def asks(self, workers=2, **seeds):
        self.store.write_last_request(LastRequest(seeds, workers))

    def spec(self, variant, seed=0):
        ((_, found),) = specs(self.study, self.data, [variant], [seed])
        return found

    def folder(self, variant, seed=0) -> RunFolder:
        return self.store.run(self.spec(variant, seed))

    def start(self, variant, seed=0, *, epochs=0):
        self.folder(variant, seed).start(self.spec(variant, seed), {"path": "stepwise"})
        for _ in range(epochs):
            self.epoch(variant, seed)

    def epoch(self, variant, seed=0):
        folder = self.folder(variant, seed)
        done = folder.epochs()
        folder.append(self.rows[done], Timing(done + 1, 1.5, 0.5))

    def finish(self, variant, seed=0, *, status=Status.FINISHED):
        import numpy as np

        folder = self.folder(variant, seed)
        done = folder.epochs()
        good = status is not Status.DIVERGED
        test = {"accuracy": 0.9641, "loss": 0.06, "data_loss": 0.06} if good else {}
        outputs = np.eye(10, dtype=np.float32)
        trained = Trained({}, outputs, np.arange(10, dtype=np.uint8)) if good else None
        folder.finish(Result(status, done, done, test, 7850, "dense 7,850"), trained)

    def whole(self, variant, seed=0):
        self.start(variant, seed, epochs=len(self.rows))
        self.finish(variant, seed)
