"""What parts of a spec object to: the whole sentence of every objection, and which one is told where several apply."""

from typing import Any

import pytest
from flowscope import RunSpec, SpecError, Tune, parse_spec

Part = dict[str, Any]

POINTS: Part = {"kind": "points", "inputs": [[-1.0], [0.5], [1.0]], "targets": [[0.2], [0.1], [-0.3]]}
LABELS: Part = {**POINTS, "targets": [[0.2], [0.1], [0.3]], "loss": {"kind": "logistic"}}
TEACHER: Part = {"kind": "teacher", "inputs": [[-1.0], [0.5], [1.0]], "parameters": [0.3, 0.4]}
WIDE: Part = {"kind": "mlp", "widths": [1, 4, 1]}
PAIRED: Part = {"kind": "mlp", "widths": [1, 4, 2]}
SHARES: Part = {
    **POINTS,
    "targets": [[0.5, 0.5], [0.25, 0.75], [0.5, 0.5]],
    "loss": {"kind": "softmax"},
}


def bundled(name: str, loss: str, count: int = 20) -> Part:
    return {"kind": "bundled", "dataset": name, "count": count, "loss": {"kind": loss}}


def flow(kind: str, integrator: Part | None = None, **fields: object) -> Part:
    return {"name": kind, "flow": {"kind": kind, **fields}, **({"integrator": integrator} if integrator else {})}


def step(kind: str, **fields: object) -> Part:
    return {"name": kind, "optimizer": {"kind": kind, **fields}}


def euler(dt: float) -> Part:
    return {"kind": "euler", "dt": dt}


def tune(solver: int, frame: int) -> Part:
    return {"frame": frame, "solver": solver, "rho": 0.5}


GOOD: Part = {"problem": POINTS, "network": {"kind": "neuron"}, "solvers": [flow("gradient"), flow("gauss_newton")]}


def branch(**fields: object) -> Part:
    return {"kind": "branch", "parent": GOOD, "solver": 0, "seed": 0, "frame": 1, **fields}


def chain(length: int) -> Part:
    start = branch()
    for _ in range(length - 1):
        start = branch(parent={**GOOD, "start": start})
    return start


SHORT: Part = {"kind": "point", "parameters": [1.0]}
SMALL, TINY = euler(1e-7), step("adam", eta=1e-7)
STIFF = flow("any_rank", {"kind": "rosenbrock"})
LANES: Part = {"solvers": [flow("gradient")] * 32, "seeds": [*range(9)]}
HEAVY: Part = {"network": {"kind": "mlp", "widths": [1, 4096, 128, 1]}, "solvers": [step("soap")]}
HUGE: Part = {
    "network": {"kind": "mlp", "widths": [1, 4096, 1]},
    "problem": {**POINTS, "inputs": [[0.1]] * 4096, "targets": [[0.0]] * 4096},
}
DEEP: Part = {"network": {"kind": "mlp", "widths": [2, 4, 1]}}
CENTRED: Part = {"network": {**WIDE, "centre": "start"}, "seeds": [0, 1]}
BOTH: Part = {"network": {"kind": "pair"}, "problem": {**POINTS, "inputs": [[0.1]], "targets": [[0.2]]}}
STEPS: Part = {"kind": "same_step", "eta": 0.1}
UNTUNED: Part = {"tunes": [tune(0, 1)]}

