"""Equal specs give equal bytes however many threads the process has, and a run leaves that number as it was."""

import os
import subprocess
import sys

import torch
from flowscope import Run, paths, preset

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
