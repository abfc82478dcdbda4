"""An experiment on a person's own data."""

from collections.abc import Sequence

from ..component import SpecError, parse_value, shown
from ..network import MLP
from ..problem import Table
from ..run.spec import RunSpec, parse_spec


def on_table(spec: RunSpec, csv: str, *, targets: Sequence[str] = (), labels: bool = False) -> RunSpec:
    """The same network, start and solvers on a `Table`, under the same loss; the network's first and last widths follow
    the table.

    Raises SpecError: with a path that begins with `csv` where the text is wrong.
    """
    if not isinstance(spec.network, MLP):
        raise SpecError("network", "an mlp, whose widths can follow a table", shown(getattr(spec.network, "kind", "")))
    document = spec.model_dump(mode="json", serialize_as_any=True)
    problem = {"csv": csv, "targets": list(targets), "labels": labels, "loss": document["problem"]["loss"]}
    table = parse_value(Table, problem)
    widths = [table.width, *spec.network.widths[1:-1], table.outputs[0]]
    return parse_spec(
        document | {"problem": {"kind": table.kind, **problem}, "network": document["network"] | {"widths": widths}}
    )
