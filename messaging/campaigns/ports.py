"""What campaigns need from outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

Clock: TypeAlias = Callable[[], datetime]
"""Gives the time: aware, UTC."""


class JobQueue(Protocol):
    """Wakes the sender up. It carries no fact: a lost wake-up costs one tick of the pump and nothing else."""

    def wake(self, *, campaign_id: UUID) -> None:
        """Ask the sender to look at a campaign now; never raises, never waits longer than half a second."""
