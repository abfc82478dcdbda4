"""What is shipped: the wheel serves the page by itself, both commands are one, and the image runs without root."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel holds, and no more."""
    built, target = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("target")
    pip = [sys.executable, "-m", "pip", "--quiet"]
    options = ["--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", *options, "-w", str(built), str(ROOT)], check=True, capture_output=True)
    (file,) = built.glob("flowscope-*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(target), str(file)], check=True, capture_output=True)
    return target


def alone(wheel: Path) -> dict[str, str]:
    """An environment in which the wheel's packages hide those of the checkout."""
    return {**os.environ, "PYTHONPATH": str(wheel), "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def address(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the wheel's own server is."""
    data = tmp_path_factory.mktemp("data")
    command = [sys.executable, "-P", "-m", "flowscope_server", "serve", "--port", "0", "--data", str(data)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=alone(wheel), cwd=data)
    try:
        assert server.stdout
        found = next((match[0] for line in server.stdout if (match := re.search(r"http://[\d.:]+", line))), None)
        assert found, "the server ended without an address"
        yield found
    finally:
        server.terminate()
        server.communicate()


def test_the_wheel_serves_the_page_with_every_module(wheel: Path, address: str) -> None:
    with urlopen(address) as answer:
        document = answer.read().decode()
    modules = re.findall(r'"\./assets/([\w/]+\.mjs)"', document)
    assert len(modules) > 100 and "stream/store.mjs" in modules
    for module in [*modules, "vendor/katex/katex.min.css", "page.css"]:
        with urlopen(f"{address}/assets/{module}") as answer:
            assert answer.status == 200
    assert (wheel / "flowscope_ui" / "assets" / modules[0]).is_file()


def test_the_module_and_the_command_are_one(wheel: Path) -> None:
    commands = [[sys.executable, "-P", "-m", "flowscope_server"], [str(Path(sys.executable).parent / "flowscope")]]
    told = [
        subprocess.run([*each, "--help"], capture_output=True, text=True, env=alone(wheel), check=True).stdout
        for each in commands
    ]
    assert told[0] == told[1]
    assert told[0].startswith("Usage: flowscope ")


def test_the_image_runs_without_root_and_without_what_built_it() -> None:
    _, build, final = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("FROM python:")
    assert " AS build" in build and "pip uninstall -y pip" in build
    assert re.search(r"^USER (?!0|root)", final, re.M)
    assert "pip install" not in final and "apt" not in final
    copied = {word for line in re.findall(r"^COPY (.*) \S+$", build, re.M) for word in line.split()}
    assert all((ROOT / name).exists() for name in copied) and {"engine", "server", "frontend", "LICENSE"} <= copied
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert compose.count("read_only: true") == compose.count("tmpfs: [/tmp]") == compose.count("build: .") == 2
