"""A run as a Python script and as a Jupyter notebook that compute it anew from its spec and draw its figure."""

import json
import re
from typing import Any

import flowscope as fs

ABOUT = """{title}

{protocol}

Computed by Flowscope {version} and rebuilt here from its spec: equal specs give equal rows.
Needs flowscope and matplotlib."""

SPEC = """{imports}import flowscope as fs
import matplotlib.pyplot as plt
import numpy as np

SPEC = r'''{spec}'''"""

RUN = """spec = fs.parse_spec_json(SPEC)
recording = fs.run(spec)
table = recording.to_table()  # one row per lane and frame
facts = fs.facts(table.schema)
best = facts["best"]
for lane in recording.lanes:
    print(f"{{lane.name}}, seed {{lane.seed}}: {{lane.sentence}}")"""

FIGURE = """lanes = [(lane, table.filter(np.array(table["lane"]) == lane["lane"])) for lane in facts["lanes"]]
LOOKS = [
    {looks},
]
looks = [LOOKS[lane["solver"]] for lane, _ in lanes]
labels = [lane["name"] if lane["seed"] == spec.seeds[0] else None for lane, _ in lanes]
figure = plt.figure(figsize=({width}, 4.8), layout="constrained")
figure.suptitle(f"{{spec.title}}\\n{{facts['protocol']}}", parse_math=False, fontsize="medium", wrap=True)"""

STAGE = """
stage = figure.add_subplot(1, 2, 1, projection="3d")
marks = [facts["target"], *(start["outputs"] for start in facts["start"]), *([best["outputs"]] if best else [])]
paths = [np.array(rows["outputs"].to_pylist()) for _, rows in lanes]
seen = np.concatenate([np.array(marks), *paths])
low, high = seen.min(0), seen.max(0)
air = 0.25 * (high - low).max()
{sheet}for path, look, label in zip(paths, looks, labels):
    stage.plot(*path.T, **look, label=label, linewidth=2)
stage.scatter(*facts["target"], color="black", marker="x", label="target y")
if best:
    stage.scatter(*best["outputs"], facecolor="none", edgecolor="black", s=60, label="best in class")
stage.set(xlabel="f(x₁)", ylabel="f(x₂)", zlabel="f(x₃)", title="Space of outputs")
stage.locator_params(nbins=5)
for setting, a, b in zip((stage.set_xlim, stage.set_ylim, stage.set_zlim), low - air, high + air):
    setting(a, b)"""

SHEET = """surface = fs.Run(spec).stage()
grid = json.loads(surface.schema.metadata[b"stage"])
points = np.array(surface["point"].to_pylist())
points[((points < low - air) | (points > high + air)).any(1)] = np.nan
x, y, z = points.T.reshape(3, grid["rows"], grid["columns"])
stage.plot_wireframe(x, y, z, color="0.75", linewidth=0.5)
"""

FIT = """
fit = figure.add_subplot(1, 2, 1)
target = np.array(facts["target"])
inputs = np.array(facts["inputs"]) if facts["inputs"] else np.empty((0, 0))
scalar = inputs.shape == (target.size, 1)
at = inputs[:, 0] if scalar else 1 + np.arange(target.size)
order = np.argsort(at)
for (_, rows), look, label in zip(lanes, looks, labels):
    fit.plot(at[order], np.array(rows["outputs"][-1].as_py())[order], **look, label=label)
fit.plot(at, target, "x", color="black", label="target y")
fit.set(xlabel="x" if scalar else "sample", ylabel="f(x)", title="Fit at the end")"""

