"""Loads the tables that speak of a drop's customers: all rows into a staging table, then one merge, one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from privacy.people.drop.columns import to_floats
from privacy.people.drop.customers import get_customer_keys
from privacy.people.drop.tables import NEED_THRESHOLD
from privacy.people.drop.values import TableName
from privacy.people.loading.bounds import INTERESTS, NEEDS, PAIN_POINTS, PERSONA, TOPICS, stage_chosen
from privacy.people.loading.copying import copy_columns
from privacy.people.loading.statements import (
    FIND_MIRRORS,
    LOCK_MIRRORS,
    MERGE_PAIN_POINTS,
    MERGES,
    SET_MIRRORS,
    SET_PERSONAS,
    STAGING,
)
from privacy.redaction import mask_personal_text
from privacy.release.slots import AGE_BAND_MONTHS
from privacy.release.values import CATEGORIES

if TYPE_CHECKING:
    from datetime import date

    import psycopg
    from numpy.typing import NDArray

    from privacy.people.drop.rows import CheckedChunk
    from privacy.people.ports import FindTags
    from privacy.people.vault import Vault

_RENAMED = {"bought_at": "bought_on", "opened_at": "opened_on", "free_text": "masked_text"}
_LEFT_OUT = frozenset({"customer_id", "model_version"})
_BOUNDED = {TableName.SCORES: NEEDS, TableName.INTERESTS: INTERESTS, TableName.TOPICS: TOPICS}


def create_staging(connection: psycopg.Connection[Any], *, table: TableName) -> None:
    """Make an empty `staged` for one file, in place of the last one."""
    connection.execute("DROP TABLE IF EXISTS staged")
    columns = sql.SQL(STAGING[table])
    connection.execute(sql.SQL("CREATE TEMPORARY TABLE staged (customer_key bigint, {})").format(columns))


def stage(connection: psycopg.Connection[Any], *, table: TableName, checked: CheckedChunk, find_tags: FindTags) -> None:
    """Add a chunk's good rows to `staged`.

    Scores below the threshold are no need and stay out; texts are masked, and the pains in them stand beside them.
    """
    is_wanted = checked.is_good
    if table is TableName.SCORES:
        is_wanted = is_wanted & _reaches_threshold(checked)
    wanted = pa.array(is_wanted)
    columns = {name: pc.filter(column, wanted) for name, column in checked.columns.items()}
    staged = {"customer_key": pa.array(get_customer_keys(columns["customer_id"]))}
    for name, column in columns.items():
        if name not in _LEFT_OUT and not (table is TableName.SCORES and name == "score"):
            staged[_RENAMED.get(name, name)] = column
    if table is TableName.TICKETS:
        staged["masked_text"] = _mask(staged["masked_text"])
        staged["mined_tags"] = _mine(staged["masked_text"], staged["category"], find_tags=find_tags)
    if table is TableName.ACTIVITY:
        staged["score"] = pc.cast(pc.round(staged["score"]), pa.int32())
    copy_columns(connection, table=sql.Identifier("staged"), columns=staged)


def merge(connection: psycopg.Connection[Any], *, table: TableName, month: date, vault: Vault) -> None:
    """Merge `staged` into its table, and what follows from it, inside the caller's transaction.

    Repeating it changes nothing.
    """
    connection.execute("ANALYZE staged")
    if table in _BOUNDED:
        stage_chosen(connection, bound=_BOUNDED[table], month=month, vault=vault)
    connection.execute(MERGES[table].encode())
    if table is TableName.CONSENTS:
        for statement in (FIND_MIRRORS, LOCK_MIRRORS, SET_MIRRORS):
            connection.execute(statement)
    elif table is TableName.PURCHASES:
        stage_chosen(connection, bound=PERSONA, month=month, vault=vault)
        second_from, third_from = AGE_BAND_MONTHS
        connection.execute(SET_PERSONAS, {"month": month, "second_from": second_from, "third_from": third_from})
    elif table is TableName.TICKETS:
        stage_chosen(connection, bound=PAIN_POINTS, month=month, vault=vault)
        connection.execute(MERGE_PAIN_POINTS.encode())


def _reaches_threshold(checked: CheckedChunk) -> NDArray[np.bool_]:
    scores = to_floats(checked.columns["score"])
    is_need: NDArray[np.bool_] = np.nan_to_num(scores, nan=-1.0) >= NEED_THRESHOLD
    return is_need


def _mask(texts: pa.Array) -> pa.Array:
    # A text that says nothing is stored as a space: the column is not null, and Arrow would write "" as null.
    return pa.array([mask_personal_text(text) if text else " " for text in texts.to_pylist()], type=pa.string())


def _mine(texts: pa.Array, categories: pa.Array, *, find_tags: FindTags) -> pa.Array:
    """Return the pains of each text as PostgreSQL writes an array. Tags are identifiers: nothing needs a quote."""
    rows = zip(texts.to_pylist(), categories.to_pylist(), strict=True)
    found = (find_tags(text, category=str(CATEGORIES[category])) for text, category in rows)
    return pa.array(["{" + ",".join(tags) + "}" for tags in found], type=pa.string())
