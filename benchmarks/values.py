"""What a bench reports: rows of ratios, each held against its goal of the performance page."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

# A line for the person who waits. Takes one short sentence; returns nothing.
Progress = Callable[[str], None]


class Sense(StrEnum):
    """Which side of its goal a figure must be on."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    RECORD = "record"  # written down, judges nothing


@dataclass(frozen=True)
class Row:
    """One figure of the performance page, measured once a round against its baseline within that round.

    `ratios` has one value a round and at least one. `unit` is what stands behind the number, `×` or `of the limit`;
    `note` says how it was measured and how large, so that a quick run cannot pass for a full one.
    """

    name: str
    goal: float
    sense: Sense
    ratios: tuple[float, ...]
    unit: str
    note: str

    def __post_init__(self) -> None:
        """Refuse a row that nothing was measured for."""
        if not self.ratios:
            raise ValueError(f"no rounds: {self.name}")

    @property
    def median(self) -> float:
        """The figure that decides."""
        return statistics.median(self.ratios)

    @property
    def min(self) -> float:
        """The lowest round."""
        return min(self.ratios)

    @property
    def max(self) -> float:
        """The highest round."""
        return max(self.ratios)

    @property
    def met(self) -> bool:
        """Whether the median is on the right side of the goal; a figure for the record always is."""
        match self.sense:
            case Sense.AT_LEAST:
                return self.median >= self.goal
            case Sense.AT_MOST:
                return self.median <= self.goal
            case Sense.RECORD:
                return True
