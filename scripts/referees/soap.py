"""Fifty steps of SOAP by pytorch-optimizer from a start of an MLP 2-2-2 (tanh, squares), as JSON on standard output."""

import json
from importlib.metadata import version

import numpy as np
import torch
from pytorch_optimizer import SOAP

STEPS = 50
SETTINGS = {"lr": 0.02, "betas": (0.9, 0.95), "shampoo_beta": 0.8, "eps": 1e-8, "weight_decay": 0.1}
generator = np.random.default_rng(0)
inputs, targets = generator.normal(size=(6, 2)), generator.normal(size=(6, 2))
start = [generator.normal(size=shape) for shape in ((2, 2), (2,), (2, 2), (2,))]
x, y = torch.from_numpy(inputs), torch.from_numpy(targets)
paths = {}
for frequency in (1, 10):
    parts = [torch.from_numpy(part.copy()).requires_grad_() for part in start]
    optimizer = SOAP(parts, precondition_frequency=frequency, **SETTINGS)
    path = []
    for _ in range(STEPS + 1):
        path.append([number for part in parts for number in part.detach().flatten().tolist()])
        optimizer.zero_grad()
        hidden = torch.tanh(x @ parts[0].T + parts[1])
        ((hidden @ parts[2].T + parts[3] - y).square().sum() / 12).backward()
        optimizer.step()
    paths[str(frequency)] = path
versions = {name: version(name) for name in ("pytorch-optimizer", "torch", "numpy")}
print(
    json.dumps(
        {
            "versions": versions,
            "settings": SETTINGS,
            "inputs": inputs.tolist(),
            "targets": targets.tolist(),
            "theta": paths,
        },
        indent=1,
    )
)
