"""HTTP load by wrk: one file of requests at ever new places, one figure back."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

CONNECTIONS = 32

# Every request asks for the next path, so that nothing but the server's own work can answer fast.
_SCRIPT = """
local paths = {%s}
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], %s)
end
"""
_LATENCY = re.compile(r"(50|99)%\s+([0-9.]+)(us|ms|s)\b")
_REQUESTS = re.compile(r"(\d+) requests in")
_RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")
_UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What a server took: requests a second and in all, and the time within which half and 99 % were answered."""

    rate: float
    p50_ms: float
    p99_ms: float
    requests: int


def require_wrk() -> None:
    """Refuse to start without wrk."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is not installed: apt-get install wrk")


def write_script(file: Path, *, paths: Sequence[str], headers: Mapping[str, str]) -> Path:
    """Write the requests of one load."""
    fields = "{" + ",".join(f"[{json.dumps(key)}]={json.dumps(value)}" for key, value in headers.items()) + "}"
    file.write_text(_SCRIPT % (",".join(json.dumps(path) for path in paths), fields))
    return file


def press(address: str, *, script: Path, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Ask for some seconds over some connections. Raises when an answer is not 2xx or 3xx, or none came."""
    arguments = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", "--timeout", "60s"]
    told = subprocess.run([*arguments, "-s", str(script), address], capture_output=True, text=True, check=True).stdout
    rate, requests = _RATE.search(told), _REQUESTS.search(told)
    latency = {percent: float(value) * _UNITS_MS[unit] for percent, value, unit in _LATENCY.findall(told)}
    if "Non-2xx" in told or "Socket errors" in told or rate is None or requests is None or not float(rate[1]):
        raise click.ClickException(f"{script.stem}: {told}")
    return Load(float(rate[1]), latency["50"], latency["99"], int(requests[1]))
