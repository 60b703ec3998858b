"""Peers that a user would pick for the nearest places: Redis with GEOSEARCH, and DuckDB.

Both are given the same communities with the figure asked for, and answer with the nearest 30 and their figures.
DuckDB fetches its spatial extension from its makers when it is first used, which a bench must not need: the distance is
written out as a haversine over two columns of doubles instead.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import redis

from geo.layer import CityLayer
from geo.values import LonLat
from privacy.release.values import Category

_FARTHEST_KM = 100
_INDEX, _FIGURES = "bench:communities", "bench:figures"
_NEAREST = """
    SELECT code, 12742008.8 * asin(sqrt(
        pow(sin(radians(lat - $lat) / 2), 2)
        + cos(radians($lat)) * cos(radians(lat)) * pow(sin(radians(lon - $lon) / 2), 2)
    )) AS distance_m, users, need
    FROM communities ORDER BY distance_m LIMIT $limit
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One community of an answer."""

    code: str
    distance_m: float
    users: float
    need: float


def _list_rows(layer: CityLayer, *, category: Category) -> list[tuple[str, float, float, float, float]]:
    communities = layer.communities
    shown = layer.show_communities(list(range(len(communities.codes))))
    columns = (communities.lon, communities.lat, shown.users, shown.needs[:, category.column])
    return list(zip(communities.codes, *(column.tolist() for column in columns), strict=True))


class RedisPeer:
    """Positions in a geo set, figures in a hash: two round trips, the second for all places at once."""

    def __init__(self, url: str, *, layer: CityLayer, category: Category) -> None:
        """Load the communities."""
        self._redis: Any = redis.Redis.from_url(url, decode_responses=True)
        self._redis.delete(_INDEX, _FIGURES)
        pipeline = self._redis.pipeline(transaction=False)
        for code, lon, lat, users, need in _list_rows(layer, category=category):
            pipeline.geoadd(_INDEX, (lon, lat, code))
            pipeline.hset(_FIGURES, code, json.dumps([users, need]))
        pipeline.execute()

    def find_nearest(self, position: LonLat, *, limit: int) -> list[Found]:
        """Return the nearest, nearest first."""
        near = self._redis.geosearch(
            _INDEX, longitude=position.lon, latitude=position.lat, radius=_FARTHEST_KM, unit="km", sort="ASC",
            count=limit, withdist=True,
        )  # fmt: skip
        figures = self._redis.hmget(_FIGURES, [code for code, _ in near])
        return [Found(code, km * 1000.0, *json.loads(row)) for (code, km), row in zip(near, figures, strict=True)]


class DuckPeer:
    """Columns in memory, scanned at every question: DuckDB has no index for it without its extension."""

    def __init__(self, *, layer: CityLayer, category: Category) -> None:
        """Load the communities."""
        names = ("code", "lon", "lat", "users", "need")
        columns = zip(*_list_rows(layer, category=category), strict=True)
        rows = pa.table(dict(zip(names, map(list, columns), strict=True)))
        self._duck = duckdb.connect(":memory:")
        self._duck.register("given", rows)
        self._duck.execute("CREATE TABLE communities AS SELECT * FROM given")

    def find_nearest(self, position: LonLat, *, limit: int) -> list[Found]:
        """Return the nearest, nearest first."""
        values = {"lon": position.lon, "lat": position.lat, "limit": limit}
        return [Found(*row) for row in self._duck.execute(_NEAREST, values).fetchall()]
