"""PyTorch, eager or compiled: each variant and seed in a loop, as a script has it."""

from __future__ import annotations

import json
import sys

import numpy as np

import torch
from benchmarks.contenders.torch_loop import as_tensor, known, optimizer
from torch import nn

cell = json.loads(sys.argv[1])
arrays = dict(np.load(cell["arrays"]))


def inputs(x: np.ndarray) -> torch.Tensor:
    """Return float32 inputs, channels first."""
    return as_tensor(x.astype(np.float32).reshape(-1, *cell["shape"]) / np.float32(cell["scale"]))


x, x_test = inputs(arrays["x_train"]), inputs(arrays["x_test"])
y, y_test = (torch.from_numpy(arrays[name].reshape(-1).astype(np.int64)) for name in ("y_train", "y_test"))
held = len(x) // 10
x, x_val, y, y_val = x[:-held], x[-held:], y[:-held], y[-held:]
criterion = nn.CrossEntropyLoss()
for name, rate in cell["optimizers"].items():
    for seed in range(cell["seeds"]):
        torch.manual_seed(seed)
        model = known(cell)
        updates = optimizer({"optimizer": name, "learning_rate": rate, "l2": 0.0}, model)

        def forward(inputs: torch.Tensor, labels: torch.Tensor, model=model) -> tuple:
            outputs = model(inputs)
            return criterion(outputs, labels), (outputs.argmax(1) == labels).sum()

        step = torch.compile(forward) if cell.get("compile") else forward

        def score(x: torch.Tensor, y: torch.Tensor, model=model, step=forward) -> float:
            model.eval()
            with torch.no_grad():
                correct = sum(step(*each)[1] for each in zip(x.split(1000), y.split(1000), strict=True))
            model.train()
            return float(correct) / len(x)

        for _ in range(cell["epochs"]):
            total = torch.zeros(())
            for rows in torch.randperm(len(x)).split(cell["batch_size"]):
                loss, _correct = step(x[rows], y[rows])
                updates.zero_grad()
                loss.backward()
                updates.step()
                total += loss.detach() * len(rows)
            validated = score(x_val, y_val)
        print(name, seed, float(total) / len(x), validated, score(x_test, y_test))
