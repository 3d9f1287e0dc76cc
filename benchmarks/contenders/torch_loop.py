"""PyTorch, eager or compiled: a plain loop over slices of tensors in memory."""

from __future__ import annotations

import os
from itertools import pairwise

import numpy as np

import torch
from benchmarks.contenders.serve import Cell, as_input, one_hot, serve
from torch import nn


class Torch:
    """A cell's module, optimizer and loop."""

    def __init__(self, cell: Cell) -> None:
        if threads := os.environ.get("OMP_NUM_THREADS"):
            torch.set_num_threads(int(threads))
        torch.manual_seed(0)
        self.cell = cell
        widths = [int(np.prod(cell["shape"])), *cell.get("hidden", ()), 10]
        modules: list[nn.Module] = []
        for inputs, units in pairwise(widths):
            modules += [nn.Linear(inputs, units), nn.ReLU()]
        self.model = known(cell) if "network" in cell else nn.Sequential(*modules[:-1])
        for module in self.model:
            if isinstance(module, nn.Linear):  # as Keras begins
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        self.optimizer = optimizer(cell, self.model)
        criterion = nn.CrossEntropyLoss() if "network" in cell else nn.BCEWithLogitsLoss()

        def forward(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            logits = self.model(x)
            return criterion(logits, y), logits

        self.forward = torch.compile(forward) if cell.get("compile") else forward

    def load(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        self.x = as_tensor(as_input(pixels, self.cell))
        self.y = torch.from_numpy(one_hot(labels))

    def epoch(self) -> None:
        total, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for rows in torch.randperm(len(self.x)).split(self.cell["batch_size"]):
            x, y = self.x[rows], self.y[rows]
            loss, logits = self.forward(x, y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.detach() * len(rows)
            correct += (logits.detach().argmax(1) == y.argmax(1)).sum()
        self.said = {"loss": total.item() / len(self.x), "accuracy": correct.item() / len(self.x)}

    def weights(self) -> list[np.ndarray]:
        arrays = [parameter.detach().numpy() for parameter in self.model.parameters()]
        return [array.T if array.ndim == 2 else array for array in arrays]


class Last(nn.Module):
    """The last output of a recurrent layer."""

    def __init__(self, recurrent: nn.Module) -> None:
        super().__init__()
        self.recurrent = recurrent

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.recurrent(x)[0][:, -1]


class Average(nn.Module):
    """The mean over places."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(1)


def known(cell: Cell) -> nn.Sequential:
    """Return a network of `benchmarks.networks`; lazy layers take their inputs' size from the first batch."""
    modules: list[nn.Module] = []
    for kind, *numbers in cell["layers"]:
        if kind == "conv":
            filters, side, padding = numbers
            modules += [nn.LazyConv2d(filters, side, padding=padding), nn.ReLU()]
        elif kind == "pool":
            side, stride, padding = numbers
            modules.append(nn.MaxPool2d(side, stride, ceil_mode=padding == "same"))
        elif kind == "dense":
            modules += [nn.LazyLinear(numbers[0]), nn.ReLU()]
        elif kind == "lstm":
            modules.append(Last(nn.LSTM(cell["shape"][-1], numbers[0], batch_first=True)))
        elif kind == "gru":
            modules.append(Last(nn.GRU(cell["shape"][-1], numbers[0], batch_first=True)))
        elif kind == "embedding":
            modules.append(nn.Embedding(*numbers))
        elif kind == "normalize":
            convolved = isinstance(modules[-2], nn.LazyConv2d)
            modules.append(nn.LazyBatchNorm2d() if convolved else nn.LazyBatchNorm1d())
        elif kind == "average":
            modules.append(Average())
        else:
            modules.append(nn.Flatten() if kind == "flatten" else nn.Dropout(numbers[0]))
    model = nn.Sequential(*modules[:-1])
    model(as_tensor(np.zeros((2, *cell["shape"]), np.int32 if cell["data"] == "tokens" else np.float32)))
    return model


def as_tensor(x: np.ndarray) -> torch.Tensor:
    """Return inputs with images' channels first."""
    found = torch.from_numpy(x)
    return found.permute(0, 3, 1, 2).contiguous() if found.ndim == 4 else found


def optimizer(cell: Cell, model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer with Keras's settings; λ·Σw² is weight decay 2λ, as PyTorch users write it."""
    shared = {"lr": cell["learning_rate"], "weight_decay": 2 * cell["l2"]}
    if cell["optimizer"] == "rmsprop":
        return torch.optim.RMSprop(model.parameters(), alpha=0.9, eps=1e-7, **shared)
    if cell["optimizer"] == "adam":
        return torch.optim.Adam(model.parameters(), eps=1e-7, fused=True, **shared)
    return torch.optim.SGD(model.parameters(), fused=True, **shared)


if __name__ == "__main__":
    serve(Torch)
