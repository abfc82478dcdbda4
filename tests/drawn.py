"""Specs that nobody chose: drawn from a seed over every problem, network, loss, method and start, ordinary and extreme
ones.
"""

import random
from collections.abc import Callable
from typing import Any

from flowscope import RunSpec, SpecError, parse_spec

Draw = random.Random
Part = dict[str, Any]

EVALUATIONS = 600
"""Budget of a drawn lane: enough for it to end in a way of its own."""
FRAMES = 24


def number(draw: Draw, low: float, high: float) -> float:
    """A number with an even logarithm."""
    return float(low * (high / low) ** draw.random())


def signed(draw: Draw, low: float, high: float) -> float:
    return draw.choice((-1.0, 1.0)) * number(draw, low, high)


def coordinate(draw: Draw) -> float:
    """One number of a start: ordinary, nothing, tiny or enormous."""
    ways: tuple[Callable[[], float], ...] = (
        lambda: draw.gauss(0.0, 1.0),
        lambda: draw.gauss(0.0, 5.0),
        lambda: 0.0,
        lambda: signed(draw, 1e-12, 1e-3),
        lambda: signed(draw, 1e1, 1e6),
    )
    return draw.choices([way() for way in ways], weights=(5, 3, 1, 1, 1))[0]


def damping(draw: Draw) -> Part:
    return draw.choice(
        (
            {"kind": "constant", "rho": draw.choice((0.0, 1.0, number(draw, 1e-12, 1.0)))},
            {"kind": "smallest_eigenvalue", "scale": number(draw, 1e-3, 1e3)},
            {"kind": "initial_eigenvalue", "scale": number(draw, 1e-3, 1e3)},
            {"kind": "exponential_decay", "rate": number(draw, 1e-2, 1e2)},
            {"kind": "inverse_time", "rate": number(draw, 1e-2, 1e2)},
            {"kind": "loss_proportional"},
            {"kind": "hybrid", "switch": number(draw, 1e-2, 10.0), "scale": number(draw, 1e-2, 1e2)},
            {"kind": "slow_switch", "rate": number(draw, 1e-2, 1e1), "scale": number(draw, 1e-2, 1e2)},
            {"kind": "target_rate", "kappa": draw.random()},
        )
    )


def flow(draw: Draw) -> Part:
    often = ("gauss_newton", "gauss_newton", "generalised_gauss_newton", "generalised_gauss_newton")
    kind = draw.choice(
        ("gradient", *often, "pullback", "pushforward", "any_rank", "straight_line", "loop", "arithmetic", "harmonic")
    )
    if kind.endswith("gauss_newton"):
        return {"kind": kind, "damping": damping(draw)}
    return {"kind": kind, "tau": draw.random()} if kind in ("arithmetic", "harmonic") else {"kind": kind}


def integrator(draw: Draw) -> Part:
    return draw.choice(
        (
            {"kind": "euler", "dt": number(draw, 1e-2, 2.0)},
            {"kind": "rk4", "dt": number(draw, 1e-2, 1.0)},
            {"kind": "dormand_prince", "rtol": number(draw, 1e-9, 1e-3)},
            {"kind": "rosenbrock", "rtol": number(draw, 1e-6, 1e-3)},
        )
    )


def first_order(draw: Draw) -> Part:
    kind = draw.choice(("gradient_descent", "heavy_ball", "adam", "adamw", "muon", "soap"))
    return {"kind": kind, "eta": number(draw, 1e-3, 10.0)}


def inner(draw: Draw) -> Part:
    rule = first_order(draw)
    return draw.choice(
        (
            {"kind": "gain_ratio", "damping": number(draw, 1e-8, 1e2)},
            {"kind": "line_search", "damping": draw.choice((0.0, number(draw, 1e-8, 1.0)))},
            {
                "kind": "retraction",
                "order": draw.choice((1, 2)),
                "damping": draw.choice((0.0, number(draw, 1e-8, 1.0))),
            },
            {"kind": "exponential", "damping": draw.choice((0.0, number(draw, 1e-8, 1.0)))},
            {"kind": "gauss_newton_flow", "dt": number(draw, 1e-2, 10.0)},
            {"kind": "by_gradients", "optimizer": rule},
        )
    )


