"""`python -m benchmarks.reading`: the reading routes against an empty Flask endpoint.

Needs wrk (apt-get install wrk). A serving database of its own with an invented city; every server runs Granian with 2
processes of 1 thread. Each round measures all of them in turn, so that a slow minute of the machine slows them alike.
Beside the share of requests stands the CPU that the server took for one, which other work on the machine moves less.
`--beside FOLDER` measures another checkout of the code on the same database in the same rounds.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import requests

from benchmarks.invented_places import invent_city
from benchmarks.load import press, require_wrk, write_script
from benchmarks.questions import PLACES
from benchmarks.values import Progress, Row, Sense
from benchmarks.web import Server, World, log_in, make_world, serve
from stack.paths import ROOT

COMMUNITIES, CELLS, HOUSEHOLDS = 6_000, 22_420, 2_000_000
_ASK = {
    "nearest": "/v1/yingxiaobao/communities?lon={:.6f}&lat={:.6f}&category=refrigerator&limit=30",
    "heatmap": "/v1/yingxiaobao/heatmap?lon={:.6f}&lat={:.6f}&category=refrigerator&radius_m=5000",
}
_AGAIN = "either, answered again within the month (warm bytes, or 304)"


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure of the performance page: which question, put how, and the goal."""

    name: str
    goal: float
    question: str
    positions: int = 1
    is_held: bool = False


_FIGURES = (
    _Figure("nearest communities, share of an empty Flask endpoint on the same server", 0.40, "nearest", PLACES),
    _Figure("user heatmap, the same", 0.22, "heatmap", PLACES),
    _Figure(f"{_AGAIN}, nearest communities, warm bytes", 0.75, "nearest"),
    _Figure(f"{_AGAIN}, user heatmap, warm bytes", 0.75, "heatmap"),
    _Figure(f"{_AGAIN}, nearest communities, 304", 0.75, "nearest", is_held=True),
    _Figure(f"{_AGAIN}, user heatmap, 304", 0.75, "heatmap", is_held=True),
)


def _make_lists() -> dict[str, list[float]]:
    return {figure.name: [] for figure in _FIGURES}


@dataclass(slots=True)
class _Side:
    """One web process under measurement, its scripts, and its share of an empty endpoint's requests in each round.

    `spent_us` is the CPU of one request, `empty_us` that of the empty endpoint beside it.
    """

    server: Server
    scripts: dict[str, Path]
    ratios: dict[str, list[float]] = field(default_factory=_make_lists)
    spent_us: dict[str, list[float]] = field(default_factory=_make_lists)
    empty_us: dict[str, list[float]] = field(default_factory=_make_lists)


def _find_paths(figure: _Figure) -> list[str]:
    """Return the questions of a figure: ever new places, or one over and over."""
    source = random.Random(7)
    places = [(source.uniform(120.28, 120.52), source.uniform(36.10, 36.30)) for _ in range(figure.positions)]
    return [_ASK[figure.question].format(*place) for place in places]


def _get_tag(address: str, path: str, *, headers: Mapping[str, str]) -> str:
    answer = requests.get(address + path, headers={**headers, "Accept-Encoding": "identity"}, timeout=10)
    answer.raise_for_status()
    return answer.headers["ETag"]


@contextmanager
def _open_side(world: World, code: Path, *, folder: Path, name: str) -> Iterator[_Side]:
    with serve(world, "wsgi:app", name=name, ready="/readyz", code=code) as server:
        address = server.address
        headers = log_in(address)
        scripts = {}
        for at, figure in enumerate(_FIGURES):
            paths = _find_paths(figure)
            held = {"If-None-Match": _get_tag(address, paths[0], headers=headers)} if figure.is_held else {}
            scripts[figure.name] = write_script(folder / f"{name}-{at}.lua", paths=paths, headers=headers | held)
        yield _Side(server, scripts)


def _press(server: Server, *, script: Path, seconds: float) -> tuple[float, float]:
    """Return requests per second and microseconds of the server's CPU for each."""
    before_s = server.read_cpu_s()
    load = press(server.address, script=script, seconds=seconds)
    return load.rate, 1e6 * (server.read_cpu_s() - before_s) / load.requests


def _compare(*, quick: bool, beside: Path | None, progress: Progress) -> list[_Side]:
    """Measure every figure of one checkout or two, and the empty endpoint, in turn."""
    rounds, seconds = (1, 2) if quick else (3, 4)
    progress("inventing a city")
    places = invent_city(communities=COMMUNITIES, cells=CELLS)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory()))
        world = opened.enter_context(make_world("bench-reading", places, households=HOUSEHOLDS))
        empty = opened.enter_context(serve(world, "benchmarks.empty_app:app", name="empty", ready="/", code=ROOT))
        codes = {"now": ROOT} if beside is None else {"beside": beside, "now": ROOT}
        sides = [
            opened.enter_context(_open_side(world, code, folder=folder, name=name)) for name, code in codes.items()
        ]
        yardstick = write_script(folder / "empty.lua", paths=["/"], headers={})
        for side in sides:
            progress("asking everywhere once: parts of answers are written at the first sight of a place")
            for figure in _FIGURES[:2]:
                press(side.server.address, script=side.scripts[figure.name], seconds=seconds)
        for number in range(rounds):
            for figure in _FIGURES:
                progress(f"round {number + 1} of {rounds}: {figure.name}")
                base, empty_us = _press(empty, script=yardstick, seconds=seconds)
                for side in sides:
                    rate, spent_us = _press(side.server, script=side.scripts[figure.name], seconds=seconds)
                    side.ratios[figure.name].append(rate / base)
                    side.spent_us[figure.name].append(spent_us)
                    side.empty_us[figure.name].append(empty_us)
    return sides


def _make_rows(side: _Side) -> list[Row]:
    size = f"{COMMUNITIES:,} communities, {CELLS:,} cells, wrk, 32 connections, 2 processes of 1 thread"
    rows = []
    for figure in _FIGURES:
        spent, empty = (statistics.median(of[figure.name]) for of in (side.spent_us, side.empty_us))
        note = f"{size}; {spent:.0f} us of CPU a request, an empty endpoint {empty:.0f}"
        ratios = tuple(side.ratios[figure.name])
        rows.append(Row(figure.name, figure.goal, Sense.AT_LEAST, ratios, "of an empty endpoint", note))
    return rows


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Measure what share of an empty endpoint's requests the reading routes answer."""
    require_wrk()
    return _make_rows(_compare(quick=quick, beside=None, progress=progress)[-1])


@click.command()
@click.option("--quick", is_flag=True, help="One short round.")
@click.option("--beside", type=click.Path(exists=True, path_type=Path), help="Another checkout, measured in turn.")
def main(*, quick: bool, beside: Path | None) -> None:
    """Measure and print one line a figure, of the other checkout first."""
    require_wrk()
    for side in _compare(quick=quick, beside=beside, progress=lambda told: print(told, flush=True)):
        print()
        for row in _make_rows(side):
            print(f"{row.median:.2f} ({row.min:.2f}-{row.max:.2f}), goal {row.goal}: {row.name}")
            print(f"     {row.note}")


if __name__ == "__main__":
    main()
