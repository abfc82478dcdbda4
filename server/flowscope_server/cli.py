"""The command line, and the one place where engine, server and page are put together."""

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NoReturn

import click
import flowscope as fs
import uvicorn
from flowscope import run as integrate
from flowscope_ui import mount, parse_contract

from . import contract
from .app import create_app
from .runs import recordings_directory

PROGRESS = click.style("Integrating", bold=True)
Progress = Callable[[int, int], None]
OWN = "own-data"
"""The preset whose network and solvers serve --csv."""
CSV_BYTES = 1_000_000
"""So much of a file is read: more than a table may have."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="flowscope", prog_name="flowscope")
def main() -> None:
    """Flowscope: an oscilloscope for gradient flows."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8050, show_default=True, type=click.IntRange(0, 65535))
@click.option("--data", type=click.Path(path_type=Path), help="Where recordings are kept.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes; one less than the CPUs unless given.")
@click.option(
    "--until-eof", is_flag=True, help="Stop when standard input ends, as it does with the program that started this."
)
def serve(host: str, port: int, data: Path | None, workers: int | None, until_eof: bool) -> None:
    """Serve the page and its runs."""
    with listen(host, port) as listener:
        try:
            app = create_app(data=data, workers=workers)
        except OSError as error:
            fail(f"--data: expected a directory to write in, came {recordings_directory(data)} ({error.strerror}).")
        mount(app, contract=parse_contract({"schema": contract.schema(), "presets": contract.presets()}))
        address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app, log_level="warning", ws_per_message_deflate=False, ws_max_size=1 << 16, timeout_graceful_shutdown=3
        )
        server = Server(config, address)
        if until_eof:
            threading.Thread(target=server.heed, args=(sys.stdin.fileno(),), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            server.run([listener])


@main.command()
@click.option("--json", "as_json", is_flag=True, help="With their specs, as GET /api/presets.")
def presets(as_json: bool) -> None:
    """List the presets."""
    if as_json:
        click.echo(json.dumps(contract.presets(), indent=2, ensure_ascii=False))
    else:
        for preset in fs.PRESETS:
            click.echo(f"{preset.name:20} {preset.group:11} {preset.title}")


@main.command()
def schema() -> None:
    """Print what a spec may hold and what a frame does, as GET /api/schema."""
    click.echo(json.dumps(contract.schema(), indent=2, ensure_ascii=False))


@main.command()
@click.argument("spec", metavar="[PRESET|SPEC.json|-]", required=False)
@click.option(
    "--csv",
    type=click.Path(path_type=Path),
    help="Own data in place of the problem: names of the columns in the first line.",
)
@click.option(
    "--target",
    "targets",
    metavar="NAME",
    multiple=True,
    help="A column of --csv that is a target; the last one unless named.",
)
@click.option("--labels", is_flag=True, help="The target column of --csv names classes.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A .parquet, .arrow or .csv file.")
def run(spec: str | None, csv: Path | None, targets: tuple[str, ...], labels: bool, out: Path) -> None:
    """Integrate a preset, or a spec from a file or from standard input, and write the recording.

    With --csv the network and the solvers are those of the spec (of the preset own-data, unless one is given) and the
    data are yours.

    Exits with 0 when every lane reached an answer, 1 when one did not, 2 when the spec or the file is wrong."""
    try:
        check(out)
        parsed = read(spec or (OWN if csv else named(spec)))
        parsed = on_own(parsed, csv, targets, labels) if csv else parsed
        with progress() as report:
            recording = integrate(parsed, clock=time.perf_counter, progress=report)
        recording.write(out)
    except fs.SpecError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror or error}")
    for lane in recording.lanes:
        click.echo(f"{lane.name}, seed {lane.seed}: {lane.sentence}")
    sys.exit(0 if all(lane.status.is_answer for lane in recording.lanes) else 1)