def optimizer(draw: Draw) -> Part:
    return draw.choice(
        (
            first_order(draw),
            first_order(draw),
            {"kind": "levenberg_marquardt", "damping": number(draw, 1e-8, 1e4)},
            {"kind": "damped_gauss_newton", "eta": number(draw, 1e-1, 2.0), "damping": damping(draw)},
            {"kind": "damped_gauss_newton", "eta": 1.0, "damping": damping(draw)},
            {
                "kind": "cumulative_gauss_newton",
                "batches": draw.choice((1, 2, 4)),
                "radius": draw.choice((0.0, number(draw, 1e-2, 10.0))),
            },
            {
                "kind": "minimizing_movement",
                "inner": inner(draw),
                "tau": number(draw, 1e-1, 1e2),
                "ridge": draw.choice((0.0, 0.1)),
            },
            {
                "kind": "riemannian_descent",
                "mass": number(draw, 1e-6, 10.0),
                "metric": draw.choice(("layerwise", "full")),
                "output": draw.choice(("identity", "diagonal_hessian", "gauss_newton", "sampled_fisher")),
                "form": draw.choice(("chosen", "chosen", "dense", "woodbury", "push_through", "khatri_rao")),
            },
        )
    )


def solver(draw: Draw, name: str) -> Part:
    if draw.random() < 0.5:
        return {"name": name, "flow": flow(draw), "integrator": integrator(draw)}
    return {"name": name, "optimizer": optimizer(draw)}


def cousin(draw: Draw, kept: list[Part]) -> Part:
    """A method of a kind that is in the run already, so that both step as one program, with other numbers."""
    model = draw.choice(kept)
    rule = model.get("optimizer") or model["flow"]
    for _ in range(400):
        other = solver(draw, f"{len(kept)}")
        if (other.get("optimizer") or other["flow"])["kind"] == rule["kind"]:
            return other | {name: model[name] for name in ("integrator",) if name in model}
    return model | {"name": f"{len(kept)}"}


def loss(draw: Draw) -> str:
    return draw.choice(("squares", "squares", "squares", "logistic", "softmax", "log_cosh"))


def targets(draw: Draw, kind: str, samples: int, outputs: int) -> list[list[float]]:
    """Targets that fit a loss, some of them far from anything reachable."""
    if kind == "logistic":
        return [[draw.choice((0.5, draw.uniform(1e-6, 1 - 1e-6), 1e-9))] for _ in range(samples)]
    if kind == "softmax":
        rows = [[draw.random() ** draw.choice((1, 8)) + 1e-9 for _ in range(outputs)] for _ in range(samples)]
        return [[value / sum(row) for value in row] for row in rows]
    size = draw.choice((1e-9, 1.0, 1.0, 1.0, 1e4))
    return [[size * draw.gauss(0.0, 1.0) for _ in range(outputs)] for _ in range(samples)]


def network(draw: Draw, width: int, outputs: int) -> Part:
    depth = draw.choice((0, 1, 1, 1, 2, 3))
    return {
        "kind": "mlp",
        "widths": [width, *(draw.choice((1, 2, 4, 7, 12)) for _ in range(depth)), outputs],
        "activation": draw.choice(("tanh", "softplus", "silu", "sin", "gelu", "relu")),
        "alpha": draw.choice((1.0, 1.0, number(draw, 1e-3, 1e3))),
        "centre": draw.choice(("none", "none", "start")),
        "initialisation": {"kind": draw.choice(("lecun", "glorot", "he", "orthogonal"))},
    }


def points(draw: Draw) -> tuple[Part, Part]:
    """Points given by hand on any network that takes them."""
    toys = ("neuron", "scaled_neuron", "two_term", "product", "pair", "sheet", "phase", "sine_curve")
    toy = draw.choice((*toys, "mlp", "mlp", "mlp", "mlp"))
    kind, width = loss(draw), {"sheet": 2, "mlp": draw.choice((1, 2, 5))}.get(toy, 1)
    fitting = {"logistic": 1, "softmax": draw.choice((2, 3))}.get(kind, draw.choice((1, 1, 2)))
    outputs = {"sine_curve": 2, "mlp": fitting}.get(toy, 1)
    samples = draw.choice((1, 2, 3, 3, 5, 12))
    size = draw.choice((1e-6, 1.0, 1.0, 1.0, 1e3))
    inputs = [[size * draw.gauss(0.0, 1.0) for _ in range(width)] for _ in range(samples)]
    if samples > 1 and draw.random() < 0.2:
        inputs[1] = inputs[0]
    given = {
        "kind": "points",
        "inputs": inputs,
        "targets": targets(draw, kind, samples, outputs),
        "loss": {"kind": kind},
    }
    return given, network(draw, width, outputs) if toy == "mlp" else {"kind": toy}


