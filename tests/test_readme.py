"""The README's promises: its commands are make targets, its map is the tree, its picture is there."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_commands_are_make_targets() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    commands = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert {"run", "test"} <= commands <= targets


def test_the_map_names_folders_that_exist() -> None:
    for folder in re.findall(r"^([a-z_./]+/)\s", README, re.M):
        assert (ROOT / folder).is_dir(), folder


def test_its_pictures_and_links_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_the_compose_file_is_whole() -> None:
    """`docker compose config` where docker is at hand; no engine is needed for it."""
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert all(word in compose for word in ("server:", "frontend:", "healthcheck:"))
    try:
        done = subprocess.run(["docker", "compose", "config", "--quiet"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        return
    assert done.returncode == 0 or "is not a docker command" in done.stderr or "unknown" in done.stderr, done.stderr


def test_nothing_in_the_project_names_a_host_it_would_fetch_from_at_run_time() -> None:
    for path in [*ROOT.glob("frontend/flowscope_ui/*.py"), *ROOT.glob("frontend/flowscope_ui/assets/*.*")]:
        found = re.findall(r"https?://(?!127\.0\.0\.1|localhost|www\.w3\.org)[\w.-]+", path.read_text(encoding="utf-8"))
        assert not found, f"{path.name}: {found}"
