"""Checks the rows of one chunk: every cell, then what only several cells together can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from privacy.people.drop.columns import GOOD, Column, to_floats
from privacy.people.drop.errors import DropError
from privacy.people.drop.positions import Positions, clean_positions
from privacy.people.drop.values import REASONS, DropProblem, Reason, TableName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from privacy.people.drop.readers import Chunk


@dataclass(frozen=True, slots=True)
class CheckedChunk:
    """A chunk with parsed columns, and per row the index of a reason with that of the column to blame; -1 is good."""

    columns: dict[str, pa.Array]
    rows: NDArray[np.int64]
    reasons: NDArray[np.int8]
    blamed: NDArray[np.int8]
    names: tuple[str, ...]

    @property
    def is_good(self) -> NDArray[np.bool_]:
        """Return which rows are good, shape (n,)."""
        is_good: NDArray[np.bool_] = self.reasons == GOOD
        return is_good

    def reject(self, is_bad: NDArray[np.bool_], *, column: str, reason: Reason) -> None:
        """Mark rows as bad; a row that is bad already keeps its first reason."""
        news = is_bad & self.is_good
        self.reasons[news] = REASONS.index(reason)
        self.blamed[news] = self.names.index(column)


def check_rows(chunk: Chunk, *, table: TableName, columns: Sequence[Column]) -> CheckedChunk:
    """Parse every column; the first bad cell decides a row. Raises DropError where a column cannot even be text."""
    count = len(chunk.rows)
    checked = CheckedChunk(
        {},
        chunk.rows,
        np.full(count, GOOD, np.int8),
        np.zeros(count, np.int8),
        tuple(column.name for column in columns),
    )
    for index, column in enumerate(columns):
        try:
            parsed = column.parse(chunk.columns[column.name])
        # pyarrow's own errors: for a column whose type cannot be cast (a struct, say), and for a value that cannot.
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            raise DropError(problem=DropProblem.COLUMNS_WRONG, file=table) from None
        checked.columns[column.name] = parsed.values
        news = checked.is_good & (parsed.reasons != GOOD)
        checked.reasons[news] = parsed.reasons[news]
        checked.blamed[news] = index
    if table is TableName.COMMUNITIES:
        _check_communities(checked)
    return checked


def get_positions(checked: CheckedChunk) -> Positions:
    """Return the cleaned positions of a chunk that has lon and lat."""
    return clean_positions(to_floats(checked.columns["lon"]), to_floats(checked.columns["lat"]))


def _check_communities(checked: CheckedChunk) -> None:
    has_outline = checked.columns["outline"].is_valid().to_numpy(zero_copy_only=False)
    checked.reject(~get_positions(checked).is_known & ~has_outline, column="lon", reason=Reason.UNPLACED)
