"""Reads many rows as one block a column: PostgreSQL sends values in its binary form, numpy lays a form over the bytes.

No row becomes a Python object: with the two million leaves of a country those alone take half a minute. PostgreSQL
takes a fifth less for columns than for whole rows, and the bytes of a column lie together.

Arrays go through `cube`, a type of PostgreSQL's own extension: it writes its numbers in one go, where an array asks a
function for each of them and takes twice as long in all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from psycopg import Error
from sqlalchemy import LargeBinary, Select, and_, case, cast, func, literal_column, null, select
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Column: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """How values of a type come: by which of PostgreSQL's functions, one after the other, and the bytes of one."""

    send: tuple[str, ...]
    form: np.dtype[Any]


INT4 = Kind(("int4send",), np.dtype(">i4"))
INT8 = Kind(("int8send",), np.dtype(">i8"))
FLOAT8 = Kind(("float8send",), np.dtype(">f8"))
POINT = Kind(
    ("geography_send",),
    np.dtype([("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("lon", "<f8"), ("lat", "<f8")]),
)
"""A point of PostGIS, geography with an SRID, as a little-endian server sends it."""

_CUBE_OF_ONE_POINT = 1 << 31
"""The flag beside the number of dimensions: one corner is sent, since both are the same."""
_NOTHING = cast(literal_column("''"), LargeBinary)
_ZERO = cast(literal_column(r"'\x00'"), LargeBinary)


def arrays(names: Sequence[str], *, width: int) -> Kind:
    """Return the kind of arrays of `width` floats each that `chain_arrays` has put behind each other."""
    return Kind(("cube", "cube_send"), np.dtype([("head", ">u4"), *((name, ">f8", (width,)) for name in names)]))


def chain_arrays(columns: Sequence[Any], *, width: int) -> Any:  # noqa: ANN401 - columns in, an SQL expression out
    """Build the expression that puts arrays behind each other; NULL where one has not `width` numbers, or holds NULL.

    So no number can come as one of the neighbouring array.
    """
    are_whole = (
        and_(
            func.array_ndims(column) == 1,
            func.array_length(column, 1) == width,
            func.array_position(column, null()).is_(None),
        )
        for column in columns
    )
    return case((and_(*are_whole), reduce(lambda before, column: before.concat(column), columns)))


def join_values(column: Any, *, kind: Kind) -> Any:  # noqa: ANN401 - a column in, an SQL expression out
    """Build the aggregate that puts the values of a column into one block."""
    return func.string_agg(reduce(lambda value, name: getattr(func, name)(value), kind.send, column), _NOTHING)


def join_texts(text: Any) -> Any:  # noqa: ANN401 - a column in, an SQL expression out
    """Build the aggregate that puts texts behind each other in UTF-8, a zero byte after each."""
    return func.string_agg(func.convert_to(text, "UTF8"), _ZERO).op("||")(_ZERO)


class BlockQuery:
    """A query for one row of blocks, written out once: for a small city writing costs more than reading."""

    def __init__(self, query: Select[Any]) -> None:
        """Write a query out; its bound parameters are given by name when it is asked."""
        compiled = query.compile(dialect=psycopg.dialect())  # type: ignore[no-untyped-call] # SQLAlchemy's own
        self._text, self._constants = str(compiled), compiled.params

    def fetch(self, session: Session, **parameters: object) -> tuple[bytes, ...]:
        """Return the blocks in binary: SQLAlchemy would have them sent in hexadecimal. Raises DBAPIError."""
        session.flush()
        connection = session.connection()
        driver: Any = connection.connection.driver_connection
        try:
            with driver.cursor(binary=True) as cursor:
                cursor.execute(self._text, {**self._constants, **parameters})
                return tuple(block or b"" for block in cursor.fetchone())
        except Error as error:
            # Past SQLAlchemy: nobody else says what happened in its words, or keeps a lost connection from the next.
            if driver.broken:
                connection.invalidate(error)
            raise DBAPIError(self._text, None, error, hide_parameters=True) from error


class RowsQuery:
    """A query for many rows whose columns are of these kinds, in this order."""

    def __init__(self, query: Select[Any], *, kinds: Mapping[str, Kind]) -> None:
        """Write a query out; its bound parameters are given by name when it is asked."""
        columns = zip(query.subquery().c, kinds.values(), strict=True)
        self._query = BlockQuery(select(*(join_values(column, kind=kind) for column, kind in columns)))
        self._kinds = kinds

    def read(self, session: Session, **parameters: object) -> dict[str, Column]:
        """Return the columns. Raises ValueError as `split_blocks`."""
        return split_blocks(self._query.fetch(session, **parameters), kinds=self._kinds)


def split_blocks(blocks: Sequence[bytes], *, kinds: Mapping[str, Kind]) -> dict[str, Column]:
    """Return the columns of blocks; points keep `lon` and `lat`, arrays are columns of their own of shape (n, width).

    Raises ValueError for values that are not of this form, and for columns that are not equally long: an aggregate
    leaves a NULL out.
    """
    found: dict[str, Column] = {}
    for block, (name, kind) in zip(blocks, kinds.items(), strict=True):
        column = np.frombuffer(block, dtype=kind.form)
        if kind == POINT:
            if (column["order"] != 1).any():
                raise ValueError("a point of a big-endian server")
            found[name] = column
        elif kind.form.names:
            found |= _split_arrays(column)
        else:
            found[name] = _to_own_order(column)
    if len({len(column) for column in found.values()}) > 1:
        raise ValueError("columns of another length")
    return found


def _split_arrays(column: Column) -> dict[str, Column]:
    names = (column.dtype.names or ())[1:]
    if (column["head"] != _CUBE_OF_ONE_POINT | sum(column.dtype[name].shape[0] for name in names)).any():
        raise ValueError("an array of another form")
    return {name: _to_own_order(column[name]) for name in names}


def _to_own_order(column: Column) -> Column:
    """Return values in the machine's own byte order."""
    return np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("="))
