"""How views read: on a replica, and once more on the primary where that is gone, or behind what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from psycopg.errors import QueryCanceled
from sqlalchemy.orm import Session

from api.database import GONE
from api.errors import InvalidArgumentsError
from api.fragments import Fragments
from api.resources import Resources, get_resources, get_snapshot
from geo.errors import NoReleaseError, UnknownDistrictError
from geo.snapshot import Snapshot
from privacy.release.errors import ReleaseNotFoundError
from radar.errors import CardUnknownError, MonthNotReleasedError, UnknownAreaError

Found = TypeVar("Found")

_BEHIND: Final = (
    InvalidArgumentsError,
    NoReleaseError,
    UnknownDistrictError,
    ReleaseNotFoundError,
    CardUnknownError,
    MonthNotReleasedError,
    UnknownAreaError,
)
"""What is raised for something that a replica may be told of a moment later."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one request reads from: one release from beginning to end, what is already written of it, the database."""

    resources: Resources
    snapshot: Snapshot

    @property
    def fragments(self) -> Fragments:
        """Return the parts already written of answers from this snapshot."""
        return self.resources.fragments.of(self.snapshot.version)

    def read(self, work: Callable[[Session], Found]) -> Found:
        """Return what a piece of reading finds in the database, as `read_from` does."""
        return read_from(self.resources, work)


def get_reading() -> Reading:
    """Return what this request reads from."""
    return Reading(get_resources(), get_snapshot())


def read_from(resources: Resources, work: Callable[[Session], Found]) -> Found:
    """Return what a piece of reading finds. It may run twice, so it must change nothing.

    A replica that lacks the release that this process answers from is not asked: what it says would be kept with it.
    """
    sessions = resources.read_sessions
    session = sessions()
    is_on_primary = sessions.is_on_primary(session)
    try:
        with session:
            if is_on_primary or resources.snapshots.is_covered_by(session):
                return work(session)
    except (*GONE, *_BEHIND) as error:
        # What is too slow for a replica is no faster on the primary, and would slow everything else there.
        if is_on_primary or isinstance(getattr(error, "orig", None), QueryCanceled):
            raise
    with sessions.primary() as session:
        found = work(session)
    sessions.on_primary()
    return found


def read(work: Callable[[Session], Found]) -> Found:
    """Return what a piece of reading finds, as `read_from` does."""
    return read_from(get_resources(), work)
