"""A standing mutation run: one formula of the engine is made wrong at a time, and the tests that speak of it must fail.

Every mutant is one change of one syntax tree: a sign, an operator, a comparison, a constant, a term. They are drawn by
a fixed seed, module after module in turn, until the time is up; each is run in a copy of the tree. What no test noticed
is printed.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).parent.parent
ENGINE, LIMIT = Path("engine/flowscope"), 600
TESTS = {
    "flow/damping": "test_damping test_referee_flow",
    "flow/flow": "test_rule test_referee_flow",
    "flow/adapted": "test_chen test_rule test_referee_flow",
    "optimizer/first_order": "test_optimizer test_rule",
    "optimizer/levenberg_marquardt": "test_levenberg test_optimizer",
    "optimizer/muon": "test_muon",
    "optimizer/soap": "test_soap",
    "optimizer/cumulative": "test_cumulative",
    "optimizer/riemannian": "test_riemannian",
    "movement": "test_movement",
    "prediction": "test_rule test_prediction",
    "module": "test_module test_action test_assembly test_contraction test_portrait test_output test_riemannian",
}
"""What a module or folder of the engine is held by."""
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What a node may be replaced by."""
    if isinstance(node, ast.BinOp) and not isinstance(node.left, ast.JoinedStr):
        if type(node.op) in SWAPS:
            yield ast.BinOp(node.left, SWAPS[type(node.op)](), node.right)  # pyright: ignore[reportArgumentType]  # an operator
        if isinstance(node.op, ast.Add | ast.Sub):
            yield node.left
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        swapped: ast.cmpop = SWAPS[type(node.ops[0])]()  # pyright: ignore[reportAssignmentType]  # a comparison
        yield ast.Compare(node.left, [swapped, *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(SWAPS[type(node.op)](), node.values)  # pyright: ignore[reportArgumentType]  # an operator
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value:
        yield ast.Constant(1.01 * node.value)


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, what it became and the whole mutated source; annotations, fields and docstrings are left alone."""
    for function in [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.FunctionDef)]:
        for index, node in enumerate(ast.walk(function)):
            for number, _ in enumerate(changes(node)):
                tree = ast.parse(source)
                twin = next(f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.lineno == function.lineno)
                old = list(ast.walk(twin))[index]
                new = list(changes(old))[number]
                if not isinstance(old, ast.expr):
                    continue
                told = f"{ast.unparse(old)} → {ast.unparse(new)}"
                place = Replace(old, ast.copy_location(new, old))
                yield old.lineno, told, ast.unparse(ast.fix_missing_locations(place.visit(tree)))


class Replace(ast.NodeTransformer):
    """Puts a node where another stands."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)


def fate(copy: Path, tests: str) -> str:
    """Whether a test fails there; one that takes too long on a busy machine has told nothing."""
    paths = os.pathsep.join(str(copy / each) for each in ("engine", "server", "frontend"))
    names = [f"tests/engine/{name}.py" for name in tests.split() if (copy / f"tests/engine/{name}.py").exists()]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *names]
    try:
        done = subprocess.run(
            command, cwd=copy, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return "timed out"
    return {0: "SURVIVED", 1: "killed"}.get(done.returncode, "broken")  # 2 and more: no test could be run


@dataclass(frozen=True)
class Mutant:
    """One wrong formula: where it is, how it reads, the whole source with it, and the tests that should notice."""

    path: Path
    line: int
    told: str
    source: str
    tests: str


def drawn(families: Sequence[str], seed: int) -> Iterator[Mutant]:
    """Mutants without end, family after family in turn, the same ones for the same seed."""
    dice = random.Random(seed)
    while True:
        for name in families:
            files = sorted((ROOT / ENGINE / name).glob("*.py")) or [ROOT / ENGINE / f"{name}.py"]
            path = dice.choice([each for each in files if each.name != "__init__.py"])
            if found := list(mutants(path.read_text(encoding="utf-8"))):
                yield Mutant(path.relative_to(ROOT), *dice.choice(found), TESTS[name])


def judge(copies: Iterator[Mutant], lock: Lock, folder: Path, end: float) -> Counter[str]:
    """Takes one mutant after the other into a copy of the tree of its own, until the time is up."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__"))
    counts = Counter[str]()
    while True:
        with lock:
            mutant = next(copies)
        if time.monotonic() > end:
            return counts
        place = folder / mutant.path
        source = place.read_text(encoding="utf-8")
        place.write_text(mutant.source, encoding="utf-8")
        came = fate(folder, mutant.tests)
        place.write_text(source, encoding="utf-8")
        counts[came] += 1
        print(f"{came:9} {mutant.path}:{mutant.line}  {mutant.told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="mutants judged at a time")
    parser.add_argument("--only", choices=TESTS, action="append")
    given = parser.parse_args()
    end, copies, lock = time.monotonic() + 60 * given.minutes, drawn(given.only or tuple(TESTS), given.seed), Lock()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.jobs) as pool:
        parts = [pool.submit(judge, copies, lock, Path(folder) / f"tree{job}", end) for job in range(given.jobs)]
        counts = sum((part.result() for part in parts), Counter[str]())
    print(f"{sum(counts.values())} mutants: {dict(counts)}")


if __name__ == "__main__":
    main()
