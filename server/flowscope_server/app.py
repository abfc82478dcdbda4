"""The HTTP and websocket interface of docs/wire.md. The only file that knows FastAPI."""

import asyncio
import contextlib
import json
import math
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flowscope as fs
import pyarrow as pa
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.middleware.cors import CORSMiddleware
from fastapi.requests import HTTPConnection
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse

from . import contract, script
from .composition import composition
from .download import MEDIA, converted, whole
from .ground import Walks, function, ground
from .layers import layers
from .pool import Pool
from .prediction import Overlays
from .race import Races, TooManyRaces
from .runs import Run, Runs, TooManyRuns, recordings_directory
from .slice import plane
from .viewer import Gone, Viewer, Wire

BODY_BYTES = 1_000_000
BUILD_SECONDS = 2.0
UNKNOWN_RUN, FOREIGN_ORIGIN = 4404, 4403
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

router = APIRouter(prefix="/api")


@dataclass(frozen=True)
class House:
    """What every request may need."""

    runs: Runs
    pool: Pool
    origins: frozenset[str]
    overlays: Overlays = field(default_factory=Overlays)
    races: Races = field(default_factory=Races)
    walks: Walks = field(default_factory=Walks)

    def run(self, run: str) -> Run:
        """The run of that id, or a 404."""
        found = self.runs.get(run)
        if found is None:
            raise HTTPException(404, f"There is no run {run!r} here: it was deleted, or made by another server.")
        return found

    def admits(self, connection: HTTPConnection) -> bool:
        """Whether a page of that origin may watch and act: this host's, one that was named, or a script, which sends
        none.
        """
        origin = connection.headers.get("origin")
        return origin is None or origin in self.origins or urlsplit(origin).netloc == connection.headers.get("host")


