"""Reads at once, in Arrow, the cells that are as clean as can be told without looking closer; the rest is left alone.

What is read here is what `cells` would read, which a test holds against each other: these are shortcuts, not rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from privacy.people.drop.cells import NOTHING, latest_instant
from privacy.people.phones import COUNTRY_CODE, NATIONAL_DIGITS, PLAIN_MOBILE

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

# Printable ASCII without spaces at its ends.
_PLAIN = r"^[!-~](?:[ -~]*[!-~])?$"
_NOTHING = pa.array(sorted(NOTHING))
_UNITS = frozenset({"s", "ms", "us"})
_INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Read:
    """The values of a column, and which of its n cells they are the value of; the others must be looked at."""

    values: pa.Array
    is_read: NDArray[np.bool_]


Quick: TypeAlias = Callable[[pa.Array], Read | None]


@cache
def plain_text_up_to(longest: int, /) -> Quick:
    """Return a reader of short ASCII text that needs no cleaning."""

    def read(raw: pa.Array) -> Read | None:
        if not pa.types.is_string(raw.type):
            return None
        is_plain = pc.match_substring_regex(raw, _PLAIN)
        is_short = pc.less_equal(pc.binary_length(raw), longest)
        is_something = pc.invert(pc.is_in(raw, value_set=_NOTHING))
        return Read(raw, _to_numpy(pc.and_(pc.and_(is_plain, is_short), is_something)))

    return read


def plain_phones(raw: pa.Array) -> Read | None:
    """Read numbers of mainland mobiles without separators."""
    if not pa.types.is_string(raw.type):
        return None
    is_plain = _to_numpy(pc.match_substring_regex(raw, f"^{PLAIN_MOBILE}$"))
    digits = pc.utf8_slice_codeunits(raw, start=-NATIONAL_DIGITS)
    return Read(pc.binary_join_element_wise(COUNTRY_CODE, digits, ""), is_plain)


def instants_before(now: datetime, /) -> Quick:
    """Return a reader of columns that come as times."""
    latest = pa.scalar(latest_instant(now), _INSTANT)

    def read(raw: pa.Array) -> Read | None:
        if not pa.types.is_timestamp(raw.type) or raw.type.unit not in _UNITS:
            return None
        instants = pc.cast(raw, _INSTANT, safe=False)
        is_past = pc.and_(pc.less_equal(instants, latest), pc.greater_equal(instants, pa.scalar(0, _INSTANT)))
        return Read(instants, _to_numpy(is_past))

    return read


def _to_numpy(is_read: pa.Array) -> NDArray[np.bool_]:
    """Return truth values; nothing is not read here."""
    truth: NDArray[np.bool_] = pc.fill_null(is_read, fill_value=False).to_numpy(zero_copy_only=False)
    return truth
