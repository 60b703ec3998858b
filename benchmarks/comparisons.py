"""The reading routes against what a good developer would write first, request by request.

The running system, with its checks, authentication and logging on, against `baselines/app.py` on the same kind of
server over the same database. Each round loads both, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.agreement import check_counted, check_counted_cells, check_nearest
from benchmarks.city import CITY, QUICK_CITY, run_city
from benchmarks.load import CONNECTIONS, press, require_wrk, write_script
from benchmarks.questions import (
    HEATMAP,
    LIMIT,
    NEAREST,
    NEED,
    RADIUS_M,
    draw_places,
    find_paths,
    get_headers,
    get_rounds,
    sign_in,
)
from benchmarks.servers import serve
from benchmarks.values import Progress, Row, Sense
from geo.datum import to_wgs84
from geo.values import Datum
from stack.demo_client import FieldClient
from stack.environment import Installation

_INDEXED = f"/indexed/communities?{{}}&category={NEED}&limit={LIMIT}"
_LIVE_NEAREST = f"/live/communities?{{}}&category={NEED}&limit={LIMIT}"
_LIVE_HEATMAP = f"/live/heatmap?{{}}&category={NEED}&radius_m={RADIUS_M}"
_CHECKED = 8
_FEW = 4  # clients of what takes long: 32 would wait for each other past the end of a round


@dataclass(frozen=True, slots=True)
class _Rival:
    name: str
    goal: float
    ours: str
    theirs: str
    seconds: float
    clients: int


_RIVALS = (
    _Rival(
        "nearest communities against SQLAlchemy + marshmallow over PostGIS, per request",
        7.0, NEAREST, _INDEXED, 6.0, CONNECTIONS,
    ),
    _Rival(
        "the same against `ORDER BY ST_Distance` with live counts through the ORM",
        100.0, NEAREST, _LIVE_NEAREST, 8.0, _FEW,
    ),
    _Rival(
        "user heatmap against `ST_DWithin` counting over user rows (plain SQL)",
        400.0, HEATMAP, _LIVE_HEATMAP, 15.0, _FEW,
    ),
)  # fmt: skip


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Measure every comparison of the reading routes."""
    require_wrk()
    size = QUICK_CITY if quick else CITY
    with run_city(size, progress=progress) as installation, _serve_baselines(installation) as baselines:
        client = sign_in(installation)
        progress("asking both sides the same")
        _check(client, baselines=baselines)
        found = _press_both(client, baselines=baselines, quick=quick, progress=progress)
    note = f"{size.households:,} households, {size.communities:,} communities, 2 processes each"
    return [
        Row(one.name, one.goal, Sense.AT_LEAST, tuple(found[one.theirs]), "×", f"{note}, {one.clients} clients there")
        for one in _RIVALS
    ]


@contextmanager
def _serve_baselines(installation: Installation) -> Iterator[str]:
    environment = installation.environment("web") | {"BENCH_URL": installation.serving.url()}
    log = installation.run_dir / "logs" / "baselines.log"
    port = installation.port("baselines")
    with serve("benchmarks.baselines.app:app", port=port, environment=environment, log=log) as address:
        yield address


def _check(client: FieldClient, *, baselines: str) -> None:
    """Ask both sides the same at some places, and stop where an answer differs."""
    rival = FieldClient(baselines, client.session)
    for lon, lat in draw_places(_CHECKED):
        where = f"lon={lon:.6f}&lat={lat:.6f}"
        nearest, indexed = client.get(NEAREST.format(where)), rival.get(_INDEXED.format(where))
        check_nearest(nearest, indexed)
        check_counted(nearest, rival.get(_LIVE_NEAREST.format(where)), category=NEED)
        x, y = to_wgs84(lon, lat, datum=Datum.GCJ02)
        heatmap, counted = client.get(HEATMAP.format(where)), rival.get(_LIVE_HEATMAP.format(where))
        check_counted_cells(heatmap, counted, lon=x, lat=y, radius_m=RADIUS_M)


def _press_both(client: FieldClient, *, baselines: str, quick: bool, progress: Progress) -> dict[str, list[float]]:
    """Return how many times as many requests a second ours answers, round by round."""
    found: dict[str, list[float]] = {rival.theirs: [] for rival in _RIVALS}
    shorter, rounds = 6.0 if quick else 1.0, get_rounds(quick=quick)
    with TemporaryDirectory() as folder:
        scripts = {
            question: write_script(
                Path(folder) / f"{number}.lua", paths=find_paths(question), headers=get_headers(client)
            )
            for number, question in enumerate((NEAREST, HEATMAP, _INDEXED, _LIVE_NEAREST, _LIVE_HEATMAP))
        }
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            seconds = max(1.0, 4.0 / shorter)
            ours = {one: press(client.address, script=scripts[one], seconds=seconds).rate for one in (NEAREST, HEATMAP)}
            for rival in _RIVALS:
                seconds = max(1.0, rival.seconds / shorter)
                load = press(baselines, script=scripts[rival.theirs], seconds=seconds, connections=rival.clients)
                found[rival.theirs].append(ours[rival.ours] / load.rate)
                time.sleep(rival.clients / load.rate)  # answers still under way when the load ended
    return found
