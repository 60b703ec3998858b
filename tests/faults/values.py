"""What a storm is, and what is found after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tests.faults.house import House
    from tests.faults.shifted_clock import ShiftedClock

IsOver: TypeAlias = Callable[[], bool]
"""Says whether every message was tried once: the storm then ends, and what it left must come right by itself."""


@dataclass(frozen=True, slots=True)
class Weather:
    """What a storm may break: the house, and its clock."""

    house: House
    clock: ShiftedClock
    is_over: IsOver


@dataclass(frozen=True, slots=True)
class Storm:
    """One way in which everything goes wrong while messages leave; `rage` returns when it is over."""

    name: str
    title: str
    rage: Callable[[Weather], None]
    workers: int = 1
    pumps: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    begins_at: time | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was planned and what the carrier took. `lost` were planned, not skipped for a reason, and never taken."""

    planned: int
    taken: int
    skipped: int
    duplicates: int
    lost: int
    outstanding: int
    unconfirmed: int
    over_cap: int
    resent: int
    longest_wait_s: float
    took_s: float

    @property
    def is_good(self) -> bool:
        """Say whether every planned message left exactly once, or was skipped for a reason."""
        wrong = self.duplicates + self.lost + self.outstanding + self.unconfirmed + self.over_cap
        return wrong == 0 and self.planned == self.taken + self.skipped and self.taken > 0
