"""The district figures of every month in memory, each read once and only if its digest and signature are right.

A release never changes, so what was checked stays checked for as long as the process lives and its seal - digest and
signature - is the same. One that is not as it was published is left out, as if it had not been published, and is
looked at again after a while.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeAlias

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from geo.figures import ReleaseMeta
from privacy.release.errors import ReleaseError
from privacy.release.figures import DistrictTable
from privacy.release.queries import find_newest_releases, find_releases
from privacy.release.values import Product, PublishedRelease
from privacy.release.verify import read_release

RETRY_AFTER = timedelta(seconds=60)
MOST_MONTHS = 24
"""How far back a series goes."""

_Key: TypeAlias = tuple[str, bytes, bytes | None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class MonthTables:
    """The district products of one release."""

    release: ReleaseMeta
    tables: Mapping[Product, DistrictTable]


class Archive:
    """Checked district figures by release. Safe to share between threads: at worst two check the same release."""

    def __init__(self, *, public_keys: Sequence[bytes], clock: Callable[[], datetime]) -> None:
        """Hold whose signatures count; nothing is read yet."""
        self._public_keys = public_keys
        self._clock = clock
        self._checked: dict[_Key, MonthTables] = {}
        self._refused: dict[_Key, datetime] = {}

    @property
    def refused(self) -> frozenset[str]:
        """Return the releases that were not as they were published when they were last looked at."""
        return frozenset(key[0] for key in self._refused.copy() if key not in self._checked)

    def warm(self, sessions: Callable[[], Session]) -> None:
        """Read and check every month that a series can show, newest first: the first question then need not wait."""
        try:
            with sessions() as session:
                releases = find_releases(session)
                months = sorted({each.month for each in releases}, reverse=True)[:MOST_MONTHS]
                for each in releases:
                    if each.month in months:
                        self._get(session, each)
        except SQLAlchemyError:
            _log.warning("radars not warmed: database not available")

    def find_months(self, session: Session, *, city_code: int, until: date | None = None) -> list[MonthTables]:
        """Return the months of a city that have district figures, newest first, at most 24, none after `until`."""
        releases = find_releases(session, city_code=city_code)
        wanted = [release for release in releases if until is None or release.month <= until]
        return list(self._read(session, wanted[:MOST_MONTHS]))

    def find_cities(self, session: Session, *, month: date) -> list[MonthTables]:
        """Return the same month of every city that has it, by city."""
        return list(self._read(session, find_releases(session, month=month)))

    def find_newest(self, session: Session, *, city_code: int | None = None) -> list[MonthTables]:
        """Return the newest month of every city, or of one, by city."""
        if city_code is not None:
            return list(islice(self._read(session, find_releases(session, city_code=city_code)), 1))
        found = []
        for newest in find_newest_releases(session):
            if not (own := list(self._read(session, [newest]))):
                own = self.find_newest(session, city_code=newest.city_code)
            found += own
        return found

    def _read(self, session: Session, releases: Sequence[PublishedRelease]) -> Iterator[MonthTables]:
        for release in releases:
            found = self._get(session, release)
            if found is not None and found.tables:
                yield found

    def _get(self, session: Session, stored: PublishedRelease) -> MonthTables | None:
        key = stored.release_id, stored.figures_sha256, stored.signature
        if key in self._checked:
            return self._checked[key]
        now = self._clock()
        if key in self._refused and now - self._refused[key] < RETRY_AFTER:
            return None
        try:
            release, figures = read_release(session, release_id=stored.release_id, public_keys=self._public_keys)
        except ReleaseError:
            self._refused[key] = now
            _log.error("release %s refused by the radars: its digest or signature is wrong", stored.release_id)
            return None
        meta = ReleaseMeta(release.release_id, release.month, release.as_of, release.city_code)
        self._checked[key] = MonthTables(meta, figures.districts)
        return self._checked[key]
