"""Rows of users for those who count live: what a system without released figures would ask at every request.

They stand in a schema of their own beside the places, with the indexes that their questions want.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import Engine

from benchmarks.binary_copy import Column, copy_in, encode_points
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


def write_rows(engine: Engine, *, households: Iterable[Households], leaves: Leaves) -> None:
    """Write the rows of all households, index them, and let the planner know them."""
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.autocommit = True
        connection.execute(_SETTINGS)
        connection.execute(_CREATE)
        for chunk in households:
            _write(connection, chunk, leaves=leaves)
        for statement in _FINISH:
            connection.execute(statement)


def _write(connection: psycopg.Connection[Any], chunk: Households, *, leaves: Leaves) -> None:
    columns: dict[str, Column] = {
        "user_id": np.arange(chunk.first, chunk.first + len(chunk.rows), dtype=np.int64),
        "leaf_id": leaves.ids[chunk.rows],
        "cell8": leaves.cells[chunk.rows],
        "position": encode_points(chunk.lon, chunk.lat),
    }
    needs = {category.value: chunk.needs[:, category.column] for category in CATEGORIES}
    copy_in(connection, f"{SCHEMA}.users", columns | needs)
