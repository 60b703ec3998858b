"""Helps with a drop from another machine: takes parts for as long as somebody leads, and trusts nobody's word for it.

Which drop, which parts and what to do with them stand in the people database; its files are found by their checksum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from privacy.people.drop.errors import DropError
from privacy.people.drop.manifest import MANIFEST, read_manifest
from privacy.people.loading import journal, staging
from privacy.people.loading.tools import Job, Tools, connect
from privacy.people.loading.work import Worker, prepare

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg
    from sqlalchemy import Engine

    from privacy.people.drop.values import Drop
    from privacy.people.loading.staging import Run

_PAUSE_S = 0.5


def help_out(
    engine: Engine,
    /,
    *,
    open_tools: Callable[[], Tools],
    drops_dir: Path,
    is_stopped: Callable[[], bool],
    pause: Callable[[float], object],
) -> int:
    """Do parts until the drop is in, or nobody leads any more; returns how many. At once 0 where there is nothing.

    Tools are opened anew for each drop, as the leading process does: places, keys and words may have changed since the
    last. `drops_dir` holds the folders of drops, as the leading process sees them. Raises DropError.
    """
    done = 0
    with connect(engine) as connection:
        run = find_led(connection)
        drop = _find_drop(drops_dir, run=run) if run else None
        if run is None or drop is None:
            return 0
        job = Job.of(drop, run=run, tools=open_tools())
        prepare(connection, job)
        worker = Worker(connection, job)
        while not is_stopped() and find_led(connection) == run:
            if worker.do_any():
                done += 1
            else:
                pause(_PAUSE_S)
    return done


def find_led(connection: psycopg.Connection[Any], /) -> Run | None:
    """Return the drop that is worked on, None while nobody leads: a leader that was killed holds no lock."""
    return staging.find_run(connection) if journal.is_led(connection) else None


def _find_drop(drops_dir: Path, *, run: Run) -> Drop | None:
    for manifest in sorted(drops_dir.glob(f"*/{MANIFEST}")):
        try:
            drop = read_manifest(manifest.parent)
        except DropError:
            continue
        if drop.manifest_sha256 == run.manifest_sha256:
            return drop
    return None
