"""Reads many rows as one block: PostgreSQL sends them in its binary form, numpy lays fields over the bytes.

No row becomes a Python object: with the two million leaves of a country those alone take half a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import LargeBinary, Select, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm import Session

Column: TypeAlias = NDArray[Any]
Kind: TypeAlias = np.dtype[Any]

INT4: Kind = np.dtype(">i4")
INT8: Kind = np.dtype(">i8")
FLOAT8: Kind = np.dtype(">f8")
POINT: Kind = np.dtype([("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("lon", "<f8"), ("lat", "<f8")])
"""A point of PostGIS, geography or geometry with an SRID, as a little-endian server sends it."""

_ITEM = np.dtype([("size", ">i4"), ("value", ">f8")])
_NOTHING = cast(literal_column("''"), LargeBinary)


def floats(width: int) -> Kind:
    """Return the kind of an array of `width` floats."""
    head = [(name, ">i4") for name in ("dimensions", "nulls", "of", "width", "first")]
    return np.dtype([*head, ("items", _ITEM, (width,))])


def join_rows(*columns: Any) -> Any:  # noqa: ANN401 - columns in, an SQL expression out
    """Build the aggregate that puts rows of some columns into one block."""
    return func.string_agg(func.record_send(func.row(*columns)), _NOTHING)


def join_texts(text: Any) -> Any:  # noqa: ANN401 - a column in, an SQL expression out
    """Build the aggregate that puts texts behind each other in UTF-8, a zero byte after each."""
    ended = func.convert_to(text, "UTF8").op("||")(cast(literal_column(r"'\x00'"), LargeBinary))
    return func.string_agg(ended, _NOTHING)


class BlockQuery:
    """A query for one row of blocks, written out once: for a small city writing costs more than reading."""

    def __init__(self, query: Select[Any]) -> None:
        """Write a query out; its bound parameters are given by name when it is asked."""
        compiled = query.compile(dialect=psycopg.dialect())  # type: ignore[no-untyped-call] # SQLAlchemy's own
        self._text, self._constants = str(compiled), compiled.params

    def fetch(self, session: Session, **parameters: object) -> tuple[bytes, ...]:
        """Return the blocks in binary: SQLAlchemy would have them sent in hexadecimal."""
        session.flush()
        driver: Any = session.connection().connection.driver_connection
        with driver.cursor(binary=True) as cursor:
            cursor.execute(self._text, {**self._constants, **parameters})
            return tuple(block or b"" for block in cursor.fetchone())


class RowsQuery:
    """A query for many rows whose columns are of these kinds, in this order."""

    def __init__(self, query: Select[Any], *, kinds: Mapping[str, Kind]) -> None:
        """Write a query out; its bound parameters are given by name when it is asked."""
        self._query = BlockQuery(select(join_rows(*query.subquery().c)))
        self._kinds = kinds

    def read(self, session: Session, **parameters: object) -> dict[str, Column]:
        """Return the columns. Raises ValueError as `split_block`."""
        (block,) = self._query.fetch(session, **parameters)
        return split_block(block, kinds=self._kinds)


def split_block(block: bytes, *, kinds: Mapping[str, Kind]) -> dict[str, Column]:
    """Return the columns of a block; arrays have shape (n, width), points keep `lon` and `lat`.

    Raises ValueError for rows that are not all of this form: a NULL among them, an array of another length.
    """
    fields: list[tuple[str, Any]] = [("columns", ">i4")]
    for name, kind in kinds.items():
        fields += [(f"{name} type", ">i4"), (f"{name} size", ">i4"), (name, kind)]
    rows = np.frombuffer(block, dtype=np.dtype(fields))
    if (rows["columns"] != len(kinds)).any() or any(
        (rows[f"{name} size"] != kinds[name].itemsize).any() for name in kinds
    ):
        raise ValueError("rows of another form")
    return {name: _unwrap(rows[name], name=name) for name in kinds}


def _unwrap(column: Column, *, name: str) -> Column:
    """Return values of the machine's own byte order."""
    if column.dtype == POINT:
        if (column["order"] != 1).any():
            raise ValueError(f"{name}: a point of a big-endian server")
        return column
    if column.dtype.names:
        width = column.dtype["items"].shape[0]
        if (column["width"] != width).any() or (column["items"]["size"] != FLOAT8.itemsize).any():
            raise ValueError(f"{name}: an array of another form")
        column = column["items"]["value"]
    return np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("="))
