"""Serves the page alone: `python -m flowscope_ui --port 8051 --api http://127.0.0.1:8050`."""

import argparse
import os
import socket
import sys

import uvicorn
from fastapi import FastAPI

from .page import mount


def main() -> None:
    """Reads the options and serves until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m flowscope_ui", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8051)
    parser.add_argument(
        "--api", default=os.environ.get("FLOWSCOPE_API", ""), help="address of the server, as the browser sees it"
    )
    options = parser.parse_args()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mount(app, api=options.api)
    with socket.create_server((options.host, options.port)) as listener:
        sys.stdout.write(f"Flowscope's page is at http://{options.host}:{listener.getsockname()[1]} (Ctrl-C to stop)\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listener])


if __name__ == "__main__":
    main()
