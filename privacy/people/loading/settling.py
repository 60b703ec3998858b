"""What one process does alone, in the file's order: who left whom, who shares a phone, who was erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from privacy.people.loading import departures, roll, staging
from privacy.people.loading.erased import Erasures
from privacy.people.loading.founding import Members, load, read_some
from privacy.people.loading.households import get_arrival
from privacy.people.loading.rosters import Lot, Muster, cut
from privacy.people.loading.staging import PartName, PlannedPart, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from privacy.people.loading.tools import Job

_VACATE = PartName(Stage.VACATE, "", 0)
_CLOSE = PartName(Stage.CLOSE, "", 0)


class Settler:
    """Settles one drop over a connection in autocommit. Each step is a part that is done once."""

    def __init__(self, connection: psycopg.Connection[Any], job: Job, muster: Muster) -> None:
        """Take a prepared connection and the drop's rows."""
        self._connection = connection
        self._job = job
        self._muster = muster

    def vacate(self) -> None:
        """Let go who lives elsewhere, and take the phone from every household whose customers have left it."""
        struck = self._muster.rows[self._muster.repeats].tolist()
        elsewhere = self._muster.find_elsewhere().tolist()
        staging.plan(self._connection, [PlannedPart(_VACATE, 0)])
        with self._connection.transaction():
            if staging.take(self._connection, _VACATE):
                if self._job.tools.lets_go and self._job.tools.cities is not None:
                    departures.let_go(self._connection, cities=self._job.tools.cities)
                roll.vacate(self._connection, struck=struck, elsewhere=elsewhere)
                staging.finish(self._connection, _VACATE)

    def settle(self) -> Iterator[int]:
        """Load the rows that may meet each other, and give how many are in after each transaction."""
        positions = self._muster.find_settled()
        pieces = list(cut(positions, groups=self._muster.phone_keys, most=self._job.run.chunk_rows))
        names = [PartName(Stage.SETTLE, "", number) for number in range(len(pieces))]
        staging.plan(self._connection, map(PlannedPart, names, map(len, pieces)))
        members: Members | None = None
        start = done = 0
        for name, piece in zip(names, pieces, strict=True):
            with self._connection.transaction():
                if staging.take(self._connection, name):
                    # In the order of the file; the pieces are phone by phone.
                    members = members or self._read(positions)
                    load(self._connection, self._job, members.take(range(start, start + len(piece))))
                    staging.finish(self._connection, name)
            start += len(piece)
            done += len(piece)
            yield done

    def close(self) -> int:
        """Let in who was erased and has agreed again, and drop who has nobody left; returns how many stay out."""
        staging.plan(self._connection, [PlannedPart(_CLOSE, 0)])
        erased = self._read(np.flatnonzero(self._muster.lots == Lot.ERASED))
        with self._connection.transaction():
            if staging.take(self._connection, _CLOSE) is None:
                return int(staging.get_result(self._connection, _CLOSE)["erased"][0])
            left = self._readmit(erased) if erased.rows.phones else 0
            if roll.is_anybody_called(self._connection):
                departures.drop_empty_households(self._connection)
            staging.finish(self._connection, _CLOSE, result={"erased": np.array([left])})
        return left

    def _readmit(self, erased: Members) -> int:
        phones = erased.rows.phones
        erasures = Erasures.load(self._connection, vault=self._job.tools.vault)
        agreed = erasures.find_readmitted(self._connection, phones=phones, keys=erased.customer_keys)
        again = [position for position, phone in enumerate(phones) if phone in agreed]
        # Nothing is known of where they lived before: maybe in a city that has counted them this month.
        arrival = get_arrival(self._job.drop.month, now=self._job.run.now)
        load(self._connection, self._job, erased.take(again), city_from=arrival)
        erasures.forget(self._connection, phones=sorted(agreed))
        return len(phones) - len(again)

    def _read(self, positions: np.ndarray[Any, Any]) -> Members:
        """Read rows again, in the order of their positions."""
        is_wanted = np.zeros(len(self._muster.rows), dtype=np.bool_)
        is_wanted[positions] = True
        members = read_some(self._connection, self._job, is_wanted=is_wanted)
        rank = np.argsort(np.argsort(positions))
        return members.take(rank.tolist())
