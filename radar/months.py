"""Which months the radars can show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from geo.figures import ReleaseMeta
from privacy.release.models import DistrictFigures, Release
from radar.archive import MOST_MONTHS


@dataclass(frozen=True, slots=True)
class ReleasedMonth:
    """A month and its releases with district figures, by city."""

    month: date
    releases: tuple[ReleaseMeta, ...]


def find_months(session: Session) -> list[ReleasedMonth]:
    """Return the last months that have district figures somewhere, newest first.

    They are listed as they are stored; digests and signatures are checked when a month is read.
    """
    has_districts = exists().where(DistrictFigures.release_id == Release.release_id)
    rows = session.execute(
        select(Release.release_id, Release.month, Release.as_of, Release.city_code)
        .where(has_districts)
        .order_by(Release.month.desc(), Release.city_code)
    )
    releases = (ReleaseMeta(*row) for row in rows)
    months = (ReleasedMonth(month, tuple(own)) for month, own in groupby(releases, key=lambda each: each.month))
    return list(months)[:MOST_MONTHS]