EXCESS = """
excess = figure.add_subplot(1, {columns}, {columns})
column = "excess_loss" if best else "loss"
for (_, rows), look, label in zip(lanes, looks, labels):
    excess.semilogy(rows["time"], rows[column], **look, label=label)
for curve in fs.overlays(table, spec):  # what the theory expects, where it applies
    if curve["column"] == "loss":
        expected = np.array(curve["expected"], float) - (best["loss"] if best else 0.0)
        drawn = np.where(np.array(curve["applies"]) & (expected > 0), expected, np.nan)
        label = f"{{curve['id']}}: {{curve['verdict']}}"
        excess.semilogy(curve["time"], drawn, "--", color="0.4", linewidth=1, label=label)
excess.set(xlabel="flow time t", ylabel="L − L*" if best else "L", title="Excess loss" if best else "Loss")
handles = {{line.get_label(): line for line in excess.get_lines() if not line.get_label().startswith("_")}}
for text in excess.legend(handles.values(), handles.keys(), fontsize="small").get_texts():
    text.set_parse_math(False)  # a name is no formula"""


Look = dict[str, str | tuple[float, tuple[float, ...]]]
"""Colour and dash of a solver's curves, as matplotlib takes them."""
LOOK = re.compile(r"([0-9a-f]{6})~((?:\d+(?:\.\d+)?(?:-\d+(?:\.\d+)?)*)?)", re.ASCII)
WIDTH = 2
"""Pixels of a line on the page: matplotlib counts dashes in widths."""


def parse_looks(text: str, solvers: int) -> list[Look]:
    """`0072b2~_c87f00~9-4`, colour and dash of each solver as the page draws them. Empty text: matplotlib's own."""
    if not text:
        return [{"color": f"C{solver}"} for solver in range(solvers)]
    found = [LOOK.fullmatch(part) for part in text.split("_")]
    if len(found) != solvers or not all(found):
        raise fs.SpecError("looks", f"{solvers} of a colour and a dash, 0072b2~9-4, joined by _", text)
    return [_look(*each.groups()) for each in found if each]


def _look(color: str, dash: str) -> Look:
    lengths = tuple(round(float(part) / WIDTH, 2) for part in dash.split("-") if part)
    return {"color": f"#{color}", "linestyle": (0, lengths) if lengths else "-"}


def cells(run: str, spec: fs.RunSpec, facts: dict[str, Any], looks: list[Look]) -> tuple[str, list[str]]:
    """What the run is, in words, and the code that rebuilds it in pieces; `facts` are of its recording, `looks` of its
    solvers.
    """
    about = ABOUT.format(title=spec.title, protocol=facts["protocol"], version=facts["versions"]["flowscope"])
    drawn = facts["target"] is not None
    three = drawn and len(facts["target"]) == 3
    sheet = three and facts["parameters"] == 2
    left = STAGE.format(sheet=SHEET if sheet else "") if three else FIT if drawn else ""
    listed = ",\n    ".join(map(repr, looks))
    figure = FIGURE.format(width=11 if drawn else 6, looks=listed) + left + EXCESS.format(columns=2 if drawn else 1)
    figure += f'\nfigure.savefig("flowscope-{run}.png", dpi=200)'
    return about, [SPEC.format(spec=_literal(spec), imports="import json\n\n" if sheet else ""), RUN.format(), figure]


def script(run: str, spec: fs.RunSpec, facts: dict[str, Any], looks: list[Look]) -> str:
    """The Python script; it writes `flowscope-{run}.png` where it is run."""
    about, code = cells(run, spec, facts, looks)
    return "\n".join([*(f"# {line}".rstrip() for line in about.splitlines()), "\n\n".join(code), ""])


def notebook(run: str, spec: fs.RunSpec, facts: dict[str, Any], looks: list[Look]) -> dict[str, Any]:
    """The same as a notebook (nbformat 4.5)."""
    about, code = cells(run, spec, facts, looks)
    blank = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    parts = [
        {"cell_type": "markdown", "metadata": {}, "source": f"# {about}"},
        *({**blank, "source": source} for source in code),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(parts)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _literal(spec: fs.RunSpec) -> str:
    """The spec as JSON that a raw string in triple quotes can hold."""
    return json.dumps(spec.model_dump(mode="json"), indent=1).replace("'", "\\u0027")
