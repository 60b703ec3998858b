"""COPY, the fast way in: whole columns as CSV written by Arrow, or lines that the caller has written."""

from __future__ import annotations

import io
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, LiteralString

    import psycopg


_LINES_AT_ONCE = 1000


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


def _get_copy(table: sql.Identifier, *, names: Sequence[str], form: LiteralString) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    return sql.SQL("COPY {} ({}) FROM STDIN ").format(table, columns) + sql.SQL(form)
