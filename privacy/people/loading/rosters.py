"""Whom a drop is about: what becomes of each row of the households file, and in which bucket its rows are merged.

Equal phones are one household, so everything of a household is in the bucket of its phone's key, and no two processes
ever write to one household. Rows that have their phone to themselves, and whose customer was at it or is new, cannot
meet any other row of the drop: any process may load them. All the rest is settled by one process, in the file's order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING

import numpy as np

from privacy.people.drop.customers import find_repeats
from privacy.people.loading.arrays import join

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from privacy.people.loading.arrays import Arrays


class CustomerFlag(IntFlag):
    """What the check of a part found out about a row: its phone was erased, its customer was at another phone."""

    ERASED = 1
    MOVER = 2


class Lot(IntEnum):
    """What becomes of a row: rejected, loaded by anybody, settled by one, or kept out unless a consent lets it in.

    ELSEWHERE is for rows of households that live in a city of another group.
    """

    OUT = 0
    PLAIN = 1
    SETTLED = 2
    ERASED = 3
    ELSEWHERE = 4


@dataclass(frozen=True, slots=True)
class Found:
    """For n keys: who is a customer of this drop, and in which bucket; -1 for strangers and for who was rejected."""

    is_known: NDArray[np.bool_]
    buckets: NDArray[np.int32]


class Roster:
    """The customers of a drop by key, in 12 bytes each."""

    def __init__(self, keys: NDArray[np.int64], buckets: NDArray[np.int32]) -> None:
        """Take all n rows in file order, bucket -1 for rejected ones; key 0 is nobody."""
        is_somebody = keys != 0
        keys, buckets = keys[is_somebody], buckets[is_somebody]
        # Of the rows of one customer, the good one comes first.
        order = np.lexsort((buckets < 0, keys))
        self._keys = keys[order]
        self._buckets = buckets[order]

    def find(self, keys: NDArray[np.int64], /) -> Found:
        """Look n keys up."""
        if not len(self._keys):
            return Found(np.zeros(len(keys), dtype=np.bool_), np.full(len(keys), -1, dtype=np.int32))
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        is_known = self._keys[at] == keys
        return Found(is_known, np.where(is_known, self._buckets[at], -1).astype(np.int32))


@dataclass(frozen=True, slots=True)
class Muster:
    """All n rows of the households file that could be read, in order; `ends` says where each part's rows end."""

    rows: NDArray[np.int64]
    customer_keys: NDArray[np.int64]
    phone_keys: NDArray[np.int64]
    lots: NDArray[np.int8]
    repeats: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def gather(cls, parts: Iterable[Arrays], *, cities: frozenset[int] | None = None) -> Muster:
        """Bring the parts' findings together; a customer who comes a second time is rejected there.

        `cities` are those that live here, None for all.
        """
        rows, customers, phones, is_good, flags, places = [], [], [], [], [], []
        for part in parts:
            rows.append(part["rows"])
            customers.append(part["customer_keys"])
            phones.append(part["phone_keys"])
            is_good.append(part["leaf_ids"] >= 0)
            flags.append(part["flags"])
            places.append(part["city_codes"])
        ends = np.cumsum([len(each) for each in rows], dtype=np.int64)
        keys, good = join(customers, np.int64), join(is_good, np.bool_)
        repeats = find_repeats(keys, is_good=good)
        good[repeats] = False
        phone_keys = join(phones, np.int64)
        lots = _draw_lots(phone_keys, is_good=good, flags=join(flags, np.int8))
        if cities is not None:
            where = join(places, np.int32)
            lots[_find_elsewhere(phone_keys, is_good=good, places=where, cities=cities)] = Lot.ELSEWHERE
        return cls(join(rows, np.int64), keys, phone_keys, lots, repeats, ends)

    def split(self) -> Iterator[slice]:
        """Give the rows of each part."""
        start = 0
        for end in self.ends.tolist():
            yield slice(start, end)
            start = end

    def get_buckets(self, part: slice, /, *, buckets: int) -> NDArray[np.int32]:
        """Return the bucket of each row of a part, -1 for one that is not loaded."""
        is_out = np.isin(self.lots[part], (Lot.OUT, Lot.ELSEWHERE))
        return np.where(is_out, -1, get_buckets(self.phone_keys[part], buckets=buckets))

    def find_elsewhere(self) -> NDArray[np.int64]:
        """Return the numbers of the rows of households that live in another group's city."""
        numbers: NDArray[np.int64] = self.rows[self.lots == Lot.ELSEWHERE]
        return numbers

    def find_settled(self) -> NDArray[np.int64]:
        """Return the positions of the rows that one process settles: phone by phone, in the order of the file."""
        settled = np.flatnonzero(self.lots == Lot.SETTLED)
        phones = self.phone_keys[settled]
        _, first, phone = np.unique(phones, return_index=True, return_inverse=True)
        return settled[np.lexsort((settled, first[phone]))]


def get_buckets(phone_keys: NDArray[np.int64], *, buckets: int) -> NDArray[np.int32]:
    """Return the bucket that each of n phones belongs to."""
    return (phone_keys.view(np.uint64) % np.uint64(buckets)).astype(np.int32)


def cut(positions: NDArray[np.int64], *, groups: NDArray[np.int64], most: int) -> Iterator[NDArray[np.int64]]:
    """Cut positions into pieces of about `most`, never between two of one group, which stand together."""
    start = 0
    while start < len(positions):
        stop = min(start + most, len(positions))
        while stop < len(positions) and groups[positions[stop]] == groups[positions[stop - 1]]:
            stop += 1
        yield positions[start:stop]
        start = stop


def _draw_lots(
    phone_keys: NDArray[np.int64], *, is_good: NDArray[np.bool_], flags: NDArray[np.int8]
) -> NDArray[np.int8]:
    lots = np.full(len(phone_keys), Lot.OUT, dtype=np.int8)
    is_erased = is_good & (flags & CustomerFlag.ERASED > 0)
    lots[is_erased] = Lot.ERASED
    here = np.flatnonzero(is_good & ~is_erased)
    _, phone, count = np.unique(phone_keys[here], return_inverse=True, return_counts=True)
    is_alone = (count[phone] == 1) & (flags[here] & CustomerFlag.MOVER == 0)
    lots[here] = np.where(is_alone, Lot.PLAIN, Lot.SETTLED)
    return lots


def _find_elsewhere(
    phone_keys: NDArray[np.int64],
    *,
    is_good: NDArray[np.bool_],
    places: NDArray[np.int32],
    cities: frozenset[int],
) -> NDArray[np.int64]:
    """Return the good rows of households that live elsewhere: where one lives, its first row says, in every group."""
    good = np.flatnonzero(is_good)
    _, first, phone = np.unique(phone_keys[good], return_index=True, return_inverse=True)
    is_elsewhere = ~np.isin(places[good][first], list(cities))
    found: NDArray[np.int64] = good[is_elsewhere[phone]]
    return found
