"""Readers of tables: CSV as spreadsheets and offices in China write it, and Parquet. Both stream."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from geo.errors import ImportFileError
from geo.importing.columns import Columns, choose_columns
from geo.importing.rows import RawPlace, UnreadableRow

_SNIFFED_BYTES = 1 << 20
_LONGEST_FIELD = 16 << 20
_PARQUET_ROWS = 20_000


def find_encoding(path: Path) -> str:
    """Tell UTF-8 (with or without BOM), UTF-16 with BOM and GB 18030 apart by the first MiB."""
    with path.open("rb") as file:
        start = file.read(_SNIFFED_BYTES)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start, final=False)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _find_delimiter(header: str) -> str:
    return max(",;\t|", key=header.count)


def _pick(header: Sequence[str], column: str) -> int | None:
    return header.index(column) if column else None


def _read_records(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None


def read_csv(path: Path, *, mapping: Mapping[str, str]) -> Iterator[RawPlace | UnreadableRow]:
    """Read a CSV row by row; the header is row 1. Bytes that do not decode make their row unreadable."""
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding=find_encoding(path), errors="replace", newline="") as file:
        first = file.readline()
        reader = csv.reader(_chain(first, file), delimiter=_find_delimiter(first))
        header = [column.strip() for column in next(reader, [])]
        columns = choose_columns(header, mapping=mapping, file_name=path.name)
        picks = [_pick(header, column) for column in _in_order(columns)]
        width = max(pick for pick in picks if pick is not None) + 1
        for number, record in enumerate(_read_records(reader), start=2):
            if record == []:
                continue
            if record is None or len(record) < width or any("�" in field for field in record):
                yield UnreadableRow(number)
            else:
                yield RawPlace(number, *("" if pick is None else record[pick] for pick in picks))


def _chain(first: str, file: io.TextIOWrapper) -> Iterator[str]:
    yield first
    yield from file


def _in_order(columns: Columns) -> tuple[str, ...]:
    return (
        columns.code,
        columns.name,
        columns.longitude,
        columns.latitude,
        columns.adcode,
        columns.households,
        columns.outline,
    )


def _to_text(value: object) -> str:
    return "" if value is None else str(value)


def read_parquet(path: Path, *, mapping: Mapping[str, str]) -> Iterator[RawPlace | UnreadableRow]:
    """Read a Parquet file batch by batch; rows count from 1."""
    try:
        file = pq.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise ImportFileError(file_name=path.name, reason="not a Parquet file") from error
    with file:
        columns = choose_columns(file.schema_arrow.names, mapping=mapping, file_name=path.name)
        picked = _in_order(columns)
        number = 0
        for batch in file.iter_batches(_PARQUET_ROWS, columns=sorted({name for name in picked if name})):
            lists = [batch.column(name).to_pylist() if name else [""] * len(batch) for name in picked]
            for *texts, outline in zip(*lists, strict=True):
                number += 1
                shape = outline if isinstance(outline, bytes) else _to_text(outline)
                yield RawPlace(number, *map(_to_text, texts), outline=shape)  # type: ignore[misc]
