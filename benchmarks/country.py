"""`python -m benchmarks.country`: a web process with every community of the country: its memory, how long it starts.

Invents communities over the real list of counties, or reads real ones (`--places FILE`), pours them and one signed
release a city into a serving database of its own, and starts a process as the web process starts, which checks each
release. Then two such processes serve tiles, territories and the nearest communities of all the country to wrk.
"""

from __future__ import annotations

import json
import math
import random
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.invented_places import Places, invent_country, read_country
from benchmarks.load import press, require_wrk, write_script
from benchmarks.values import Progress, Row, Sense
from benchmarks.web import World, log_in, make_world, serve
from stack.paths import ROOT

COMMUNITIES, CELLS, HOUSEHOLDS = 420_000, 1_700_000, 140_000_000
_QUICK_SHARE = 20
_ROUNDS = 3
_ASKED = 2_000
_CONNECTIONS = 8
_MEMORY = "memory of a web process with all of China (420,000 communities, 1.7 M cells)"


@dataclass(frozen=True, slots=True)
class Start:
    """What a fresh web process took: seconds to import and to read and check all releases; memory, and its highest."""

    import_s: float
    load_s: float
    memory_mb: float
    peak_mb: float


def start_process(world: World) -> Start:
    """Start a process that makes the web application, and read what it says of itself."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.country_process"],
        cwd=ROOT, env=world.environment("country"), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Start(**json.loads(ran.stdout.splitlines()[-1]))


def find_tile(lon: float, lat: float, *, z: int) -> tuple[int, int, int]:
    """Return zoom, column and row of the web map tile that holds a position."""
    across = 2**z
    x = int((lon + 180.0) / 360.0 * across)
    y = int((1.0 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2.0 * across)
    return z, x, y


def _find_paths(places: Places) -> dict[str, list[str]]:
    """Return questions about places all over the country, by what is asked."""
    source = random.Random(7)
    asked = source.sample(range(len(places.codes)), min(_ASKED, len(places.codes)))
    positions = [(float(places.lon[at]), float(places.lat[at])) for at in asked]
    tiles = [find_tile(lon, lat, z=z) for z in (8, 11, 14) for lon, lat in positions]
    return {
        "nearest communities": [
            f"/v1/yingxiaobao/communities?lon={lon:.6f}&lat={lat:.6f}&datum=wgs84&category=refrigerator&limit=30"
            for lon, lat in positions
        ],
        "tiles, zoom 8 to 14": [f"/v1/yingxiaobao/tiles/{z}/{x}/{y}.mvt?category=freezer" for z, x, y in tiles],
        "territory": ["/v1/yingxiaobao/territory"],
    }


def _serve(world: World, places: Places, *, quick: bool, progress: Progress) -> list[Row]:
    """Measure how long the slowest 1 % of answers take under load."""
    rows = []
    with TemporaryDirectory() as folder, serve(world, "wsgi:app", name="web", ready="/readyz", code=ROOT) as server:
        headers = log_in(server.address)
        for at, (name, paths) in enumerate(_find_paths(places).items()):
            progress(name)
            script = write_script(Path(folder) / f"{at}.lua", paths=paths, headers=headers)
            loads = [
                press(server.address, script=script, seconds=2 if quick else 6, connections=_CONNECTIONS)
                for _ in range(_ROUNDS)
            ]
            note = f"{_CONNECTIONS} connections; {statistics.median(load.rate for load in loads):,.0f} requests/s"
            slowest = tuple(load.p99_ms for load in loads)
            rows.append(Row(f"{name}, all of China, p99 under load", 0.0, Sense.RECORD, slowest, "ms", note))
    return rows


def _run(places: Places, *, quick: bool, progress: Progress) -> list[Row]:
    progress("pouring places and releases into a database")
    with make_world("bench-country", places, has_areas=True, households=HOUSEHOLDS) as world:
        starts = []
        for number in range(1 if quick else _ROUNDS):
            progress(f"start {number + 1}")
            starts.append(start_process(world))
        served = _serve(world, places, quick=quick, progress=progress)
    size = f"{len(places.codes):,} communities, {len(places.cells):,} cells"
    peak = max(start.peak_mb for start in starts)
    imports = statistics.median(start.import_s for start in starts)
    memory, load_s = (tuple(getattr(start, name) for start in starts) for name in ("memory_mb", "load_s"))
    return [
        Row(_MEMORY, 600.0, Sense.AT_MOST, memory, "MB", f"{size}; at most {peak:.0f} MB while loading"),
        Row("start of a web process with all of China", 5.0, Sense.AT_MOST, load_s, "s",
            f"{size}; reading and checking every release, after {imports:.1f} s of imports"),
        *served,
    ]  # fmt: skip


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Measure memory and start with the whole country, and the slowest answers under load."""
    require_wrk()
    share = _QUICK_SHARE if quick else 1
    progress("inventing a country")
    places = invent_country(communities=COMMUNITIES // share, cells=CELLS // share)
    return _run(places, quick=quick, progress=progress)


@click.command()
@click.option("--communities", default=COMMUNITIES, show_default=True)
@click.option("--cells", default=CELLS, show_default=True)
@click.option("--places", "file", type=click.Path(exists=True, path_type=Path), help="Real communities (CSV, GCJ-02).")
@click.option("--quick", is_flag=True, help="A twentieth of it, once.")
def main(*, communities: int, cells: int, file: Path | None, quick: bool) -> None:
    """Measure and print one line a figure."""
    require_wrk()
    share = _QUICK_SHARE if quick else 1
    if file is None:
        places = invent_country(communities=communities // share, cells=cells // share)
    else:
        places = read_country(file, cells=cells // share)
    for row in _run(places, quick=quick, progress=lambda told: print(told, flush=True)):
        goal = "" if row.sense is Sense.RECORD else f", goal {row.goal:g}"
        print(f"{row.median:.1f} ({row.min:.1f}-{row.max:.1f}) {row.unit}{goal}: {row.name}; {row.note}")


if __name__ == "__main__":
    main()