@main.command("check")
@click.argument("presets", metavar="[PRESET]…", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="The rows as JSON.")
def predict(presets: tuple[str, ...], as_json: bool) -> None:
    """Hold the theory's predictions against recordings of these presets, of all of them unless named.

    Exits with 0 when none is violated, 1 when one is, 2 when a preset is unknown."""
    try:
        rows = fs.check(presets or None, told=(lambda row: None) if as_json else (lambda row: click.echo(line(row))))
    except fs.SpecError as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    sys.exit(1 if any(row["verdict"] == "violated" for row in rows) else 0)


class Server(uvicorn.Server):
    """Says where it is once it is there."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the one line."""
        await super().startup(sockets)
        if self.started:
            click.echo(f"Flowscope is at {self._address} (Ctrl-C to stop)")

    def heed(self, source: int) -> None:
        """Stop once the file of that descriptor has ended."""
        while os.read(
            source, 1 << 10
        ):  # unbuffered: a thread that holds the buffer's lock would break the interpreter's end
            pass
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; when there is none to be had, one sentence and exit 2."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        fail(f"--host, --port: expected an address that is free, came {host}:{port} ({error.strerror or error}).")


def check(out: Path) -> None:
    """Raises SpecError unless a recording can be written there; called before anything is computed."""
    fs.ending(out)
    if not out.parent.is_dir():
        raise fs.SpecError(str(out), "a file in a directory that exists", f"{out.parent}, which is none")
    if out.is_dir() or not os.access(out if out.exists() else out.parent, os.W_OK):
        raise fs.SpecError(str(out), "a file that can be written", "one that cannot")


def read(spec: str) -> fs.RunSpec:
    """The preset of that name, or the spec in a file or (-) on standard input. Raises SpecError with the file's path
    before the field's.
    """
    if spec in {preset.name for preset in fs.PRESETS}:
        return fs.preset(spec).spec
    if spec != "-" and not spec.endswith(".json"):
        return fs.preset(spec).spec
    name = "standard input" if spec == "-" else spec
    try:
        return fs.parse_spec_json(sys.stdin.buffer.read() if spec == "-" else Path(spec).read_bytes())
    except FileNotFoundError:
        raise fs.SpecError(spec, "a file", "none of that name") from None
    except fs.SpecError as error:
        raise fs.SpecError(f"{name}: {error.path}", error.expected, error.came) from None


def named(spec: str | None) -> str:
    """A spec's name, which must be given."""
    if spec is None:
        raise fs.SpecError("spec", "a preset, a file, - or --csv", "nothing")
    return spec


def on_own(spec: fs.RunSpec, csv: Path, targets: tuple[str, ...], labels: bool) -> fs.RunSpec:
    """The spec on the table in a file. Raises SpecError with the file in place of `csv`."""
    with csv.open("rb") as file:
        text = file.read(CSV_BYTES).decode("utf-8", errors="replace")
    try:
        return fs.on_table(spec, text, targets=targets, labels=labels)
    except fs.SpecError as error:
        path = f"{csv}{error.path.removeprefix('csv')}" if error.path.startswith("csv") else error.path
        raise fs.SpecError(path, error.expected, error.came) from None


def line(row: fs.Row) -> str:
    """One row of the table that `flowscope check` prints."""
    numbers = ""
    if row["measured"] is not None:
        numbers = f"{row['predicted']:.6g} predicted, {row['measured']:.6g} measured; "
    return (
        f"{row['preset']:20} {row['id']:4} {row['verdict']:15} {numbers}{row['why']} (tolerance {row['tolerance']:g})"
    )


@contextlib.contextmanager
def progress() -> Generator[Progress | None, None, None]:
    """A progress bar on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label=PROGRESS, file=sys.stderr) as bar:

        def report(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield report


def fail(sentence: str) -> NoReturn:
    """One sentence on standard error, and exit 2."""
    click.echo(sentence, err=True)
    sys.exit(2)
