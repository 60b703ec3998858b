"""Loads the tables that speak of a drop's customers: all rows into a staging table, then one merge, one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from privacy.people.drop.columns import to_floats
from privacy.people.drop.tables import NEED_THRESHOLD
from privacy.people.drop.values import TableName
from privacy.people.loading.bounds import INTERESTS, NEEDS, PAIN_POINTS, PERSONA, TOPICS, stage_chosen
from privacy.people.loading.copying import copy_columns
from privacy.people.loading.statements import (
    FIND_MIRRORS,
    FIND_PERSONAS,
    LOCK_MIRRORS,
    LOOK_AGAIN,
    MERGE_PAIN_POINTS,
    MERGES,
    SET_CHANGED,
)
from privacy.redaction import mask_personal_text
from privacy.release.slots import AGE_BAND_MONTHS
from privacy.release.values import CATEGORIES

if TYPE_CHECKING:
    from datetime import date

    import psycopg
    from numpy.typing import NDArray

    from privacy.people.drop.rows import CheckedChunk
    from privacy.people.loading.tools import Tools
    from privacy.people.ports import FindTags
    from privacy.people.vault import Vault

_PRESENT = """
INSERT INTO present SELECT customer_key, home_id AS household_id FROM staging.present WHERE bucket = %s
"""
# PostgreSQL believes of a table that was analysed while it was empty that it still is, and would go through all of it
# for each new row while other processes fill it. From some pages on it looks how many there are.
_JOIN_BY_SIZE = """
SELECT set_config('enable_nestloop', CASE WHEN pg_relation_size(%s::regclass) < %s THEN 'off' ELSE 'on' END, true)
"""
_SMALL_BYTES = 4_000_000
_RENAMED = {"bought_at": "bought_on", "opened_at": "opened_on", "free_text": "masked_text"}
_LEFT_OUT = frozenset({"customer_id", "model_version"})
_MERGED_INTO = {TableName.SCORES: "core.needs", TableName.ACTIVITY: "core.households"}
_BOUNDED = {TableName.SCORES: NEEDS, TableName.INTERESTS: INTERESTS, TableName.TOPICS: TOPICS}


def stage(
    connection: psycopg.Connection[Any],
    *,
    table: TableName,
    checked: CheckedChunk,
    keys: NDArray[np.int64],
    buckets: NDArray[np.int32],
    tools: Tools,
) -> None:
    """Add a chunk's good rows to the staged ones of their table; `buckets` is -1 for those that nobody wants.

    Scores below the threshold are no need and stay out; texts are masked, and the pains in them stand beside them.
    """
    is_wanted = checked.is_good & (buckets >= 0)
    if table is TableName.SCORES:
        is_wanted = is_wanted & _reaches_threshold(checked)
    # Rows of one bucket stand together, so that whoever merges it reads few pages.
    wanted = np.flatnonzero(is_wanted)
    wanted = wanted[np.argsort(buckets[wanted], kind="stable")]
    columns = {name: column.take(pa.array(wanted)) for name, column in checked.columns.items()}
    staged = {"bucket": pa.array(buckets[wanted]), "customer_key": pa.array(keys[wanted])}
    for name, column in columns.items():
        if name not in _LEFT_OUT and not (table is TableName.SCORES and name == "score"):
            staged[_RENAMED.get(name, name)] = column
    if table is TableName.TICKETS:
        staged |= _read_texts(staged["masked_text"], categories=staged["category"], find_tags=tools.find_tags)
    if table is TableName.ACTIVITY:
        staged["score"] = pc.cast(pc.round(staged["score"]), pa.int32())
    copy_columns(connection, table=sql.Identifier("staging", table), columns=staged)


def merge_bucket(connection: psycopg.Connection[Any], *, bucket: int, month: date, vault: Vault) -> None:
    """Merge the staged rows of a bucket's households into their tables, inside the caller's transaction.

    Repeating it changes nothing.
    """
    connection.execute(_PRESENT, (bucket,))
    connection.execute("ANALYZE present")
    for table in MERGES:
        fill = sql.SQL("CREATE TEMPORARY TABLE staged ON COMMIT DROP AS SELECT * FROM {} WHERE bucket = {}")
        connection.execute(fill.format(sql.Identifier("staging", table), bucket))
        connection.execute("ANALYZE staged")
        _join_by_size(connection, table=_MERGED_INTO.get(table, f"core.{table}"))
        _merge(connection, table=table, month=month, vault=vault)
        connection.execute("DROP TABLE IF EXISTS staged, found, candidates, chosen")
    _join_by_size(connection, table="core.households")
    # Last, because whoever writes to one of these households waits from here on.
    for statement in (FIND_MIRRORS, LOCK_MIRRORS, LOOK_AGAIN, SET_CHANGED):
        connection.execute(statement)


def _merge(connection: psycopg.Connection[Any], *, table: TableName, month: date, vault: Vault) -> None:
    """Merge `staged` into its table, and what follows from it."""
    if table in _BOUNDED:
        stage_chosen(connection, bound=_BOUNDED[table], month=month, vault=vault)
    connection.execute(MERGES[table].encode())
    if table is TableName.PURCHASES:
        stage_chosen(connection, bound=PERSONA, month=month, vault=vault)
        second_from, third_from = AGE_BAND_MONTHS
        connection.execute(FIND_PERSONAS, {"month": month, "second_from": second_from, "third_from": third_from})
    elif table is TableName.TICKETS:
        stage_chosen(connection, bound=PAIN_POINTS, month=month, vault=vault)
        _join_by_size(connection, table="core.pain_points")
        connection.execute(MERGE_PAIN_POINTS.encode())


def _join_by_size(connection: psycopg.Connection[Any], *, table: str) -> None:
    """Have a table that is still small joined by hash alone, until the next call or the end of the transaction."""
    connection.execute(_JOIN_BY_SIZE, (table, _SMALL_BYTES))


def _reaches_threshold(checked: CheckedChunk) -> NDArray[np.bool_]:
    scores = to_floats(checked.columns["score"])
    is_need: NDArray[np.bool_] = np.nan_to_num(scores, nan=-1.0) >= NEED_THRESHOLD
    return is_need


def _read_texts(texts: pa.Array, *, categories: pa.Array, find_tags: FindTags) -> dict[str, pa.Array]:
    """Return the texts masked, and the pains of each as PostgreSQL writes an array; what is said twice is read once.

    A text that says nothing is stored as a space: the column is not null, and Arrow would write "" as null. Tags are
    identifiers: nothing needs a quote.
    """
    said = list(zip(texts.to_pylist(), categories.to_pylist(), strict=True))
    masked = {text: mask_personal_text(text) if text else " " for text, _ in dict.fromkeys(said)}
    tags = {one: find_tags(masked[one[0]], category=str(CATEGORIES[one[1]])) for one in dict.fromkeys(said)}
    written = {one: "{" + ",".join(found) + "}" for one, found in tags.items()}
    return {
        "masked_text": pa.array([masked[text] for text, _ in said], type=pa.string()),
        "mined_tags": pa.array([written[one] for one in said], type=pa.string()),
    }