def create_app(*, data: Path | None = None, workers: int | None = None, origins: Sequence[str] = ()) -> FastAPI:
    """The server as an ASGI app. Its lifespan starts and ends the workers; `app.state.house` is what it works with."""
    wanted = workers or int(os.environ.get("FLOWSCOPE_WORKERS") or max(1, (os.cpu_count() or 2) - 1))
    named = [origin.strip() for origin in os.environ.get("FLOWSCOPE_ORIGINS", "").split(",") if origin.strip()]
    house = House(Runs(recordings_directory(data)), Pool(wanted), frozenset((*origins, *named)))
    # Swagger's page loads from a CDN, so there is none.
    app = FastAPI(title="Flowscope", lifespan=_lifespan, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.house = house
    app.include_router(router)
    app.add_exception_handler(fs.SpecError, _refuse)
    if house.origins:
        named = sorted(house.origins)
        app.add_middleware(
            CORSMiddleware, allow_origins=named, allow_methods=["*"], allow_headers=["*"], expose_headers=["Location"]
        )
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    house: House = app.state.house
    await house.pool.open()
    try:
        yield
    finally:
        await house.pool.close()
        house.runs.close()


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    path, expected, came = (getattr(error, name) for name in ("path", "expected", "came"))
    return JSONResponse({"detail": str(error), "path": path, "expected": expected, "came": came}, 422)


@router.get("/health")
async def health(request: Request) -> dict[str, Any]:
    house: House = request.app.state.house
    workers = {"alive": house.pool.alive, "wanted": house.pool.wanted}
    return {"status": "ok", "version": version("flowscope"), "workers": workers, "runs": len(house.runs)}


@router.get("/presets")
async def presets() -> list[dict[str, Any]]:
    return contract.presets()


@router.get("/schema")
async def schema() -> dict[str, Any]:
    return contract.schema()


def _admit(request: Request) -> None:
    house: House = request.app.state.house
    if not house.admits(request):
        raise HTTPException(
            403, f"A page of {request.headers['origin']} may not change runs here: name it in FLOWSCOPE_ORIGINS."
        )


@router.post("/runs", status_code=201, response_model=None, dependencies=[Depends(_admit)])
async def create(request: Request) -> Response:
    house: House = request.app.state.house
    spec = fs.parse_spec_json(await _body(request))
    try:
        run, is_new = house.runs.want(spec)
    except TooManyRuns as error:
        raise HTTPException(503, str(error)) from None
    except OSError as error:
        raise HTTPException(507, f"The recording could not be made: {error.strerror}.") from None
    if is_new:
        house.pool.start(run)
    await _happened(run.accepted)
    if run.refused:
        house.runs.delete(run)
        return await _refuse(request, fs.SpecError(run.refused.path, run.refused.expected, run.refused.came))
    return JSONResponse({"id": run.id}, 201 if is_new else 200, {"Location": f"/api/runs/{run.id}"})


@router.post("/races", response_model=None, dependencies=[Depends(_admit)])
async def race(request: Request) -> Response:
    house: House = request.app.state.house
    asked = _parts(await _body(request), "spec", "protocol")
    lines = house.races.lines(fs.parse_spec(asked["spec"]), fs.parse_protocol(asked["protocol"]))
    try:
        first = await anext(lines)
    except TooManyRaces as error:
        raise HTTPException(503, str(error)) from None

    async def told() -> AsyncIterator[bytes]:
        async with contextlib.aclosing(lines):  # whoever asked is gone: the grid is given up
            yield first
            async for line in lines:
                yield line

    return StreamingResponse(told(), media_type="application/x-ndjson")


@router.get("/runs")
async def runs(request: Request) -> list[dict[str, Any]]:
    return [run.describe() for run in request.app.state.house.runs.all()]


@router.get("/runs/{run}")
async def show(request: Request, run: str) -> dict[str, Any]:
    return request.app.state.house.run(run).describe()


@router.delete("/runs/{run}", status_code=204, dependencies=[Depends(_admit)])
async def delete(request: Request, run: str, viewer: str | None = None) -> None:
    house: House = request.app.state.house
    found = house.run(run)
    if viewer is not None and found.watched(viewer):
        raise HTTPException(409, f"Run {run} goes on: somebody else watches it.")
    house.pool.forget(found)
    house.runs.delete(found)


@router.get("/runs/{run}/recording", response_model=None)
async def recording(request: Request, run: str) -> Response:
    form = request.query_params.get("format", "arrow")
    if form not in MEDIA:
        raise fs.SpecError("format", f"one of {', '.join(MEDIA)}", form)
    found = await _begun(request, run)
    log, headers = found.log, _attachment(run, form)
    if form != "arrow":
        return StreamingResponse(converted(log, log.rows, form), media_type=MEDIA[form], headers=headers)
    size = log.size
    return StreamingResponse(whole(log, size), media_type=MEDIA[form], headers={"Content-Length": str(size), **headers})


@router.get("/runs/{run}/script", response_model=None)
async def as_script(request: Request, run: str, looks: str = "") -> Response:
    found = await _begun(request, run)
    text = script.script(run, found.spec, _facts(found), script.parse_looks(looks, len(found.spec.solvers)))
    return Response(text, media_type="text/x-python; charset=utf-8", headers=_attachment(run, "py"))


@router.get("/runs/{run}/notebook", response_model=None)
async def as_notebook(request: Request, run: str, looks: str = "") -> Response:
    found = await _begun(request, run)
    text = script.notebook(run, found.spec, _facts(found), script.parse_looks(looks, len(found.spec.solvers)))
    return JSONResponse(text, media_type="application/x-ipynb+json", headers=_attachment(run, "ipynb"))


@router.get("/runs/{run}/predictions", response_model=None)
async def predictions(
    request: Request, run: str, loss: str = "mean", clock: str = "t", share: float = fs.SHARE
) -> Response:
    house: House = request.app.state.house
    if share not in fs.SHARES:
        raise fs.SpecError("share", f"one of {', '.join(f'{value:g}' for value in fs.SHARES)}", f"{share:g}")
    frame = _number(request, "frame") if "frame" in request.query_params else None
    answer = await house.overlays.of(house.run(run), fs.convention(loss, clock), share, frame)
    return Response(answer, media_type="application/json")


@router.get("/runs/{run}/slice", response_model=None)
async def loss_slice(request: Request, run: str) -> Response:
    lane, frame = (_number(request, name) for name in ("lane", "frame"))
    return Response(await plane(await _begun(request, run), lane, frame), media_type="application/json")


@router.get("/runs/{run}/ground", response_model=None)
async def ground_of(request: Request, run: str) -> Response:
    low, high = (_numbers(request, name) for name in ("low", "high"))
    return Response(await ground(await _begun(request, run), low, high), media_type="application/json")


@router.get("/runs/{run}/function", response_model=None)
async def function_of(request: Request, run: str) -> Response:
    house: House = request.app.state.house
    lanes, frame = [int(value) for value in _numbers(request, "lanes")], _number(request, "frame")
    return Response(
        await function(await _begun(request, run), house.walks, lanes, frame), media_type="application/json"
    )


@router.get("/runs/{run}/layers", response_model=None)
async def layers_of(request: Request, run: str) -> Response:
    lane, frame = (_number(request, name) for name in ("lane", "frame"))
    return Response(await layers(await _begun(request, run), lane, frame), media_type="application/json")


@router.post("/compositions", response_model=None)
async def compose(request: Request) -> Response:
    return Response(await composition(await _body(request)), media_type="application/json")


@router.get("/runs/{run}/stage", response_model=None)
async def stage(request: Request, run: str) -> Response:
    found = request.app.state.house.run(run)
    await _happened(found.built)
    await _happened(found.staged)
    if found.stage is None:
        raise HTTPException(404, f"Run {run} has no stage: it has one only with 3 outputs and 2 parameters.")
    return FileResponse(found.stage, media_type=MEDIA["arrow"])


@router.api_route("", methods=METHODS, include_in_schema=False)
@router.api_route("/{rest:path}", methods=METHODS, include_in_schema=False)
async def unknown(request: Request) -> None:
    raise HTTPException(404, f"There is no {request.method} {request.url.path} here: docs/wire.md lists what there is.")


@router.websocket("/runs/{run}/stream")
async def stream(socket: WebSocket, run: str) -> None:
    house: House = socket.app.state.house
    with contextlib.suppress(WebSocketDisconnect):
        await socket.accept()
        found = house.runs.get(run)
        if not house.admits(socket):
            await socket.close(FOREIGN_ORIGIN, "This page's origin may not watch runs here.")
        elif found is None:
            await socket.close(UNKNOWN_RUN, "There is no such run here.")
        else:
            await _watch(socket, found, house)


async def _watch(socket: WebSocket, run: Run, house: House) -> None:
    async def receive() -> str | bytes | None:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        return message.get("text") or message.get("bytes") or ""

    wire = Wire(receive, socket.send_text, socket.send_bytes)
    try:
        await Viewer(wire, run, house.runs, house.pool, socket.query_params).serve()
    except Gone:
        await socket.close(UNKNOWN_RUN, "The run was deleted.")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > BODY_BYTES:
            raise HTTPException(413, f"Expected a spec of at most {BODY_BYTES} bytes, came a longer one.")
    return bytes(body)


def _parts(body: bytes, *names: str) -> dict[str, Any]:
    """A JSON object with these entries. Raises SpecError."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise fs.SpecError("race", "JSON", "text that is not JSON") from None
    if not isinstance(value, dict) or sorted(value) != sorted(names):
        raise fs.SpecError(
            "race",
            f"an object with {' and '.join(names)}",
            f"{sorted(value) if isinstance(value, dict) else value!r}"[:60],
        )
    return value


async def _happened(event: asyncio.Event) -> None:
    """Wait until a worker has accepted or built the run, or its stage, or for a moment: it may be busy."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), BUILD_SECONDS)


async def _begun(request: Request, run: str) -> Run:
    """The run, once it has a recording, or a 404."""
    found = request.app.state.house.run(run)
    await _happened(found.built)
    if not found.log.size:
        raise HTTPException(404, f"Run {run} has no recording: it has not begun.")
    return found


def _number(request: Request, name: str) -> int:
    """A whole number of the query."""
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise fs.SpecError(name, "a whole number", repr(text))
    return int(text)


def _numbers(request: Request, name: str) -> list[float]:
    """Finite numbers of the query, between underscores."""
    text = request.query_params.get(name, "")
    try:
        values = [float(part) for part in text.split("_")]
    except ValueError:
        values = []
    if not values or not all(math.isfinite(value) for value in values) or len(values) > 64:
        raise fs.SpecError(name, "numbers with _ between them", repr(text)[:60])
    return values


def _facts(run: Run) -> dict[str, Any]:
    return fs.facts(pa.ipc.read_schema(pa.BufferReader(run.log.schema)))


def _attachment(run: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="flowscope-{run}.{ending}"'}
