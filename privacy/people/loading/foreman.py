"""Takes a drop through its stages: lets a crew check and load its parts, and does itself what only one may do.

Every stage can be begun again: parts that are done stay done, and what is decided between the stages follows from what
came of them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from privacy.people.drop.errors import TooManyRejectedError
from privacy.people.drop.tables import get_columns
from privacy.people.drop.values import REASONS, Reason, TableCount, TableName
from privacy.people.loading import staging
from privacy.people.loading.rosters import Lot, Muster
from privacy.people.loading.settling import Settler
from privacy.people.loading.staging import STAGED, PartName, PlannedPart, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from privacy.people.drop.rejects import RejectsFile
    from privacy.people.loading.arrays import Arrays
    from privacy.people.loading.crews import Crew
    from privacy.people.loading.tools import Job
    from privacy.people.ports import Progress

MOST_REJECTED = 0.01
_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class ValidDrop:
    """A drop that may be loaded: the rows of its files by what becomes of them."""

    muster: Muster
    counts: dict[TableName, TableCount]

    @property
    def rejected(self) -> int:
        """Return the number of rejected rows over all files."""
        return sum(count.rejected for count in self.counts.values())


@dataclass(slots=True)
class Foreman:
    """Leads the work on one drop. `connection` is in autocommit and prepared."""

    connection: psycopg.Connection[Any]
    job: Job
    crew: Crew
    progress: Progress
    _counts: dict[TableName, TableCount] = field(default_factory=dict)

    def check(self, rejects: RejectsFile) -> ValidDrop:
        """Check every file, households before all that speak of them; nothing but `staging` is written to.

        Raises DropError; TooManyRejectedError at the end of the first file that is too bad.
        """
        self._check_table(TableName.COMMUNITIES, rejects=rejects)
        muster = self._check_households(rejects)
        for table in STAGED:
            self._check_table(table, rejects=rejects)
        return ValidDrop(muster, self._counts)

    def load(self, valid: ValidDrop) -> int:
        """Load a valid drop; returns how many erased customers stay out."""
        settler = Settler(self.connection, self.job, valid.muster)
        settler.vacate()
        total = self.job.drop.files[TableName.HOUSEHOLDS].rows
        done = 0
        for done in settler.settle():
            self.progress("load households", done=done, total=total)
        self._plan_founding(valid.muster)
        self._run(Stage.FOUND, TableName.HOUSEHOLDS, step="load households", total=total, done=done)
        erased = settler.close()
        names = (PartName(Stage.MERGE, "", bucket) for bucket in range(self.job.run.buckets))
        staging.plan(self.connection, (PlannedPart(name, 1) for name in names))
        self._run(Stage.MERGE, "", step="merge buckets", total=self.job.run.buckets)
        return erased

    def _check_table(self, table: TableName, *, rejects: RejectsFile) -> None:
        rejected = left_out = 0
        for result in self._check_parts(table):
            rejected += self._reject(table, result, rejects=rejects)
            left_out += int(result["left_out"][0]) if "left_out" in result else 0
        self._judge(table, rejected=rejected, left_out=left_out, rejects=rejects)

    def _check_households(self, rejects: RejectsFile) -> Muster:
        table = TableName.HOUSEHOLDS
        rejected = 0

        def read() -> Iterator[Arrays]:
            nonlocal rejected
            for result in self._check_parts(table):
                rejected += self._reject(table, result, rejects=rejects)
                yield result

        muster = Muster.gather(read(), cities=self.job.tools.cities)
        for row in muster.rows[muster.repeats].tolist():
            self._write(table, row=row, column="customer_id", reason=Reason.DUPLICATE, rejects=rejects)
        elsewhere = len(muster.find_elsewhere())
        self._judge(table, rejected=rejected + len(muster.repeats), left_out=elsewhere, rejects=rejects)
        self._note_rosters(muster)
        return muster

    def _check_parts(self, table: TableName) -> Iterator[Arrays]:
        names = [PartName(Stage.CHECK, table, part.number) for part in self.job.parts[table]]
        rows = [part.rows for part in self.job.parts[table]]
        staging.plan(self.connection, map(PlannedPart, names, rows))
        self._run(Stage.CHECK, table, step=f"check {table}", total=self.job.drop.files[table].rows)
        yield from staging.read_results(self.connection, names)

    def _note_rosters(self, muster: Muster) -> None:
        for number, rows in enumerate(muster.split()):
            buckets = muster.get_buckets(rows, buckets=self.job.run.buckets)
            found: Arrays = {"keys": muster.customer_keys[rows], "buckets": buckets}
            staging.note(self.connection, PartName(Stage.ROSTER, "", number), result=found)

    def _plan_founding(self, muster: Muster) -> None:
        parts = zip(self.job.parts[TableName.HOUSEHOLDS], muster.split(), strict=True)
        for part, rows in parts:
            lots = muster.lots[rows]
            settled = int((lots == Lot.SETTLED).sum())
            name = PartName(Stage.FOUND, part.table, part.number)
            staging.plan(self.connection, [PlannedPart(name, part.rows - settled, {"lots": lots})])

    def _run(self, stage: Stage, table: str, *, step: str, total: int, done: int = 0) -> None:
        """Have all parts of a stage done, also those that others have taken, and tell how far it has come."""
        for rows in self._work(stage, table):
            done += rows
            self.progress(step, done=done, total=total)

    def _work(self, stage: Stage, table: str) -> Iterator[int]:
        """Give the rows of each part that is done, whoever did it."""
        told: set[PartName] = set()
        while True:
            parts = staging.find_parts(self.connection, stage=stage, table=table)
            rows = {name: count for name, count, _ in parts}
            for name, _, is_done in parts:
                if is_done and name not in told:
                    told.add(name)
                    yield rows[name]
            left = [name for name, _, is_done in parts if not is_done]
            if not left:
                return
            taken = 0
            for name in self.crew.work(left):
                taken += 1
                told.add(name)
                yield rows[name]
            if not taken:
                time.sleep(_PAUSE_S)

    def _reject(self, table: TableName, result: Arrays, *, rejects: RejectsFile) -> int:
        names = [column.name for column in get_columns(table, now=self.job.run.now)]
        bad = zip(*(result[name].tolist() for name in ("bad_rows", "bad_columns", "bad_reasons")), strict=True)
        for row, column, reason in bad:
            self._write(table, row=row, column=names[column], reason=REASONS[reason], rejects=rejects)
        for row in result["ragged"].tolist():
            self._write(table, row=row, column="", reason=Reason.COLUMN_COUNT, rejects=rejects)
        return len(result["bad_rows"]) + len(result["ragged"])

    def _write(self, table: TableName, *, row: int, column: str, reason: Reason, rejects: RejectsFile) -> None:
        rejects.write(self.job.drop.files[table].path.name, row=row, column=column, reason=reason)

    def _judge(self, table: TableName, *, rejected: int, left_out: int, rejects: RejectsFile) -> None:
        rows = self.job.drop.files[table].rows
        if rejected > MOST_REJECTED * rows:
            raise TooManyRejectedError(table=table, rejected=rejected, rows=rows, rejects_path=rejects.path)
        self._counts[table] = TableCount(rows, rejected, left_out)
