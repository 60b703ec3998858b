"""Works on parts of a drop, one after the other: what every process of an intake does, whichever it is."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from privacy.people.drop.values import TableName
from privacy.people.loading import departures, households, roll, staging, standing
from privacy.people.loading.arrays import join
from privacy.people.loading.checking import check_children, check_communities, check_households
from privacy.people.loading.children import merge_bucket
from privacy.people.loading.erased import Erasures
from privacy.people.loading.founding import found_part
from privacy.people.loading.rosters import Roster
from privacy.people.loading.staging import PartName, Stage

if TYPE_CHECKING:
    import psycopg

    from privacy.people.drop.values import Part
    from privacy.people.loading.arrays import Arrays
    from privacy.people.loading.tools import Job


_SETTINGS = (
    # Working copies are read once or twice: a small sample of them is enough for the planner.
    "SET default_statistics_target = 10",
    # Few connections with many rows each: a bucket is sorted in memory, and compiling takes longer than it saves.
    "SET work_mem = '128MB'",
    "SET jit = off",
)


def prepare(connection: psycopg.Connection[Any], job: Job, /) -> None:
    """Make the working copies of a connection: temporary tables, which go with it."""
    for created in (roll.CREATE, departures.CREATE, households.CREATE, standing.CREATE):
        connection.execute(created)
    arrival = households.get_arrival(job.drop.month, now=job.run.now)
    connection.execute(households.NOTE_ARRIVAL, (arrival,))
    for setting in _SETTINGS:
        connection.execute(setting)


class Worker:
    """Does parts over one connection in autocommit, in a transaction each."""

    def __init__(self, connection: psycopg.Connection[Any], job: Job) -> None:
        """Take a connection that was prepared."""
        self._connection = connection
        self._job = job

    def do(self, name: PartName, /) -> bool:
        """Do a part; returns false where it is done, in other hands, or of another run.

        Raises DropError where a file cannot be read.
        """
        with self._connection.transaction():
            taken = staging.take(self._connection, name) if self._is_own_run() else None
            if taken is None:
                return False
            result = self._do(name, task=taken[0])
            staging.finish(self._connection, name, result=result)
        return True

    def do_any(self) -> bool:
        """Do whatever part of the run is open; returns false where none is. Raises DropError."""
        with self._connection.transaction():
            part = staging.take_any(self._connection) if self._is_own_run() else None
            if part is None:
                return False
            staging.finish(self._connection, part.name, result=self._do(part.name, task=part.task))
        return True

    def _is_own_run(self) -> bool:
        """Say whether the parts are those of the job: a part of another run would be done with this one's keys and day.

        What was read stays locked until the part is through: nobody empties it meanwhile.
        """
        return staging.find_run(self._connection) == self._job.run

    def _do(self, name: PartName, *, task: Arrays | None) -> Arrays | None:
        if name.stage is Stage.CHECK:
            return self._check(self._get_part(name))
        if name.stage is Stage.FOUND and task is not None:
            found_part(self._connection, self._job, self._get_part(name), lots=task["lots"])
        elif name.stage is Stage.MERGE:
            vault, month = self._job.tools.vault, self._job.drop.month
            merge_bucket(self._connection, bucket=name.number, month=month, vault=vault)
        return None

    def _check(self, part: Part) -> Arrays:
        if part.table is TableName.COMMUNITIES:
            return check_communities(self._job, part)
        if part.table is TableName.HOUSEHOLDS:
            return check_households(self._connection, self._job, part, erasures=self._erasures)
        return check_children(self._connection, self._job, part, roster=self._roster)

    def _get_part(self, name: PartName) -> Part:
        return self._job.parts[TableName(name.table)][name.number]

    @cached_property
    def _erasures(self) -> Erasures:
        return Erasures.load(self._connection, vault=self._job.tools.vault)

    @cached_property
    def _roster(self) -> Roster:
        names = [PartName(Stage.ROSTER, "", part.number) for part in self._job.parts[TableName.HOUSEHOLDS]]
        parts = list(staging.read_results(self._connection, names))
        keys = join([part["keys"] for part in parts], np.int64)
        return Roster(keys, join([part["buckets"] for part in parts], np.int32))
