"""Work that the pump does again and again in threads of their own: one bad round never ends the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from messaging.delivery.errors import CarrierUnavailableError

log = structlog.get_logger(__name__)

_MOST_DOUBLINGS = 16


class Outcome(StrEnum):
    """How one round ended."""

    DONE = "done"
    DATABASE_AWAY = "database_away"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether this pump is the one (`leads`), and whether it is to end (`over`). Threads outlive a lost lead."""

    leads: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)

    def is_past(self) -> bool:
        """Say whether what is under way should come to its end soon."""
        return self.over.is_set() or not self.leads.is_set()


@dataclass(frozen=True, slots=True)
class Round:
    """One kind of work and its pace; `longest_pause_s` above `pause_s` lets failures double the pause up to there.

    `is_awaited` is for work that must come to its own end before the process does.
    """

    name: str
    work: Callable[[], object]
    pause_s: float
    longest_pause_s: float = 0.0
    is_awaited: bool = False

    def get_pause_s(self, *, failures: int) -> float:
        """Return how long to wait after that many failures in a row."""
        doubled = self.pause_s * 2.0 ** min(failures, _MOST_DOUBLINGS)
        return max(self.pause_s, min(doubled, self.longest_pause_s))


def attempt(name: str, work: Callable[[], object], /) -> Outcome:
    """Do something that may fail; tell the log, never the caller."""
    try:
        work()
    except SQLAlchemyError as failure:
        log.warning("database_away", state=name, reason=type(failure).__name__)
        return Outcome.DATABASE_AWAY
    except CarrierUnavailableError as unavailable:
        log.warning("carrier_away", state=name, reason=unavailable.reason)
        return Outcome.FAILED
    except Exception as failure:  # noqa: BLE001 - one bad round must not end the others
        log.error("pump_round_failed", state=name, reason=type(failure).__name__)  # noqa: TRY400 - a trace may hold data
        return Outcome.FAILED
    return Outcome.DONE


def start_round(one: Round, *, turn: Turn, watch_s: float) -> Thread:
    """Repeat a round in a thread whenever this pump leads, until the turn is over; looks for the lead each `watch_s`.

    Only failures of the carrier or of our own code slow it down: a database that is back is to be used at once.
    """

    def repeat() -> None:
        failures = 0
        while not turn.over.is_set():
            if not turn.leads.wait(watch_s):
                continue
            failures = failures + 1 if attempt(one.name, one.work) is Outcome.FAILED else 0
            turn.over.wait(one.get_pause_s(failures=failures))

    thread = Thread(target=repeat, name=one.name, daemon=not one.is_awaited)
    thread.start()
    return thread
