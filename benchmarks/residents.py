"""Households in the people database as an intake leaves them, by the million: what a release reads, and nothing else.

Taking in ten million households has a bench of its own and takes many minutes; a release reads these tables only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks.binary_copy import copy_in
from benchmarks.ground import Households, Leaves
from privacy.release.plan import NEEDS_PER_HOUSEHOLD
from privacy.release.values import CATEGORIES

_SEED = 11
_AGREED_SHARE = 0.6
_SETTINGS = "SET maintenance_work_mem = '512MB'; SET synchronous_commit = off"
_TABLES = ("households", "needs", "pain_points", "interests", "topics")
# Table, values and how many of 256 households have it; ids are random, and so are those that have it.
_OTHERS = (
    ("pain_points", "0, 'noise', true", 26),
    ("interests", "'health', 0.5, true", 26),
    ("topics", "'cooking', 'weibo', 1, true", 13),
)
_FIND_INDEXES = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = %(table)s::regclass AND contype IN ('p', 'u')
"""
_FIND_OTHER_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = %(table)s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def settle(
    connection: psycopg.Connection[Any], *, households: Iterable[Households], leaves: Leaves, city_code: int
) -> None:
    """Replace everybody by these households, with the indexes built after them, and let the planner know."""
    connection.execute(_SETTINGS)
    connection.execute(f"TRUNCATE {', '.join(f'core.{table}' for table in _TABLES)}")
    rebuild = [statement for table in _TABLES for statement in _drop_indexes(connection, table)]
    for chunk in households:
        _write(connection, chunk, leaves=leaves, city_code=city_code)
    for byte, (table, values, share) in enumerate(_OTHERS):
        who = f"get_byte(uuid_send(household_id), {byte}) < {share}"
        connection.execute(f"INSERT INTO core.{table} SELECT household_id, {values} FROM core.households WHERE {who}")  # noqa: S608 - see above
    for statement in (*rebuild, *(f"VACUUM ANALYZE core.{table}" for table in _TABLES)):
        connection.execute(statement)


def _drop_indexes(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """Drop the indexes of a table; returns what builds them again."""
    named = {"table": f"core.{table}"}
    keys = connection.execute(_FIND_INDEXES, named).fetchall()
    others = connection.execute(_FIND_OTHER_INDEXES, named).fetchall()
    for name, _ in keys:
        connection.execute(f'ALTER TABLE core.{table} DROP CONSTRAINT "{name}"')
    for name, _ in others:
        connection.execute(f"DROP INDEX {name}")
    return [f'ALTER TABLE core.{table} ADD CONSTRAINT "{name}" {how}' for name, how in keys] + [
        how for _, how in others
    ]


def _write(connection: psycopg.Connection[Any], chunk: Households, *, leaves: Leaves, city_code: int) -> None:
    rng = np.random.default_rng([_SEED, chunk.first])
    count = len(chunk.rows)
    ids: NDArray[np.void] = np.frombuffer(rng.bytes(16 * count), dtype="V16")
    copy_in(
        connection,
        "core.households",
        {
            "household_id": ids,
            "city_code": np.full(count, city_code, dtype=np.int32),
            "leaf_id": leaves.ids[chunk.rows],
            "push_consent": rng.random(count) < _AGREED_SHARE,
            "activity_score": rng.integers(0, 101, count).astype(np.int16),
            "persona_category": rng.integers(0, len(CATEGORIES), count).astype(np.int16),
            "persona_age_band": rng.integers(0, 3, count).astype(np.int16),
        },
    )
    owners, categories = np.nonzero(chunk.needs)
    copy_in(
        connection,
        "core.needs",
        {
            "household_id": ids[owners],
            "category": categories.astype(np.int16),
            "city_code": np.full(len(owners), city_code, dtype=np.int32),
            "leaf_id": leaves.ids[chunk.rows[owners]],
            "counted": chunk.needs.cumsum(axis=1)[owners, categories] <= NEEDS_PER_HOUSEHOLD,
        },
    )
