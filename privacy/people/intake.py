"""Takes in the monthly drop: checks all of it, then loads it; a crash at any point is made good by calling again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import sessionmaker

from privacy.audit.values import Action
from privacy.people.drop.manifest import check_content, read_manifest
from privacy.people.drop.readers import CHUNK_ROWS
from privacy.people.drop.rejects import get_rejects_path, open_rejects
from privacy.people.drop.validation import Validator, ValidDrop
from privacy.people.drop.values import Drop, IntakeReport, TableName
from privacy.people.loading import journal
from privacy.people.loading.loader import Loader
from privacy.people.ports import find_no_tags, keep_silent
from privacy.redaction import mask_phones

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import psycopg
    from sqlalchemy import Engine

    from privacy.audit.recording import Recorder
    from privacy.people.loading.journal import DropState
    from privacy.people.ports import Clock, FindTags, LeafLocator, Progress
    from privacy.people.vault import Vault


def take_in(  # noqa: PLR0913 - everything that an intake is made of meets here
    engine: Engine,
    *,
    drop_dir: Path,
    locator: LeafLocator,
    vault: Vault,
    recorder: Recorder,
    clock: Clock,
    find_tags: FindTags = find_no_tags,
    progress: Progress = keep_silent,
    rejects_path: Path | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> IntakeReport:
    """Take in one drop over an engine that logs in as field_intake. Idempotent per drop id.

    Every row is checked before anything is written; rejected rows go to `rejects_path`, by default beside the drop's
    folder. `find_tags` says which pains a text speaks of. Raises DropError (TooManyRejectedError above 1 % of a
    file's rows), IntakeRunningError.
    """
    drop = read_manifest(drop_dir)
    path = rejects_path or get_rejects_path(drop_dir)
    intake = _Intake(drop, locator, vault, clock(), find_tags, progress, path, chunk_rows)
    with _connect(engine) as connection:
        journal.take_lock(connection)
        state = journal.get_state(connection, drop=drop)
        if state and state.is_done:
            return IntakeReport(drop.drop_id, drop.month, {}, state.rejected, is_replay=True, rejects_path=None)
        journal.check_order(connection, drop=drop, now=intake.now)
        journal.check_keys(connection, vault=vault)
        check_content(drop)
        valid = intake.check()
        erased = intake.load(connection, valid=valid, state=state)
        _finish(engine, drop=drop, valid=valid, recorder=recorder, now=clock())
    kept = path if valid.rejected else None
    return IntakeReport(
        drop.drop_id, drop.month, valid.counts, valid.rejected, is_replay=False, rejects_path=kept, erased=erased
    )


def _finish(engine: Engine, *, drop: Drop, valid: ValidDrop, recorder: Recorder, now: datetime) -> None:
    households = valid.counts[TableName.HOUSEHOLDS]
    with recorder.begin(sessionmaker(engine)) as act:
        journal.finish(act.session, drop=drop, now=now)
        act.note(
            Action.DROP_TAKEN_IN,
            # The name is the data platform's; whatever stands in it, no number gets on.
            subject=mask_phones(drop.drop_id),
            at=now,
            month=f"{drop.month:%Y-%m}",
            sha256=drop.manifest_sha256.hex(),
            rows=sum(count.rows for count in valid.counts.values()),
            rejected=valid.rejected,
            households=households.rows - households.rejected - households.left_out,
        )


@dataclass(frozen=True, slots=True)
class _Intake:
    drop: Drop
    locator: LeafLocator
    vault: Vault
    now: datetime
    find_tags: FindTags
    progress: Progress
    rejects_path: Path
    chunk_rows: int

    def check(self) -> ValidDrop:
        with open_rejects(self.rejects_path) as rejects:
            validator = Validator(self.drop, self.locator, self.now, rejects, self.progress, self.chunk_rows)
            return validator.check()

    def load(self, connection: psycopg.Connection[Any], *, valid: ValidDrop, state: DropState | None) -> int:
        journal.begin(connection, drop=self.drop, rejected=valid.rejected, now=self.now)
        loader = Loader(connection, valid, self.vault, self.now, self.progress, self.find_tags, self.chunk_rows)
        return loader.load(done=state.progress if state else {})


@contextmanager
def _connect(engine: Engine) -> Iterator[psycopg.Connection[Any]]:
    """Lend a connection of its own, in autocommit; closing it for good deletes the working copies and the lock."""
    with engine.connect() as pooled:
        connection = pooled.connection.driver_connection
        assert connection is not None  # noqa: S101 - it was opened in the line before
        pooled.detach()
        connection.autocommit = True
        yield connection
