"""Asks the database of every group at once, each in threads of its own: one that is slow, or away, holds no other back.

A request names no group: a token, a link or a phone is looked for in each, and whoever has it acts. So there is nothing
in a request that could be pointed at another group.
"""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from messaging.delivery.errors import ForgedRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session, sessionmaker

    from messaging.delivery.ports import Clock
    from messaging.delivery.values import Timings
    from privacy.people.vault import Vault

Answer = TypeVar("Answer")

NO_SUCH_TOKEN: Final = "token"  # noqa: S105 - a word of ForgedRequestError, no secret


@dataclass(frozen=True, slots=True)
class GatewayParts:
    """What the gateway works with in one group; `vault` needs the lookup and opt-out keys only."""

    sessions: sessionmaker[Session]
    vault: Vault
    clock: Clock
    timings: Timings
    signature: str = "青禾"


class NotInTime(Exception):  # noqa: N818 - an answer, not a fault
    """The database did not answer soon enough; the carrier may ask again."""


class _Deadline:
    """Runs database work in threads, so that a slow database cannot hold an answer back; never queues without end."""

    def __init__(self, *, threads: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="gateway")
        self._room = BoundedSemaphore(2 * threads)

    def begin(self, work: Callable[[], Answer], *, within_s: float) -> Future[Answer]:
        if not self._room.acquire(timeout=within_s):
            late: Future[Answer] = Future()
            late.set_exception(NotInTime())
            return late
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self._room.release())
        return future


class Everywhere:
    """The databases of all groups; of one, where there are no groups."""

    def __init__(self, groups: Sequence[GatewayParts], *, threads: int, within_s: float) -> None:
        """Make threads for each; nothing is asked yet."""
        self._groups = [(parts, _Deadline(threads=threads)) for parts in groups]
        self._within_s = within_s

    def find(
        self, work: Callable[[GatewayParts], Answer], *, is_nothing: Callable[[Answer], bool] = lambda _: False
    ) -> Answer:
        """Return what the group answers that knows what is asked for.

        `is_nothing` says which answers come from one that does not, as does ForgedRequestError for a token. Only where
        nobody knows it and every group has said so is that the answer; raises NotInTime or SQLAlchemyError where one
        that might know it is away.
        """
        nothing: list[Answer] = []
        failures: list[Exception] = []
        for done in self._collect(work):
            failure = _get_failure(done)
            if failure is None and not is_nothing(done.result()):
                return done.result()
            if isinstance(failure, ForgedRequestError) and failure.reason != NO_SUCH_TOKEN:
                raise failure
            if failure is None:
                nothing.append(done.result())
            else:
                failures.append(failure)
        _raise_worst(failures)
        return nothing[0]

    def tell(self, work: Callable[[GatewayParts], object]) -> None:
        """Do something in every group. Raises where one was away, after all the others have done it."""
        _raise_worst([failure for done in self._collect(work) if (failure := _get_failure(done))])

    def _collect(self, work: Callable[[GatewayParts], Answer]) -> Iterator[Future[Answer]]:
        """Give each group's answer as it comes, a failure for what does not come in time.

        Only one that is alone is waited for where all its threads are taken: of several it would hold up the others.
        """
        until = time.monotonic() + self._within_s
        within_s = self._within_s if len(self._groups) == 1 else 0.0
        waiting = {_begin(deadline, work, parts, within_s=within_s) for parts, deadline in self._groups}
        while waiting:
            done, waiting = wait(waiting, timeout=max(0.0, until - time.monotonic()), return_when=FIRST_COMPLETED)
            if not done:
                raise NotInTime
            yield from done


def _begin(
    deadline: _Deadline, work: Callable[[GatewayParts], Answer], parts: GatewayParts, *, within_s: float
) -> Future[Answer]:
    return deadline.begin(lambda: work(parts), within_s=within_s)


def _get_failure(done: Future[Answer]) -> Exception | None:
    failure = done.exception()
    if failure is not None and not isinstance(failure, Exception):
        raise failure
    return failure


def _raise_worst(failures: Iterable[Exception]) -> None:
    """Raise what keeps from an answer: first what is no answer at all, then a database that is away."""
    ranked = sorted(failures, key=lambda one: (isinstance(one, ForgedRequestError), isinstance(one, SQLAlchemyError)))
    if ranked:
        raise ranked[0]
