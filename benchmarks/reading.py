"""`python -m benchmarks.reading`: the reading routes of the running demo against an empty Flask endpoint.

Needs `make run` in another shell and wrk (apt-get install wrk). Both servers run Granian with 2 processes of 1 thread;
each round measures all of them in turn, so that a slow minute of the machine slows them alike. Prints median (min-max)
of the ratio, round by round.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click
import requests

from stack.demo_city import read_staff
from stack.demo_client import FieldClient
from stack.environment import Installation
from stack.paths import ROOT, get_run_dir
from stack.ports import get_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS = 3
_SECONDS = 6
_CONNECTIONS = 32
_POSITIONS = 4000
_QUESTIONS = {
    "nearest communities": ("communities", "&limit=30"),
    "user heatmap": ("heatmap", "&radius_m=5000"),
}
# Once at every place, then at one place over and over, then by a caller who holds the answer and gets 304.
_HOW = ("", ", again", ", held")

# Every request asks at another place of the city, so that nothing but the index in memory can answer fast.
_SCRIPT = """
local paths = {%s}
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], %s)
end
"""


def _write_script(folder: Path, name: str, paths: list[str], headers: dict[str, str]) -> Path:
    fields = "{" + ",".join(f"[{json.dumps(key)}]={json.dumps(value)}" for key, value in headers.items()) + "}"
    script = folder / f"{name}.lua"
    script.write_text(_SCRIPT % (",".join(json.dumps(path) for path in paths), fields))
    return script


def _measure(address: str, script: Path) -> float:
    """Return requests per second. Raises when an answer is not 2xx or 3xx."""
    arguments = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", "-s", str(script), address]
    told = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told:
        raise click.ClickException(f"{script.stem}: {told}")
    found = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    if found is None:
        raise click.ClickException(told)
    return float(found[1])


@contextmanager
def _serve_empty(port: int) -> Iterator[str]:
    arguments = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws",
        "--workers", "2", "--blocking-threads", "1", "--log-level", "warn", "benchmarks.empty_app:app",
    ]  # fmt: skip
    server = subprocess.Popen(arguments, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                requests.get(address, timeout=1).raise_for_status()
                break
            except requests.RequestException:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def _make_paths(name: str) -> list[str]:
    source = random.Random(7)
    places = [(source.uniform(120.30, 120.48), source.uniform(36.06, 36.22)) for _ in range(_POSITIONS)]
    question, _, how = name.partition(", ")
    route, more = _QUESTIONS[question]
    if how:
        places = places[:1]
    return [f"/v1/yingxiaobao/{route}?lon={lon:.6f}&lat={lat:.6f}&category=refrigerator{more}" for lon, lat in places]


def _get_tag(client: FieldClient, path: str) -> str:
    answer = client.session.get(client.address + path, headers={"Accept-Encoding": "identity"}, timeout=10)
    answer.raise_for_status()
    return answer.headers["ETag"]


@click.command()
@click.option("--name", default="demo", show_default=True, help="The running installation below .run/.")
def main(name: str) -> None:
    """Measure and print one line a route."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is not installed: apt-get install wrk")
    installation = Installation.at(get_run_dir(name))
    account = next(row for row in read_staff(installation) if row["role"] == "salesperson")
    client = FieldClient(installation.address("web"))
    client.log_in(account["login"], account["password"])
    headers = {"Authorization": str(client.session.headers["Authorization"])}
    routes = [question + how for how in _HOW for question in _QUESTIONS]
    ratios: dict[str, list[float]] = {route: [] for route in routes}
    with TemporaryDirectory() as folder, _serve_empty(get_port(installation.run_dir, "empty")) as empty:
        scripts = {}
        for route in routes:
            paths = _make_paths(route)
            held = {"If-None-Match": _get_tag(client, paths[0])} if route.endswith("held") else {}
            scripts[route] = _write_script(Path(folder), route, paths, headers | held)
        yardstick = _write_script(Path(folder), "empty", ["/"], {})
        for number in range(_ROUNDS):
            base = _measure(empty, yardstick)
            print(f"round {number + 1}: an empty Flask endpoint answers {base:,.0f} requests/s", flush=True)
            for route in routes:
                rate = _measure(client.address, scripts[route])
                ratios[route].append(rate / base)
                print(f"   {route:<28} {rate:>8,.0f} requests/s", flush=True)
    for route, found in ratios.items():
        print(f"{route:<28} {statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f}) of an empty endpoint")


if __name__ == "__main__":
    main()
