"""The index in memory against Redis and DuckDB, query by query in one process; each gives 30 rows with figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from benchmarks.agreement import SPHERE_ERROR, require
from benchmarks.baselines.peers import DuckPeer, Found, RedisPeer
from benchmarks.city import CITY, QUICK_CITY, run_city
from benchmarks.questions import LIMIT, NEED, draw_places, get_rounds
from benchmarks.values import Progress, Row, Sense
from geo.datum import to_wgs84
from geo.snapshot import Snapshot, SnapshotStore
from geo.values import Datum, LonLat
from privacy.release.signing import parse_public_keys
from stack.environment import Installation

_FIGURE = "Redis GEOSEARCH and DuckDB on the same question, for the record"
_ASKED = 300
_CHECKED = 20
_Ask = Callable[[LonLat], Sequence[object]]


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Measure both peers."""
    size, rounds = QUICK_CITY if quick else CITY, get_rounds(quick=quick)
    with run_city(size, progress=progress) as installation:
        snapshot = _load_snapshot(installation)
        layer = snapshot.layers[0]
        redis = RedisPeer(installation.redis.url.removesuffix("/0") + "/5", layer=layer, category=NEED)
        duck = DuckPeer(layer=layer, category=NEED)
        peers = {"Redis GEOSEARCH": redis.find_nearest, "DuckDB": duck.find_nearest}
        places = [LonLat(*to_wgs84(lon, lat, datum=Datum.GCJ02)) for lon, lat in draw_places(_ASKED)]
        rows = []
        for name, find in peers.items():
            for place in places[:_CHECKED]:
                _check(_ask_ours(snapshot, place), find(place, limit=LIMIT))
            ratios, theirs_s = [], 0.0
            for number in range(rounds):
                progress(f"{name}: round {number + 1} of {rounds}")
                ours_s = _time(lambda place: _ask_ours(snapshot, place), places)
                theirs_s = _time(lambda place, find=find: find(place, limit=LIMIT), places)  # type: ignore[misc]
                ratios.append(theirs_s / ours_s)
            note = f"{size.communities:,} communities, one process; the last round {theirs_s * 1000:.2f} ms there"
            rows.append(Row(f"{_FIGURE}, {name}", 1.0, Sense.AT_LEAST, tuple(ratios), "×", note))
    return rows


def _load_snapshot(installation: Installation) -> Snapshot:
    engine = create_engine(installation.url("serving", "field_web"))
    keys = parse_public_keys((installation.run_dir / "release-public-keys").read_text())
    snapshot = SnapshotStore(sessionmaker(engine), lambda: datetime.now(UTC), public_keys=keys).current()
    engine.dispose()
    return snapshot


def _ask_ours(snapshot: Snapshot, place: LonLat) -> list[Found]:
    near = snapshot.find_nearest(place, limit=LIMIT, category=NEED)
    slots = near.slots.tolist()
    codes = [near.layer.communities.codes[slot] for slot in slots]
    shown = near.layer.show_communities(slots)
    columns = (column.tolist() for column in (near.distances_m, shown.users, shown.needs[:, NEED.column]))
    return [Found(*row) for row in zip(codes, *columns, strict=True)]


def _check(ours: Sequence[Found], theirs: Sequence[Found]) -> None:
    """Require the same communities, but for those that a sphere puts on the other side of the last."""
    figures = {one.code: one for one in theirs}
    require(len(ours) == len(theirs), "another number of places")
    last_m = ours[-1].distance_m * (1.0 - 2.0 * SPHERE_ERROR)
    for one in ours:
        other = figures.get(one.code)
        require(other is not None or one.distance_m >= last_m, "another place")
        if other is not None:
            near = abs(other.distance_m - one.distance_m) <= SPHERE_ERROR * one.distance_m + 1.0
            require(near and (other.users, other.need) == (one.users, one.need), "another distance or figure")


def _time(ask: _Ask, places: Sequence[LonLat]) -> float:
    """Return the seconds of one question."""
    began = time.perf_counter()
    for place in places:
        ask(place)
    return (time.perf_counter() - began) / len(places)
