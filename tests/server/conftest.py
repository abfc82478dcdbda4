"""One server for all tests of this folder; what a test made is deleted when it ends."""

from collections.abc import Iterator

import pytest
import torch

from .client import Client, running


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    torch.set_num_threads(1)  # as in a worker, so that equal runs are equal here too
    with running(tmp_path_factory.mktemp("data")) as client:
        yield client


@pytest.fixture
def client(server: Client) -> Iterator[Client]:
    server.until(server.healthy)
    yield server
    for run in server.made:
        server.http.delete(f"/api/runs/{run}")
    server.made.clear()
