"""Reads a drop's file in chunks of constant size, Parquet or CSV, so that memory does not grow with the file.

CSV comes as text whatever it holds, with or without BOM, LF or CRLF, line breaks in quotes allowed; rows are numbered
from 1, the header not counted. A CSV row with too many or too few fields is left out of the chunks and named in
`ragged`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from privacy.people.drop.errors import DropError
from privacy.people.drop.values import DropFile, DropProblem, Part, TableName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CHUNK_ROWS = 50_000
_CSV = ".csv"
_BLOCK_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some consecutive rows of a file: raw columns by name, and the number of each row in the file."""

    columns: dict[str, pa.Array]
    rows: NDArray[np.int64]

    def take(self, positions: NDArray[np.int64], /) -> Chunk:
        """Return some of the rows."""
        chosen = pa.array(positions)
        return Chunk({name: column.take(chosen) for name, column in self.columns.items()}, self.rows[positions])


@dataclass(slots=True)
class FileReader:
    """One pass over one part of a file, whose columns are `names`; `wanted` are those that are read, by default all.

    `ragged` is complete once the pass is through.
    """

    file: DropFile
    part: Part
    names: Sequence[str]
    wanted: Sequence[str] = ()
    chunk_rows: int = CHUNK_ROWS
    ragged: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[Chunk]:
        """Yield chunks. Raises DropError: unreadable, wrong columns, or not the promised number of rows."""
        total = 0
        try:
            for table in _rechunk(self._read_batches(), chunk_rows=self.chunk_rows):
                rows = self._number(table.num_rows, start=self.part.start + total)
                total += table.num_rows
                yield Chunk({name: _flatten(table.column(name)) for name in self.wanted or self.names}, rows)
        # pyarrow's own errors: for a broken file, a type or compression that it cannot read, a fault of the disk.
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
            raise _get_error(self.file, DropProblem.FILE_UNREADABLE) from None
        if total + len(self.ragged) != self.part.rows:
            raise _get_error(self.file, DropProblem.ROW_COUNT_WRONG)

    def _read_batches(self) -> Iterator[pa.RecordBatch]:
        return self._read_csv() if self.file.path.suffix == _CSV else self._read_parquet()

    def _read_parquet(self) -> Iterator[pa.RecordBatch]:
        with pa_parquet.ParquetFile(self.file.path) as opened:
            yield from opened.iter_batches(
                batch_size=self.chunk_rows,
                row_groups=list(self.part.groups),
                columns=list(self.wanted or self.names),
                use_threads=False,
            )

    def _read_csv(self) -> Iterator[pa.RecordBatch]:
        if self.file.path.stat().st_size == 0:
            raise _get_error(self.file, DropProblem.COLUMNS_WRONG)
        with pa_csv.open_csv(
            self.file.path,
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=self._skip),
            convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(self.names, pa.string())),
        ) as opened:
            _check_names(self.file, found=opened.schema.names, names=self.names)
            yield from opened

    def _skip(self, row: Any) -> str:  # noqa: ANN401 - pyarrow has no types
        self.ragged.append(int(row.number) - 1)
        return "skip"

    def _number(self, count: int, *, start: int) -> NDArray[np.int64]:
        rows = np.arange(start + 1, start + count + 1, dtype=np.int64)
        for ragged in self.ragged:  # ascending: each pushes what follows one further
            rows[rows >= ragged] += 1
        return rows


def find_parts(file: DropFile, /, *, names: Sequence[str], part_rows: int) -> list[Part]:
    """Cut a file into parts of whole row groups, at least `part_rows` rows each; a CSV file is one part.

    The same file is always cut the same. Raises DropError: unreadable, wrong columns, or not the promised rows; what
    is wrong with a CSV file shows when it is read.
    """
    if file.path.suffix == _CSV:
        return [Part(file.table, 0, 0, file.rows, ())]
    try:
        with pa_parquet.ParquetFile(file.path) as opened:
            found, metadata = opened.schema_arrow.names, opened.metadata
            sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    except (pa.ArrowInvalid, OSError):
        raise _get_error(file, DropProblem.FILE_UNREADABLE) from None
    _check_names(file, found=found, names=names)
    if sum(sizes) != file.rows:
        raise _get_error(file, DropProblem.ROW_COUNT_WRONG)
    return list(_gather(file.table, sizes=sizes, part_rows=part_rows))


def _gather(table: TableName, *, sizes: Sequence[int], part_rows: int) -> Iterator[Part]:
    groups: list[int] = []
    number = start = rows = 0
    for group, size in enumerate(sizes):
        groups.append(group)
        rows += size
        if rows >= part_rows or group == len(sizes) - 1:
            yield Part(table, number, start, rows, tuple(groups))
            number, start, rows, groups = number + 1, start + rows, 0, []


def _check_names(file: DropFile, *, found: Sequence[str], names: Sequence[str]) -> None:
    if sorted(found) != sorted(names):
        raise _get_error(file, DropProblem.COLUMNS_WRONG)


def _get_error(file: DropFile, problem: DropProblem) -> DropError:
    return DropError(problem=problem, file=file.path.name)


def _rechunk(batches: Iterator[pa.RecordBatch], *, chunk_rows: int) -> Iterator[pa.Table]:
    """Cut batches of any size into tables of `chunk_rows`, the last one shorter: a resumed pass cuts the same."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= chunk_rows:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, chunk_rows)
            waiting = table.slice(chunk_rows).to_batches()
            count -= chunk_rows
    if count:
        yield pa.Table.from_batches(waiting)


def _flatten(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
