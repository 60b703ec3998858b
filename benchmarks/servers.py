"""Servers that a bench starts beside the system: Granian with as many processes and threads as the web process has."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
import requests

from stack.paths import ROOT

_READY_WITHIN_S = 30.0


@contextmanager
def serve(target: str, *, port: int, environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """Serve a WSGI application on a port and give its address once it answers anything."""
    arguments = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws",
        "--workers", "2", "--blocking-threads", "1", "--log-level", "warn", target,
    ]  # fmt: skip
    with log.open("ab") as output:
        server = subprocess.Popen(arguments, cwd=ROOT, env=dict(environment), stdout=output, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(server, address=address, log=log)
        yield address
    finally:
        server.terminate()
        server.wait()


def _wait(server: subprocess.Popen[bytes], *, address: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(address, timeout=1)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise click.ClickException(f"the server does not answer, see {log}")
