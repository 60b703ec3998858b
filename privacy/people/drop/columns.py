"""Reads whole columns: each distinct text once, numbers that come as numbers all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from privacy.people.drop.cells import read_number
from privacy.people.drop.errors import CellError
from privacy.people.drop.quick import Quick
from privacy.people.drop.values import REASONS, Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOOD = -1


@dataclass(frozen=True, slots=True)
class Parsed:
    """A column's values, null where there is nothing, and per row the index of a reason, or -1 where it is good."""

    values: pa.Array
    reasons: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Column:
    """How one column is read: `read` for a text; `bounds`, both included, make it a column of numbers.

    `quick` reads what is plain in a column before anybody looks at its cells one by one.
    """

    name: str
    read: Callable[[str], Any]
    type: pa.DataType
    is_required: bool = True
    bounds: tuple[float, float] | None = None
    quick: Quick | None = None

    def parse(self, raw: pa.Array) -> Parsed:
        """Read n raw cells of any Arrow type."""
        numbers = _get_numbers(raw) if self.bounds else None
        parsed = self._parse_cells(raw) if numbers is None else Parsed(numbers, _all_good(len(raw)))
        if self.bounds:
            parsed = self._check_range(parsed, *self.bounds)
        if self.is_required:
            is_missing = parsed.values.is_null().to_numpy(zero_copy_only=False) & (parsed.reasons == GOOD)
            parsed.reasons[is_missing] = REASONS.index(Reason.MISSING)
        return parsed

    def _parse_cells(self, raw: pa.Array) -> Parsed:
        plain = self.quick(raw) if self.quick else None
        if plain is None or not plain.is_read.any():
            return self._parse_texts(raw)
        if plain.is_read.all():
            return Parsed(plain.values, _all_good(len(raw)))
        rest = self._parse_texts(raw.filter(pa.array(~plain.is_read)))
        reasons = _all_good(len(raw))
        reasons[~plain.is_read] = rest.reasons
        return Parsed(pc.replace_with_mask(plain.values, pa.array(~plain.is_read), rest.values), reasons)

    def _parse_texts(self, raw: pa.Array) -> Parsed:
        encoded = raw.dictionary_encode(null_encoding="encode")
        words = encoded.dictionary
        texts = words if pa.types.is_string(words.type) else pc.cast(words, pa.string())
        values: list[Any] = []
        reasons: list[int] = []
        for text in texts.to_pylist():
            value, reason = self._parse_text(text)
            values.append(value)
            reasons.append(reason)
        indices = encoded.indices
        distinct = np.array(reasons, dtype=np.int8)
        taken = distinct[indices.to_numpy()] if len(raw) else distinct
        # Arrow would cut 2.5 to 2 without a word: numbers stay floats until their range is checked.
        kind = pa.float64() if self.bounds else self.type
        return Parsed(pa.array(values, type=kind).take(indices), taken)

    def _parse_text(self, text: str | None) -> tuple[Any, int]:
        try:
            return (None if text is None else self.read(text)), GOOD
        except CellError as error:
            return None, REASONS.index(error.reason)

    def _check_range(self, parsed: Parsed, low: float, high: float) -> Parsed:
        numbers = to_floats(parsed.values)
        is_outside = ~((numbers >= low) & (numbers <= high)) & ~np.isnan(numbers)
        if pa.types.is_integer(self.type):
            is_outside |= (numbers != np.round(numbers)) & ~np.isnan(numbers)
        parsed.reasons[is_outside & (parsed.reasons == GOOD)] = REASONS.index(Reason.OUT_OF_RANGE)
        is_usable = (parsed.reasons == GOOD) & ~np.isnan(numbers)
        return Parsed(pc.cast(pa.array(numbers, mask=~is_usable), self.type, safe=False), parsed.reasons)


def number_column(name: str, *, low: float, high: float, is_required: bool = True, is_whole: bool = False) -> Column:
    """Return a column of numbers from `low` to `high`, both included, stored as int32 or float64."""
    return Column(name, read_number, pa.int32() if is_whole else pa.float64(), is_required, (low, high))


def to_floats(values: pa.Array) -> NDArray[np.float64]:
    """Return a numeric column as float64 of shape (n,), NaN where there is nothing."""
    floats: NDArray[np.float64] = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
    return floats


def _all_good(count: int) -> NDArray[np.int8]:
    return np.full(count, GOOD, dtype=np.int8)


def _get_numbers(raw: pa.Array) -> pa.Array | None:
    """Return a column that comes as numbers, or as lists, of which the length counts; None where it must be read."""
    if pa.types.is_list(raw.type):
        return pc.list_value_length(raw)
    return raw if pa.types.is_floating(raw.type) or pa.types.is_integer(raw.type) else None
