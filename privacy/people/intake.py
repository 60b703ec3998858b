"""Takes in the monthly drop: checks all of it, then loads it; a crash at any point is made good by calling again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import sessionmaker

from privacy.audit.values import Action
from privacy.people.drop.errors import DropError
from privacy.people.drop.manifest import check_content, read_manifest
from privacy.people.drop.readers import CHUNK_ROWS
from privacy.people.drop.rejects import get_rejects_path, open_rejects
from privacy.people.drop.values import Drop, IntakeReport, TableName
from privacy.people.loading import journal, staging
from privacy.people.loading.crews import Helpers, open_crew
from privacy.people.loading.foreman import Foreman, ValidDrop
from privacy.people.loading.households import get_arrival
from privacy.people.loading.staging import Run
from privacy.people.loading.tools import Job, Tools
from privacy.people.loading.work import prepare
from privacy.people.ports import keep_silent
from privacy.redaction import mask_phones

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    import psycopg

    from privacy.audit.recording import Recorder
    from privacy.people.ports import Clock, Progress

_HOUSEHOLDS_PER_BUCKET = 2
"""Times the rows of a chunk: how much of a drop is merged in one transaction."""


def take_in(
    tools: Tools,
    *,
    drop_dir: Path,
    recorder: Recorder,
    clock: Clock,
    helpers: Helpers | None = None,
    progress: Progress = keep_silent,
    rejects_path: Path | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> IntakeReport:
    """Take in one drop; alone, or with helpers of this machine, and whoever of others comes. Idempotent per drop id.

    Every row is checked before anything is written; rejected rows go to `rejects_path`, by default beside the drop's
    folder. Raises DropError (TooManyRejectedError above 1 % of a file's rows), IntakeRunningError, and
    CityElsewhereError unless `tools` let go whoever lives in another group's city.
    """
    drop = read_manifest(drop_dir)
    path = rejects_path or get_rejects_path(drop_dir)
    with tools.connect() as connection:
        journal.take_lock(connection)
        state = journal.get_state(connection, drop=drop)
        if state and state.is_done:
            return IntakeReport(drop.drop_id, drop.month, {}, state.rejected, is_replay=True, rejects_path=None)
        journal.check_order(connection, drop=drop, now=clock())
        journal.check_keys(connection, vault=tools.vault)
        if not tools.lets_go:
            journal.check_cities(connection, cities=tools.cities)
        check_content(drop)
        now = clock()
        newcomers_from = get_arrival(drop.month, now=now) if tools.newcomers_wait else None
        fresh = _plan_run(drop, now=now, chunk_rows=chunk_rows, newcomers_from=newcomers_from)
        run = _open_run(connection, fresh, is_loading=state is not None)
        valid, erased = _work(connection, drop, run=run, tools=tools, helpers=helpers, progress=progress, path=path)
        _finish(tools, drop=drop, valid=valid, recorder=recorder, now=clock())
    kept = path if valid.rejected else None
    return IntakeReport(
        drop.drop_id, drop.month, valid.counts, valid.rejected, is_replay=False, rejects_path=kept, erased=erased
    )


def _plan_run(drop: Drop, *, now: datetime, chunk_rows: int, newcomers_from: date | None) -> Run:
    rows = drop.files[TableName.HOUSEHOLDS].rows
    buckets = max(1, -(-rows // (_HOUSEHOLDS_PER_BUCKET * chunk_rows)))
    return Run(drop.drop_id, drop.manifest_sha256, now, buckets, chunk_rows, newcomers_from)


def _open_run(connection: psycopg.Connection[Any], fresh: Run, *, is_loading: bool) -> Run:
    """Go on with a drop that is half loaded; check anything else anew.

    Between a check that died and this call somebody may have been erased; while a drop is half loaded, only by a
    version that does not know better: then it is checked again, and loading it again changes nothing.
    """
    run = staging.find_run(connection)
    is_this = run is not None and run.manifest_sha256 == fresh.manifest_sha256
    if run is not None and is_this and is_loading and not journal.is_anybody_erased(connection, since=run.now):
        return run
    with connection.transaction():
        staging.begin(connection, fresh)
    return fresh


def _work(
    connection: psycopg.Connection[Any],
    drop: Drop,
    *,
    run: Run,
    tools: Tools,
    helpers: Helpers | None,
    progress: Progress,
    path: Path,
) -> tuple[ValidDrop, int]:
    """Check and load; a drop that is refused leaves nothing behind."""
    try:
        job = Job.of(drop, run=run, tools=tools)
        prepare(connection, job)
        staging.lead(connection)
        if helpers and helpers.knock:
            helpers.knock()
        with open_crew(job, helpers=helpers) as crew:
            foreman = Foreman(connection, job, crew, progress)
            with open_rejects(path) as rejects:
                valid = foreman.check(rejects)
            journal.begin(connection, drop=drop, rejected=valid.rejected, now=run.now)
            return valid, foreman.load(valid)
    except DropError:
        staging.clear(connection)
        raise


def _finish(tools: Tools, *, drop: Drop, valid: ValidDrop, recorder: Recorder, now: datetime) -> None:
    households = valid.counts[TableName.HOUSEHOLDS]
    with recorder.begin(sessionmaker(tools.engine)) as act:
        journal.finish(act.session, drop=drop, now=now)
        staging.clear_within(act.session)
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
