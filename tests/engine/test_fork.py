"""A fork goes on as the run would, and with ρ set by hand as that spec does from its start."""

import random

import flowscope as fs
import pyarrow as pa
import pytest
from flowscope import PRESETS, Run, RunSpec

SLOW = {"inner-race", "diffusion", "digits"}
FRAMES = 20
PIECE = 5


def rest(run: Run, frames: int) -> list[dict[str, object]]:
    """The rows of so many frames more."""
    pieces = (run.chunk(min(PIECE, frames - k)) for k in range(0, frames, PIECE))
    found = [batch for batch in pieces if batch is not None]
    return pa.Table.from_batches(found, run.schema).to_pylist() if found else []


@pytest.mark.parametrize("name", [each.name for each in PRESETS if each.name not in SLOW])
def test_forks_at_any_frame_give_the_rows_of_the_run(name: str) -> None:
    draw, spec = random.Random(name), fs.preset(name).spec
    run, at, forks = Run(spec), 0, list[tuple[int, Run]]()
    for frame in sorted(draw.sample(range(FRAMES), 3)):
        if frame > at:
            run.chunk(frame - at)
        forks.append((frame, run.fork()))
        at = frame
    rows = rest(run, FRAMES + PIECE - at)
    for frame, fork in forks:
        assert fork.schema.equals(run.schema, check_metadata=True)
        found = rest(fork, FRAMES + PIECE - frame)
        assert rows == found[len(found) - len(rows) :]


def tuned(spec: RunSpec, draw: random.Random, *frames: int) -> RunSpec:
    """ρ set by hand at each of these frames."""
    solvers = [k for k, solver in enumerate(spec.solvers) if solver.method.is_tunable]
    for frame in frames:
        spec = spec.tuned(fs.Tune(frame=frame, solver=draw.choice(solvers), rho=draw.random()))
    return spec


@pytest.mark.parametrize(
    "name", ["riemannian-flow", "dampings", "schedules", "network", "layerwise", "logistic", "seeds"]
)
@pytest.mark.parametrize("early", [0, 3])
def test_a_fork_with_other_tunes_is_the_run_of_that_spec(name: str, early: int) -> None:
    """The parent may have been tuned before, and later, which the fork forgets; it may lie some frames back."""
    draw = random.Random(f"{name} {early}")
    spec, (first, at, late) = fs.preset(name).spec, sorted(draw.sample(range(2, 12), 3))
    spec = tuned(spec, draw, first) if early else spec
    parent, child = Run(tuned(spec, draw, late)), tuned(spec, draw, at)
    parent.chunk(at + 1 - min(early, at - first))
    fork, anew = parent.fork(child), Run(child)
    begun = fork.frame
    parent.chunk(8)
    anew.chunk(begun)
    assert fork.schema.equals(anew.schema, check_metadata=True)
    assert fork.rows == anew.rows
    assert rest(fork, 15) == rest(anew, 15)
    assert fork.spec == child


def test_only_what_lies_ahead_may_differ() -> None:
    spec = fs.preset("riemannian-flow").spec
    run = Run(spec)
    run.chunk(10)
    late = spec.tuned(fs.Tune(frame=9, solver=1, rho=0.5))
    assert run.fork(late).spec == late
    for other in (spec.tuned(fs.Tune(frame=8, solver=1, rho=0.5)), spec.model_copy(update={"seeds": (0, 1)})):
        with pytest.raises(fs.SpecError, match="from frame 9 on"):
            run.fork(other)


def test_a_fork_and_its_run_leave_each_other_alone() -> None:
    spec = fs.preset("minibatches").spec
    run, undisturbed = Run(spec), Run(spec)
    run.chunk(6)
    undisturbed.chunk(6)
    fork = run.fork()
    fork.stop()
    rest(fork, 10)
    assert rest(run, 15) == rest(undisturbed, 15)
