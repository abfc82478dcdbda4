"""How a run computes: on one thread and without autograd, so that equal specs give equal bytes whatever the process
does besides.
"""

from collections.abc import Generator
from contextlib import contextmanager

import torch


@contextmanager
def alone() -> Generator[None, None, None]:
    """One thread (of OpenMP and MKL) and inference mode within; outside, the number of threads is what it was.

    How a sum is split over threads decides its last bits, and a chaotic run makes percents of them. Small matrices are
    no slower.
    """
    threads = torch.get_num_threads()
    if threads != 1:
        torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        if threads != 1:
            torch.set_num_threads(threads)
