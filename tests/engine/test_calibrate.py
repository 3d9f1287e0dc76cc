"""The process that times this machine answers what it was asked."""

import json
import subprocess
import sys

from paribus.execute.calibration import configuration


def test_it_times_every_shape_in_the_requested_update_mode():
    small = {"model": {"hidden": [4], "activation": "relu", "output": "sigmoid"}, "batch_size": 4}
    asked = [
        {"configuration": configuration(small).model_dump(mode="json"), "images": images, "update_mode": mode}
        for images, mode in ((16, "stepwise"), (1600, "delayed"))
    ]
    done = subprocess.run(
        [sys.executable, "-m", "paribus.engine.calibrate"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert set(told) == {"load", "setups", "epochs"}
    assert len(told["setups"]) == len(told["epochs"]) == 2
    assert 0 < told["epochs"][0] < told["epochs"][1] < told["load"]
