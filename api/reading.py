"""How views read: on a replica, and once more on the primary where that is gone, or behind what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from api.database import GONE
from api.errors import InvalidArgumentsError
from api.resources import get_resources
from geo.errors import NoReleaseError, UnknownDistrictError
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


def read(work: Callable[[Session], Found]) -> Found:
    """Return what a piece of reading finds. It may run twice, so it must change nothing.

    A replica that lacks the release that this process answers from is not asked: what it says would be kept with it.
    """
    resources = get_resources()
    sessions = resources.read_sessions
    try:
        with sessions() as session:
            if sessions.replicas is None or resources.snapshots.is_covered_by(session):
                return work(session)
    except (*GONE, *_BEHIND):
        if sessions.replicas is None:
            raise
    with sessions.open_primary() as session:
        return work(session)
