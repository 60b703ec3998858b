"""COPY, the fast way in and out: whole columns as CSV written by Arrow, lines, or rows in PostgreSQL's binary form."""

from __future__ import annotations

import io
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, LiteralString

    import psycopg
    from numpy.typing import NDArray


_LINES_AT_ONCE = 1000
# How the binary form begins and ends: its signature, no flags, nothing more; after the last row, -1.
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"

EPOCH: Final = date(2000, 1, 1)
"""The day from which PostgreSQL counts days in its binary form."""


def copy_columns(connection: psycopg.Connection[Any], *, table: sql.Identifier, columns: dict[str, pa.Array]) -> None:
    """Copy columns of equal length into the equally named ones of a table."""
    sink = io.BytesIO()
    pa_csv.write_csv(pa.table(columns), sink, pa_csv.WriteOptions(include_header=False))
    with connection.cursor().copy(_get_copy(table, names=list(columns), form="(FORMAT csv)")) as copy:
        copy.write(sink.getvalue())


def copy_lines(
    connection: psycopg.Connection[Any], *, table: sql.Identifier, names: Sequence[str], lines: Iterable[str]
) -> None:
    r"""Copy lines in PostgreSQL's text format: tabs between, \N for null, \\x before the hex digits of bytes.

    Sends as it goes, so that the server indexes the first lines while the caller still makes the last.
    """
    waiting = iter(lines)
    with connection.cursor().copy(_get_copy(table, names=names, form="(FORMAT text)")) as copy:
        while batch := list(islice(waiting, _LINES_AT_ONCE)):
            copy.write(("\n".join(batch) + "\n").encode())


def copy_rows(
    connection: psycopg.Connection[Any], *, table: sql.Identifier, names: Sequence[str], rows: Iterable[bytes]
) -> None:
    """Copy rows in PostgreSQL's binary form, each begun by `begin_row` and made of what `field` returns."""
    waiting = iter(rows)
    with connection.cursor().copy(_get_copy(table, names=names, form="(FORMAT binary)")) as copy:
        copy.write(_HEADER)
        while batch := list(islice(waiting, _LINES_AT_ONCE)):
            copy.write(b"".join(batch))
        copy.write(_TRAILER)


def copy_records(
    connection: psycopg.Connection[Any], *, table: sql.Identifier, kinds: Mapping[str, str], columns: Mapping[str, Any]
) -> None:
    """Copy n rows of fixed length: `kinds` are numpy's big-endian types by column, `columns` their values or value."""
    record = _get_record(kinds)
    rows = np.empty(max((len(column) for column in columns.values() if np.ndim(column)), default=0), dtype=record)
    if not len(rows):
        return
    rows["fields"] = len(kinds)
    for name, kind in kinds.items():
        rows[f"{name}_bytes"] = np.dtype(kind).itemsize
        rows[name] = columns[name]
    with connection.cursor().copy(_get_copy(table, names=list(kinds), form="(FORMAT binary)")) as copy:
        copy.write(_HEADER)
        copy.write(rows.tobytes())
        copy.write(_TRAILER)


def _get_record(kinds: Mapping[str, str]) -> np.dtype[np.void]:
    parts = [part for name, kind in kinds.items() for part in ((f"{name}_bytes", ">i4"), (name, kind))]
    return np.dtype([("fields", ">i2"), *parts])


def begin_row(fields: int, /) -> bytes:
    """Return how a row of so many fields begins."""
    return fields.to_bytes(2, "big")


def field(content: bytes, /) -> bytes:
    """Return a field: its length and its bytes."""
    return len(content).to_bytes(4, "big") + content


def number(value: int, /, *, size: int) -> bytes:
    """Return a field that is a whole number of `size` bytes."""
    return field(value.to_bytes(size, "big", signed=True))


NULL: Final = (-1).to_bytes(4, "big", signed=True)
"""A field that holds nothing."""


def read_rows(
    connection: psycopg.Connection[Any], query: sql.Composed, /, *, kinds: Mapping[str, str]
) -> NDArray[np.void]:
    """Return what a query gives as an array of records; `kinds` are numpy's big-endian types by column, none null."""
    record = _get_record(kinds)
    with connection.cursor().copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)) as copy:
        content = b"".join(copy)
    count = (len(content) - len(_HEADER) - len(_TRAILER)) // record.itemsize
    return np.frombuffer(content, dtype=record, count=count, offset=len(_HEADER))


def _get_copy(table: sql.Identifier, *, names: Sequence[str], form: LiteralString) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    return sql.SQL("COPY {} ({}) FROM STDIN ").format(table, columns) + sql.SQL(form)
