"""Many short texts in one buffer: half a million names cost what their letters cost."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts of UTF-8, each ended by a zero byte; `ends` int32[n] are the places of these."""

    buffer: bytes
    ends: NDArray[np.int32]

    @classmethod
    def of(cls, buffer: bytes) -> Texts:
        """Find the texts of a buffer."""
        return cls(buffer, np.flatnonzero(np.frombuffer(buffer, dtype=np.uint8) == 0).astype(np.int32))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.ends)

    def __getitem__(self, at: int) -> str:
        """Return one text; `at` is not negative. Raises IndexError."""
        start = int(self.ends[at - 1]) + 1 if at else 0
        return self.buffer[start : int(self.ends[at])].decode()

    def __iter__(self) -> Iterator[str]:
        """Yield them all."""
        return iter(self.buffer.decode().split("\0")[:-1])

    def take(self, rows: Sequence[int]) -> Texts:
        """Return some texts in this order."""
        return Texts.of(b"".join(self[row].encode() + b"\0" for row in rows))

    def find(self, text: str) -> int | None:
        """Return where a text stands among ascending ones; None where it does not."""
        at = bisect_left(self, text)
        return at if at < len(self) and self[at] == text else None
