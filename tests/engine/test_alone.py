"""Equal specs give equal bytes however many threads the process has, and a run leaves that number as it was."""

import os
import subprocess
import sys

import pytest
import torch
from flowscope import Run, paths, preset
from flowscope.alone import alone
from flowscope.elementary import affine, power, product, times

HASH = """
import hashlib, sys, torch
from flowscope import preset, run
assert torch.get_num_threads() == int(sys.argv[1])
spec = preset("network").spec
table = run(spec.model_copy(update={"horizon": 100 * spec.interval})).to_table()
print(hashlib.sha256(b"".join(batch.serialize() for batch in table.to_batches())).hexdigest())
"""


def hashed(threads: int) -> str:
    """The hash of a run in a process of its own with so many threads."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    command = [sys.executable, "-c", HASH, str(threads)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def test_a_run_has_the_same_bytes_under_one_and_two_threads() -> None:
    assert len(hashed(1)) == 64
    assert hashed(1) == hashed(2)


def test_a_run_leaves_the_number_of_threads_as_it_was() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        run = Run(preset("riemannian-flow").spec)
        walked = run.walk()
        next(walked)
        assert torch.get_num_threads() == 2
        assert not torch.is_inference_mode_enabled()
        path = paths(preset("riemannian-flow").spec, 0)
        next(path)
        assert not torch.is_inference_mode_enabled(), "a path that is held leaves the thread as it was"
        Run(preset("riemannian-flow").spec).chunk()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_walk_computes_a_frame_when_it_is_asked_for_and_blocks_change_no_place() -> None:
    """A person who looks at one frame of a slow run does not wait for those after it."""
    spec = preset("saddle").spec
    run = Run(spec)
    next(run.walk())
    batch = run.chunk(1)
    assert batch is not None and set(batch["frame"].to_pylist()) == {1}
    whole = list(Run(spec).walk(64))
    for one, other in zip(Run(spec).walk(), whole, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


PRODUCTS = {
    "product": lambda a, b, c: product(a, b.mT),
    "times": lambda a, b, c: times(a, b[:, 0]),
    "affine": lambda a, b, c: affine(b, c, a),
    "gram": lambda a, b, c: a.mT @ a,
}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("rows", (1, 3, 10, 40))
@pytest.mark.parametrize("columns", (1, 5, 7, 12))
def test_no_bit_of_a_product_hangs_on_the_lanes_beside_it(name: str, rows: int, columns: int) -> None:
    """A product with one column of 400 terms or more is rounded otherwise where it is alone; without MKL_CBWR others
    are too.
    """
    draw = torch.Generator().manual_seed(rows + columns)
    with alone():
        for width in (1, 7, 16, 40):
            parts = [
                torch.randn(5, *shape, generator=draw, dtype=torch.float64)
                for shape in ((rows, width), (columns, width), (columns,))
            ]
            whole = PRODUCTS[name](*parts)
            for first in range(5):
                for last in range(first, 5):
                    some = PRODUCTS[name](*(part[first : last + 1].clone() for part in parts))
                    assert torch.equal(some, whole[first : last + 1]), (width, first, last)


@pytest.mark.parametrize("exponent", [-1 / 5, 1 / 3, 0.5, 3.0])
def test_no_bit_of_a_power_hangs_on_the_numbers_beside_it(exponent: float) -> None:
    """torch's own power fails this for 19 of 300 drawn arrays of 36 numbers."""
    draw = torch.Generator().manual_seed(7)
    for _ in range(300):
        numbers = torch.randn(36, generator=draw, dtype=torch.float64).exp()
        some = (torch.rand(36, generator=draw) < 0.5).nonzero()[:, 0]
        assert torch.equal(power(numbers[some], exponent), power(numbers, exponent)[some])
        torch.testing.assert_close(power(numbers, exponent), numbers**exponent, rtol=4e-15, atol=0.0)
    assert power(torch.zeros(1, dtype=torch.float64), 0.2).item() == 0.0
