"""Rows of users for those who count live: what a system without released figures would ask at every request.

They stand in a schema of their own beside the places, with the indexes that their questions want.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Engine

from benchmarks.ground import Households, Leaves
from privacy.release.values import CATEGORIES

SCHEMA = "bench"
_SETTINGS = "SET maintenance_work_mem = '1GB'; SET synchronous_commit = off"
_CREATE = f"""
CREATE SCHEMA {SCHEMA};
CREATE TABLE {SCHEMA}.users (
    user_id bigint NOT NULL,
    leaf_id bigint NOT NULL,
    cell8 bigint NOT NULL,
    position geography(POINT, 4326) NOT NULL,
    {", ".join(f"{category} boolean NOT NULL" for category in CATEGORIES)}
)
"""
# After the load, where an index is built in one sort.
_FINISH = (
    f"ALTER TABLE {SCHEMA}.users ADD PRIMARY KEY (user_id)",
    f"CREATE INDEX ON {SCHEMA}.users (leaf_id)",
    f"CREATE INDEX ON {SCHEMA}.users USING gist (position)",
    f"VACUUM ANALYZE {SCHEMA}.users",
    "VACUUM ANALYZE places.communities",
    "VACUUM ANALYZE places.leaves",
    "VACUUM ANALYZE released.leaf_figures",
)
# PostgreSQL's binary COPY: a row is the number of its fields, then each with its length; all big-endian. A point is
# EWKB, little-endian: byte order, type with the flag of an SRID, the SRID, longitude, latitude.
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_POINT = [("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("lon", "<f8"), ("lat", "<f8")]
_POINT_BYTES = 25
_POINT_TYPE, _SRID = 0x20000001, 4326
_ROW = np.dtype(
    [("fields", ">i2")]
    + [part for name in ("user_id", "leaf_id", "cell8") for part in ((f"{name}_bytes", ">i4"), (name, ">i8"))]
    + [("position_bytes", ">i4"), ("position", _POINT)]
    + [part for name in CATEGORIES for part in ((f"{name}_bytes", ">i4"), (name.value, "u1"))]
)


def write_rows(engine: Engine, *, households: Iterable[Households], leaves: Leaves) -> None:
    """Write the rows of all households, index them, and let the planner know them."""
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.autocommit = True
        connection.execute(_SETTINGS)
        connection.execute(_CREATE)
        with connection.cursor() as cursor, cursor.copy(f"COPY {SCHEMA}.users FROM STDIN (FORMAT binary)") as copy:
            copy.write(_HEADER)
            for chunk in households:
                copy.write(_encode(chunk, leaves=leaves).tobytes())
            copy.write(_TRAILER)
        for statement in _FINISH:
            connection.execute(statement)


def _encode(chunk: Households, *, leaves: Leaves) -> NDArray[np.void]:
    count = len(chunk.rows)
    rows = np.zeros(count, dtype=_ROW)
    rows["fields"] = 4 + len(CATEGORIES)
    columns = {
        "user_id": np.arange(chunk.first, chunk.first + count),
        "leaf_id": leaves.ids[chunk.rows],
        "cell8": leaves.cells[chunk.rows],
    }
    for name, values in columns.items():
        rows[f"{name}_bytes"], rows[name] = 8, values
    rows["position_bytes"] = _POINT_BYTES
    point = rows["position"]
    point["order"], point["type"], point["srid"] = 1, _POINT_TYPE, _SRID
    point["lon"], point["lat"] = chunk.lon, chunk.lat
    for column, name in enumerate(CATEGORIES):
        rows[f"{name}_bytes"], rows[name.value] = 1, chunk.needs[:, column]
    return rows