def problem(draw: Draw) -> tuple[Part, Part]:
    if draw.random() < 0.6:
        return points(draw)
    teacher = [draw.gauss(0.0, 1.0), draw.gauss(0.0, 1.0)]
    offset = draw.choice((0.0, 0.05, 3.0))
    kind = draw.choice(("squares", "log_cosh"))
    table = "u,v,y\n" + "".join(
        f"{draw.gauss(0, 1):.3g},{draw.gauss(0, 50):.3g},{draw.gauss(0, 1):.3g}\n" for _ in range(14)
    )
    classes = "u,y\n" + "".join(f"{draw.gauss(0, 1):.3g},{draw.choice('ab')}\n" for _ in range(12)) + "0.1,a\n0.2,b\n"
    coded = draw.choice(("logistic", "softmax", "squares"))
    return draw.choice(
        (
            (
                {"kind": "teacher", "inputs": [[-0.87], [-0.34], [1.75]], "parameters": teacher, "offset": offset},
                {"kind": "neuron"},
            ),
            ({"kind": "wave", "count": draw.choice((4, 20)), "loss": {"kind": kind}}, network(draw, 1, 1)),
            ({"kind": "ripple", "side": draw.choice((2, 4))}, network(draw, 2, 1)),
            ({"kind": "sphere", "count": 12, "dimension": 4, "loss": {"kind": kind}}, network(draw, 4, 1)),
            ({"kind": "near_duplicates", "distance": draw.choice((0.0, 1e-6, 0.1))}, network(draw, 5, 1)),
            ({"kind": "table", "csv": table, "loss": {"kind": kind}}, network(draw, 2, 1)),
            (
                {"kind": "table", "csv": classes, "labels": True, "loss": {"kind": coded}},
                network(draw, 1, 2 if coded == "softmax" else 1),
            ),
            (
                {"kind": "bundled", "dataset": "breast_cancer", "loss": {"kind": coded}, "count": 40},
                network(draw, 30, 2 if coded == "softmax" else 1),
            ),
            ({"kind": "bundled", "dataset": "iris", "loss": {"kind": "softmax"}, "count": 30}, network(draw, 4, 3)),
        )
    )


def start(draw: Draw, parameters: int) -> Part:
    if draw.random() < 0.5:
        return {"kind": "random", "scale": draw.choice((1.0, 1.0, number(draw, 1e-3, 1e3), 4.0))}
    return {"kind": "point", "parameters": [coordinate(draw) for _ in range(parameters)]}


def drawn(seed: int, solvers: int = 3, *, cousins: bool = True) -> RunSpec:
    """The spec of a seed: its problem, network and start, and so many solvers as fit them; `cousins`: some step as one
    program.
    """
    draw = random.Random(seed)
    while True:
        given, net = problem(draw)
        horizon = draw.choice((number(draw, 0.2, 1.0), number(draw, 1.0, 50.0), number(draw, 1.0, 50.0)))
        base: Part = {
            "problem": given,
            "network": net,
            "horizon": horizon,
            "interval": horizon / FRAMES,
            "evaluations": EVALUATIONS,
        }
        plain = {**base, "solvers": [{"name": "plain", "flow": {"kind": "gradient"}}]}
        try:
            base["start"] = start(draw, parse_spec(plain).network.parameters)
        except SpecError:
            continue
        kept: list[Part] = []
        for _ in range(40):
            each = cousin(draw, kept) if cousins and kept and draw.random() < 0.25 else solver(draw, f"{len(kept)}")
            try:
                parse_spec({**base, "solvers": [*kept, each]})
            except SpecError:
                continue
            kept.append(each)
            if len(kept) == solvers:
                return parse_spec({**base, "solvers": kept})
