"""Bytes of parts of answers, written once a release. Losing them costs time only."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

BUDGET_BYTES = 48 * 1024 * 1024
OVERHEAD_BYTES = 250


@dataclass(slots=True)
class Fragments:
    """Parts of the answers of one state of figures and places, named by its version."""

    version: str
    _kept: dict[Hashable, bytes] = field(default_factory=dict)
    _spent_bytes: int = 0

    def get(self, key: Hashable) -> bytes | None:
        """Return a kept part."""
        return self._kept.get(key)

    def keep(self, key: Hashable, part: bytes) -> bytes:
        """Keep a part and return it; when there are too many, all earlier ones go."""
        if self._spent_bytes > BUDGET_BYTES:
            self._kept, self._spent_bytes = {}, 0
        self._kept[key] = part
        self._spent_bytes += len(part) + OVERHEAD_BYTES
        return part


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
