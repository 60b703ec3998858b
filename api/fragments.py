"""Bytes of parts of answers, written once a release. Losing them costs time only."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

BUDGET_BYTES = 48 * 1024 * 1024
OVERHEAD_BYTES = 150


@dataclass(slots=True)
class Fragments:
    """Parts of the answers of one state of figures and places, named by its version, in books of parts of one kind."""

    version: str
    _books: dict[Hashable, dict[int, bytes]] = field(default_factory=dict)
    _spent_bytes: int = 0

    def collect(
        self,
        book_name: Hashable,
        slots: list[int],
        *,
        write: Callable[[list[int]], list[bytes]],
        find_near: Callable[[], list[int]] = list,
    ) -> list[bytes]:
        """Return the parts of some slots; `write` gives those that are not kept yet, in the order of their slots.

        With what is missing goes what `find_near` gives: whoever asks next asks near by.
        """
        book = self._books.setdefault(book_name, {})
        try:
            return list(map(book.__getitem__, slots))
        except KeyError:
            missing = [slot for slot in dict.fromkeys((*slots, *find_near())) if slot not in book]
        written = write(missing)
        book.update(zip(missing, written, strict=True))
        self._spent_bytes += sum(len(part) + OVERHEAD_BYTES for part in written)
        if self._spent_bytes > BUDGET_BYTES:
            # All earlier parts go; those of this answer are still in hand.
            self._books, self._spent_bytes = {}, 0
        return [book[slot] for slot in slots]


@dataclass(slots=True)
class FragmentShelf:
    """The fragments of the current version. A request that still answers from the previous one keeps its own."""

    _current: Fragments = field(default_factory=lambda: Fragments(""))

    def of(self, version: str) -> Fragments:
        """Return the fragments of exactly this version, none at first."""
        current = self._current
        if current.version != version:
            current = self._current = Fragments(version)
        return current