WRONG: dict[str, Part] = {
    "frames": {"horizon": 1e6},
    "steps of an integrator": {"solvers": [flow("gradient"), flow("gradient", SMALL)]},
    "steps of an optimizer": {"solvers": [flow("gradient"), TINY]},
    "a stiff integrator": {"solvers": [flow("gradient"), STIFF]},
    "lanes": LANES,
    "memory": HEAVY,
    "size": HUGE,
    "width of inputs that are given": DEEP,
    "width of inputs that are drawn": {**DEEP, "problem": {"kind": "wave"}},
    "a short start": {"start": SHORT},
    "a chain of branches": {"start": chain(5)},
    "a branch of another network": {"start": branch(), "network": WIDE},
    "a branch of no solver": {"start": branch(solver=2)},
    "a branch of no seed": {"start": branch(seed=1)},
    "a branch of no frame": {"start": branch(frame=401)},
    "few targets": {"problem": {**POINTS, "targets": [[0.1]]}},
    "wide targets": {"problem": {**POINTS, "targets": [[0.1], [0.1, 0.2], [0.3]]}},
    "too many outputs": {"network": {"kind": "mlp", "widths": [1, 257]}},
    "a short teacher": {"problem": {**TEACHER, "parameters": [0.3]}},
    "an offset without a normal": {"problem": {**TEACHER, "inputs": [[0.1], [0.2]], "offset": 0.1}},
    "two outputs of a wave": {"problem": {"kind": "wave"}, "network": PAIRED},
    "classes for a logistic loss": {
        "problem": bundled("iris", "logistic"),
        "network": {"kind": "mlp", "widths": [4, 1]},
    },
    "outputs for classes": {"problem": bundled("iris", "softmax"), "network": {"kind": "mlp", "widths": [4, 2]}},
    "outputs for numbers": {"problem": bundled("diabetes", "squares"), "network": {"kind": "mlp", "widths": [10, 2]}},
    "labels of numbers": {"problem": bundled("diabetes", "softmax"), "network": {"kind": "mlp", "widths": [10, 2]}},
    "outputs of a denoiser": {
        "problem": {"kind": "latent_diffusion", "count": 16},
        "network": {"kind": "mlp", "widths": [8, 1]},
    },
    "a loss of a denoiser": {
        "problem": {"kind": "latent_diffusion", "count": 16, "loss": {"kind": "log_cosh"}},
        "network": {"kind": "mlp", "widths": [8, 2]},
    },
    "a logistic loss of two outputs": {"problem": {**SHARES, "loss": {"kind": "logistic"}}, "network": PAIRED},
    "labels beyond 1": {"problem": {**LABELS, "targets": [[0.2], [1.0], [0.3]]}},
    "a softmax of one output": {"problem": {**LABELS, "loss": {"kind": "softmax"}}},
    "shares that do not sum to 1": {
        "problem": {**SHARES, "targets": [[0.5, 0.5], [0.25, 0.7], [0.5, 0.5]]},
        "network": PAIRED,
    },
    "seeds of a centred network": CENTRED,
    "a pullback of many outputs": {"solvers": [flow("gradient"), flow("pullback")]},
    "a pushforward of many parameters": {"solvers": [flow("pushforward")], "network": WIDE},
    "a line beyond its target": {"solvers": [flow("straight_line")], "horizon": 2.0},
    "a line under another loss": {"solvers": [flow("straight_line")], "horizon": 1.0, "problem": LABELS},
    "a loop without a kernel": {"solvers": [flow("loop")]},
    "a loop under another loss": {"solvers": [flow("loop")], "problem": LABELS, "network": WIDE},
    "Muon without matrices": {"solvers": [flow("gradient"), step("muon")]},
    "SOAP without matrices": {"solvers": [step("soap")]},
    "more batches than samples": {"solvers": [step("cumulative_gauss_newton", batches=4)]},
    "a form without its rows": {
        "solvers": [step("riemannian_descent", form="push_through", output="sampled_fisher")],
        "network": WIDE,
    },
    "a metric of many rows": {
        "solvers": [step("riemannian_descent")],
        "problem": {**POINTS, "inputs": [[0.1]] * 4096, "targets": [[0.1, 0.2]] * 4096},
        "network": {"kind": "mlp", "widths": [1, 2]},
    },
    "a form for few parameters": {
        "solvers": [step("riemannian_descent", form="dense")],
        "network": {"kind": "mlp", "widths": [1, 256, 256, 1]},
    },
    "a radius on many parameters": {"solvers": [step("minimizing_movement", radius=0.5)], "network": WIDE},
    "a radius with a ridge": {"solvers": [step("minimizing_movement", radius=0.5, ridge=0.1)]},
    "an inner Muon without matrices": {
        "solvers": [step("minimizing_movement", inner={"kind": "by_gradients", "optimizer": {"kind": "muon"}})]
    },
    "a movement under softmax": {
        "solvers": [step("minimizing_movement")],
        "problem": SHARES,
        "network": PAIRED,
    },
    "a radius under another loss": {"solvers": [step("minimizing_movement", radius=0.5)], "problem": LABELS},
    "another step of an optimizer": {"protocol": STEPS, "solvers": [step("gradient_descent", eta=0.2)]},
    "another step of an integrator": {"protocol": STEPS, "solvers": [flow("gradient"), flow("gradient", euler(0.2))]},
    "another step on half the loss": {
        "protocol": {**STEPS, "scale": "half"},
        "solvers": [step("adam", eta=0.1), step("gradient_descent", eta=0.1)],
    },
    "a step beside a grid": {"protocol": {"kind": "best_step", "grid": [0.1, 0.2]}, "solvers": [step("adam", eta=0.3)]},
    "a tune of no solver": {"tunes": [tune(2, 1)]},
    "a tune without a damping": UNTUNED,
    "a tune of an optimizer without a damping": {"solvers": [step("adam")], "tunes": [tune(0, 1)]},
    "a tune of the last frame": {"tunes": [tune(1, 1), tune(1, 400)]},
    "a tune at the place of another": {"tunes": [tune(1, 2), tune(1, 2)]},
    "frames, then steps": {"horizon": 1e6, "solvers": [TINY]},
    "steps of the first solver, then a stiff second": {"solvers": [TINY, STIFF]},
    "a stiff first solver, then steps of the second": {"solvers": [STIFF, TINY]},
    "steps, then lanes": {**LANES, "solvers": [*LANES["solvers"][1:], TINY]},
    "steps of the second solver, then memory of the first": {**HEAVY, "solvers": [step("soap"), TINY]},
    "lanes, then memory": {**LANES, **HEAVY, "solvers": [step("soap")] * 32},
    "memory, then size": {**HUGE, **HEAVY},
    "size, then width": {**HUGE, "network": {"kind": "mlp", "widths": [2, 4096, 1]}},
    "width, then start": {**DEEP, "start": SHORT},
    "start, then teacher": {"start": SHORT, "problem": {**TEACHER, "parameters": [0.3]}},
    "branch, then targets": {"start": branch(seed=1), "problem": {**POINTS, "targets": [[0.1]]}},
    "targets, then their labels": {"problem": {**LABELS, "targets": [[0.2], [1.0]]}},
    "labels, then centred seeds": {**CENTRED, "problem": {**LABELS, "targets": [[0.2], [1.0], [0.3]]}},
    "centred seeds, then a flow": {**CENTRED, "solvers": [flow("pushforward")]},
    "a flow, then the flow after it": {"solvers": [flow("pullback"), flow("loop")]},
    "the loss of one solver, then the flow of the next": {
        "problem": SHARES,
        "network": {**PAIRED, "widths": [1, 1, 2]},
        "solvers": [step("minimizing_movement"), flow("pullback")],
    },
    "a line beyond its target, then its loss": {"solvers": [flow("straight_line")], "problem": LABELS},
    "a radius, then the loss": {
        "solvers": [step("minimizing_movement", radius=0.5)],
        "problem": LABELS,
        "network": WIDE,
    },
    "a flow, then the protocol": {"protocol": STEPS, "solvers": [step("adam", eta=0.2), flow("pullback")]},
    "the protocol, then a tune": {"protocol": STEPS, "solvers": [step("adam", eta=0.2)], **UNTUNED},
    "a tune of no solver, then its frame": {"tunes": [tune(2, 1000)]},
    "the order of tunes, then the damping of the next": {"tunes": [tune(1, 2), tune(1, 2), tune(0, 3)]},
    "labels of numbers, then outputs": {
        "problem": bundled("diabetes", "softmax"),
        "network": {"kind": "mlp", "widths": [10, 5]},
    },
    "outputs of a denoiser, then its loss": {
        "problem": {"kind": "latent_diffusion", "count": 16, "loss": {"kind": "log_cosh"}},
        "network": {"kind": "mlp", "widths": [8, 1]},
    },
}
"""Changes of `GOOD`. Where a name has “then”, the first fault is the one that is told."""
SENTENCES: dict[str, str] = {
    "frames": "horizon: expected at most 20000 frames (horizon/interval), came '2e+07'",
    "steps of an integrator": "solvers.1.integrator.dt: expected at most 5000000 steps (horizon/dt), came '2e+08'",
    "steps of an optimizer": "solvers.1.optimizer.eta: expected at most 5000000 steps (horizon/η), came '2e+08'",
    "a stiff integrator": (
        "solvers.1.integrator: expected an explicit integrator, since this flow has no Gauss–Newton "
        "approximation of ∂θ'/∂θ to invert, came 'rosenbrock'"
    ),
    "lanes": "seeds: expected at most 256 lanes (solvers × seeds), came 288",
    "memory": "solvers.0.optimizer: expected preconditioners of at most 64000000 numbers in all seeds, came 67174404",
    "size": (
        "problem.inputs: expected a problem of at most 64000000 numbers in one linearization of all lanes, "
        "came 67108864"
    ),
    "width of inputs that are given": "problem.inputs.0: expected 2 numbers, the network's input width, came 1",
    "width of inputs that are drawn": "network: expected inputs of width 1, came 2",
    "a short start": "start.parameters: expected 2 numbers, one for each parameter, came 1",
    "a chain of branches": "start.parent: expected a chain of at most 4 branches, came 5",
    "a branch of another network": (
        "start.parent.network: expected this run's network, whose parameters θ are, came 'neuron'"
    ),
    "a branch of no solver": "start.solver: expected one of the parent's 2 solvers, counted from 0, came 2",
    "a branch of no seed": "start.seed: expected one of the parent's seeds (0,), came 1",
    "a branch of no frame": "start.frame: expected one of the parent's frames, at most 400, came 401",
    "few targets": "problem.targets: expected 3 rows, one for each input, came 1 rows",
    "wide targets": "problem.targets.1: expected 1 numbers, came 2",
    "too many outputs": "problem.targets.0: expected between 1 and 256 numbers, came 257",
    "a short teacher": "problem.parameters: expected 2 numbers, one for each parameter, came 1",
    "an offset without a normal": (
        "problem.offset: expected 0, since the manifold has a unit normal only where n·q = p + 1 (here 2 and "
        "2), came 0.1"
    ),
    "two outputs of a wave": "network: expected one output, as this problem has, came 2",
    "classes for a logistic loss": (
        "problem.loss: expected softmax, squares or log_cosh, since there are 3 classes, came 'logistic'"
    ),
    "outputs for classes": "network: expected 3 outputs, for 3 classes under softmax, came 2",
    "outputs for numbers": "network: expected 1 outputs, one for each target column, came 2",
    "labels of numbers": (
        "problem.loss: expected squares or log_cosh, since the targets of diabetes are numbers, came 'softmax'"
    ),
    "outputs of a denoiser": "network: expected two outputs, the noise of a latent, came 1",
    "a loss of a denoiser": "problem.loss: expected squares, whose minimiser is the conditional mean, came 'log_cosh'",
    "a logistic loss of two outputs": "problem.loss: expected one output for each sample, came '2'",
    "labels beyond 1": "problem.loss: expected targets strictly between 0 and 1, came 0.2 to 1",
    "a softmax of one output": "problem.loss: expected at least two outputs for each sample, came '1'",
    "shares that do not sum to 1": (
        "problem.loss: expected targets that are positive and sum to 1 in each row, came least 0.25, row sums from 0.95"
    ),
    "seeds of a centred network": "seeds: expected one seed, since the network is centred at its start, came 2",
    "a pullback of many outputs": (
        "solvers.1.flow: expected n·q ≤ p, where JJᵀ can have full rank, came n·q = 3 and p = 2"
    ),
    "a pushforward of many parameters": (
        "solvers.0.flow: expected p ≤ n·q, where JᵀJ can have full rank, came n·q = 3 and p = 13"
    ),
    "a line beyond its target": (
        "solvers.0.flow: expected a horizon of at most 1, where the line reaches the target, came '2'"
    ),
    "a line under another loss": (
        "solvers.0.flow: expected the loss of squares, whose target the line leads to, came 'logistic'"
    ),
    "a loop without a kernel": "solvers.0.flow: expected 2 ≤ n·q < p, so that J has a kernel, came n·q = 3 and p = 2",
    "a loop under another loss": (
        "solvers.0.flow: expected the loss of squares, whose target the line leads to, came 'logistic'"
    ),
    "Muon without matrices": (
        "solvers.1.optimizer: expected a method other than Muon, which acts on weight matrices and this "
        "network has none, came 'neuron'"
    ),
    "SOAP without matrices": (
        "solvers.0.optimizer: expected a method other than SOAP, which acts on weight matrices and this "
        "network has none, came 'neuron'"
    ),
    "more batches than samples": "solvers.0.optimizer: expected at most 3 minibatches, one sample each, came 4 of them",
    "a form without its rows": (
        "solvers.0.optimizer: expected a form other than push_through, which needs the gradient among the "
        "rows of the metric, came 'sampled_fisher'"
    ),
    "a metric of many rows": (
        "solvers.0.optimizer: expected a metric of at most 8000 rows, those of a sample times 4096 samples, "
        "came 8192 of them"
    ),
    "a form for few parameters": (
        "solvers.0.optimizer: expected a form that can serve 65792 parameters of this network, came 'dense'"
    ),
    "a radius on many parameters": (
        "solvers.0.optimizer: expected radius = 0, since the two conditions are looked at on one or two "
        "parameters, came 13 parameters"
    ),
    "a radius with a ridge": (
        "solvers.0.optimizer: expected radius = 0 or ridge = 0, since the two conditions are looked at for E "
        "= L, came ridge = 0.1"
    ),
    "an inner Muon without matrices": (
        "solvers.0.optimizer: expected a method other than Muon, which acts on weight matrices and this "
        "network has none, came 'neuron'"
    ),
    "a movement under softmax": (
        "problem.loss: expected a loss that is a sum over outputs, whose exact prox is found by bisection, "
        "came 'softmax'"
    ),
    "a radius under another loss": "problem.loss: expected squares where radius is not 0, came 'logistic'",
    "another step of an optimizer": "solvers.0.optimizer.eta: expected a step size of the protocol, 0.1, came 0.2",
    "another step of an integrator": "solvers.1.integrator.dt: expected a step size of the protocol, 0.1, came 0.2",
    "another step on half the loss": "solvers.1.optimizer.eta: expected a step size of the protocol, 0.3, came 0.1",
    "a step beside a grid": "solvers.0.optimizer.eta: expected a step size of the protocol, 0.1, 0.2, came 0.3",
    "a tune of no solver": "tunes.0.solver: expected one of the 2 solvers, counted from 0, came 2",
    "a tune without a damping": "tunes.0.solver: expected a solver with a damping, came 'gradient'",
    "a tune of an optimizer without a damping": "tunes.0.solver: expected a solver with a damping, came 'adam'",
    "a tune of the last frame": "tunes.1.frame: expected a frame before the last, 400, came 400",
    "a tune at the place of another": (
        "tunes.1: expected a later frame, or the same and a later solver, than the entry before, came "
        "frame=2 solver=1 rho=0.5"
    ),
    "frames, then steps": "horizon: expected at most 20000 frames (horizon/interval), came '2e+07'",
    "steps of the first solver, then a stiff second": (
        "solvers.0.optimizer.eta: expected at most 5000000 steps (horizon/η), came '2e+08'"
    ),
    "a stiff first solver, then steps of the second": (
        "solvers.0.integrator: expected an explicit integrator, since this flow has no Gauss–Newton "
        "approximation of ∂θ'/∂θ to invert, came 'rosenbrock'"
    ),
    "steps, then lanes": "solvers.31.optimizer.eta: expected at most 5000000 steps (horizon/η), came '2e+08'",
    "steps of the second solver, then memory of the first": (
        "solvers.1.optimizer.eta: expected at most 5000000 steps (horizon/η), came '2e+08'"
    ),
    "lanes, then memory": "seeds: expected at most 256 lanes (solvers × seeds), came 288",
    "memory, then size": (
        "solvers.0.optimizer: expected preconditioners of at most 64000000 numbers in all seeds, came 67174404"
    ),
    "size, then width": (
        "problem.inputs: expected a problem of at most 64000000 numbers in one linearization of all lanes, "
        "came 67108864"
    ),
    "width, then start": "problem.inputs.0: expected 2 numbers, the network's input width, came 1",
    "start, then teacher": "start.parameters: expected 2 numbers, one for each parameter, came 1",
    "branch, then targets": "start.seed: expected one of the parent's seeds (0,), came 1",
    "targets, then their labels": "problem.targets: expected 3 rows, one for each input, came 2 rows",
    "labels, then centred seeds": "problem.loss: expected targets strictly between 0 and 1, came 0.2 to 1",
    "centred seeds, then a flow": "seeds: expected one seed, since the network is centred at its start, came 2",
    "a flow, then the flow after it": (
        "solvers.0.flow: expected n·q ≤ p, where JJᵀ can have full rank, came n·q = 3 and p = 2"
    ),
    "the loss of one solver, then the flow of the next": (
        "problem.loss: expected a loss that is a sum over outputs, whose exact prox is found by bisection, "
        "came 'softmax'"
    ),
    "a line beyond its target, then its loss": (
        "solvers.0.flow: expected a horizon of at most 1, where the line reaches the target, came '20'"
    ),
    "a radius, then the loss": (
        "solvers.0.optimizer: expected radius = 0, since the two conditions are looked at on one or two "
        "parameters, came 13 parameters"
    ),
    "a flow, then the protocol": (
        "solvers.1.flow: expected n·q ≤ p, where JJᵀ can have full rank, came n·q = 3 and p = 2"
    ),
    "the protocol, then a tune": "solvers.0.optimizer.eta: expected a step size of the protocol, 0.1, came 0.2",
    "a tune of no solver, then its frame": "tunes.0.solver: expected one of the 2 solvers, counted from 0, came 2",
    "the order of tunes, then the damping of the next": (
        "tunes.1: expected a later frame, or the same and a later solver, than the entry before, came "
        "frame=2 solver=1 rho=0.5"
    ),
    "labels of numbers, then outputs": (
        "problem.loss: expected squares or log_cosh, since the targets of diabetes are numbers, came 'softmax'"
    ),
    "outputs of a denoiser, then its loss": "network: expected two outputs, the noise of a latent, came 1",
}


def told(case: str) -> str:
    """The sentence with which a case is refused."""
    with pytest.raises(SpecError) as caught:
        parse_spec({**GOOD, **WRONG[case]})
    return str(caught.value)


@pytest.mark.parametrize("case", WRONG)
def test_every_objection_is_told_word_for_word(case: str) -> None:
    assert told(case) == SENTENCES[case]


def test_what_is_changed_was_right_before() -> None:
    assert parse_spec(GOOD).frames == 401


TUNED = {
    (2, 1): "tune.solver: expected one of the 2 solvers, counted from 0, came 2",
    (0, 1): "tune.solver: expected a solver with a damping, came 'gradient'",
    (1, 400): "tune.frame: expected a frame before the last, 400, came 400",
}


@pytest.mark.parametrize("place", TUNED)
def test_a_tune_that_cannot_be_is_refused_while_a_run_goes_on(place: tuple[int, int]) -> None:
    solver, frame = place
    with pytest.raises(SpecError) as caught:
        RunSpec.model_validate(GOOD).tuned(Tune(frame=frame, solver=solver, rho=0.5))
    assert str(caught.value) == TUNED[place]
