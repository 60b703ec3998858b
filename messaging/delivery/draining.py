"""Many calls at a time: slots, claims, calls and ends, so overlapped that no connection waits for the database.

One thread takes slots and claims for every free line, one writes down ends, each many in one commit; the lines call. A
line is free again only when its end is written: what a kill leaves to be looked up is one message a line, and none goes
past a breaker that its own last end has opened. There are a few lines more than connections, so that one is about to
call whenever another has done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Condition, Event, Semaphore
from time import monotonic
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import text

from messaging.delivery import valve
from messaging.delivery.claiming import claim, claim_many, has_due
from messaging.delivery.finishing import Ended, finish_many
from messaging.delivery.ports import NotSent, NotSentCause
from messaging.delivery.sending import Desk, call
from messaging.delivery.values import Claim

if TYPE_CHECKING:
    from messaging.delivery.ports import SendResult

_AHEAD_S: Final = 0.25
"""How far ahead slots are taken: a drain that is killed takes that much of the rate along at most."""

_MORE_LINES: Final = 4
"""One line more for so many connections."""

_AWAIT_NO_DISK: Final = text("SET LOCAL synchronous_commit = off")

_NOT_CALLED: Final = frozenset({NotSentCause.WITHDRAWN, NotSentCause.LEASE_TOO_SHORT})


def drain(desk: Desk, *, connections: int, stop: Event, is_late: Callable[[], bool] = lambda: False) -> int:
    """Send until nothing is due, the valve is closed, `stop` is set or `is_late`; returns the calls made.

    Once `stop` is set every call in hand is finished, and what was claimed but not called is planned again.
    """
    lines = connections + connections // _MORE_LINES
    with ThreadPoolExecutor(lines + 1, thread_name_prefix="send") as pool:
        floor = _Floor(desk, stop=stop, lines=lines, carrier=Semaphore(connections))
        writing = pool.submit(floor.write_ends)
        try:
            _hand_out(floor, pool, is_over=lambda: stop.is_set() or is_late())
        except BaseException:
            stop.set()
            raise
        finally:
            floor.await_free(lines)
            floor.ends.put(None)
            writing.result()
    return floor.calls


def _hand_out(floor: _Floor, pool: ThreadPoolExecutor, *, is_over: Callable[[], bool]) -> None:
    """Claim for free lines while something is due. A slot of the rate is kept until it is used: a skip costs none."""
    desk, moments, held = floor.desk, deque[float](), set[UUID]()
    while not is_over():
        free = floor.await_free(1)
        if not moments:
            moments.extend(_take_slots(desk, most=floor.lines))
        if not moments or floor.stop.wait(max(0.0, moments[0] - monotonic())) or is_over():
            break
        most = min(free, len(moments))
        batch = claim_many(desk.sessions, gate=desk.gate, now=desk.clock(), most=most, besides=held)
        held |= batch.held
        claims = batch.claims
        if not (claims or batch.passed or batch.held):
            # Nothing is left but what somebody holds: now is the time to wait for one of them.
            one = claim(desk.sessions, gate=desk.gate, now=desk.clock()) if held else None
            if one is None:
                break
            held.clear()
            claims = (one,) if isinstance(one, Claim) else ()
        for claimed in claims:
            floor.occupy()
            pool.submit(floor.send, claimed, at=moments.popleft())
    if moments:
        with desk.sessions.begin() as session:
            valve.return_slots(session, len(moments))


def _take_slots(desk: Desk, *, most: int) -> list[float]:
    """Take the next slots, as moments of the monotonic clock; none when nothing is due or the valve is closed.

    The disk is not awaited for it: a crash loses a moment of debt at most, and takes longer than that.
    """
    now, limits = desk.clock(), desk.finish.valve
    count = max(1, min(most, int(limits.rate_per_s * _AHEAD_S)))
    with desk.sessions.begin() as session:
        if not has_due(session, now=now):
            return []
        session.execute(_AWAIT_NO_DISK)
        waits = valve.take_slots(session, count, now=now, limits=limits)
    began = monotonic()
    return [began + wait_s for wait_s in waits or ()]


@dataclass(slots=True)
class _Floor:
    """The lines of one drain: how many are free, what they ended with, and the first thing that went wrong."""

    desk: Desk
    stop: Event
    lines: int
    carrier: Semaphore
    calls: int = 0
    ends: SimpleQueue[Ended | None] = field(default_factory=SimpleQueue)
    failures: list[BaseException] = field(default_factory=list)
    _busy: int = 0
    _changed: Condition = field(default_factory=Condition)

    def await_free(self, wanted: int) -> int:
        """Wait until that many lines are free; returns how many are."""
        with self._changed:
            self._changed.wait_for(lambda: self.lines - self._busy >= wanted)
            return self.lines - self._busy

    def occupy(self) -> None:
        """Count a line as busy."""
        with self._changed:
            self._busy += 1

    def release(self, count: int) -> None:
        """Count lines as free."""
        with self._changed:
            self._busy -= count
            self._changed.notify_all()

    def send(self, claimed: Claim, *, at: float) -> None:
        """Call the carrier once the moment has come and a connection is free. The line is free when that is written."""
        try:
            self.ends.put(Ended(claimed, self._call(claimed, at=at)))
        except BaseException as failure:  # noqa: BLE001 - raised again where the drain ends
            self._fail(failure)
            self.release(1)

    def _call(self, claimed: Claim, *, at: float) -> SendResult:
        if self.stop.wait(max(0.0, at - monotonic())):
            return NotSent(NotSentCause.WITHDRAWN)
        with self.carrier:
            return NotSent(NotSentCause.WITHDRAWN) if self.stop.is_set() else call(self.desk, claimed)

    def write_ends(self) -> None:
        """Write down ends, all that wait in one go, until None comes. Raises the first failure of any line."""
        while (first := self.ends.get()) is not None:
            ended = [first, *self._get_waiting()]
            try:
                finish_many(self.desk.sessions, ended, now=self.desk.clock(), rules=self.desk.finish)
            except BaseException as failure:  # noqa: BLE001 - the other lines still have ends to be written
                self._fail(failure)
            self.calls += sum(_was_called(one.result) for one in ended)
            self.release(len(ended))
        if self.failures:
            raise self.failures[0]

    def _get_waiting(self) -> Sequence[Ended]:
        waiting: list[Ended] = []
        try:
            # None comes only when no line has anything in hand.
            while (one := self.ends.get_nowait()) is not None:
                waiting.append(one)
        except Empty:
            pass
        return waiting

    def _fail(self, failure: BaseException) -> None:
        self.failures.append(failure)
        self.stop.set()


def _was_called(result: SendResult) -> bool:
    return not (isinstance(result, NotSent) and result.cause in _NOT_CALLED)
