"""Keeps the current snapshot: loads it, notices a new release or import, and swaps it whole."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from geo.current_release import Snapshot
from geo.errors import NoReleaseError
from geo.figures import ReleaseMeta
from geo.layer import CityLayer
from geo.layer_loading import load_city
from geo.models import PlaceImport
from privacy.release.models import Release

__all__ = ["Snapshot", "SnapshotStore"]

Clock = Callable[[], datetime]
_log = logging.getLogger(__name__)


class SnapshotStore:
    """The snapshot of a process. Readers take a reference and never see half of a change."""

    def __init__(self, sessions: sessionmaker[Session], clock: Clock) -> None:
        """Hold where to load from; nothing connects yet."""
        self._sessions = sessions
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._layers: dict[tuple[str, str], CityLayer] = {}
        self._version = ""
        self._loading = threading.Lock()
        self._stopped = threading.Event()
        self.refreshed_at: datetime | None = None

    def current(self) -> Snapshot:
        """Return the current snapshot, loaded at the first call; raises `NoReleaseError` before the first release."""
        if self._snapshot is None:
            self.refresh()
        snapshot = self._snapshot
        if snapshot is None:
            raise NoReleaseError
        return snapshot

    def refresh(self) -> bool:
        """Load anew if a release or an import came since; return whether the snapshot changed."""
        with self._loading, self._sessions() as session:
            releases = _find_newest(session)
            places = str(session.scalar(select(func.max(PlaceImport.import_id))) or 0)
            version = _name_version(releases, places=places)
            self.refreshed_at = self._clock()
            if version == self._version:
                return False
            layers = {
                (release.release_id + digest, places): self._layers.get((release.release_id + digest, places))
                or load_city(session, release=release)
                for release, digest in releases
            }
        return self._swap(layers, version=version)

    def _swap(self, layers: dict[tuple[str, str], CityLayer], *, version: str) -> bool:
        try:
            snapshot = Snapshot.build(list(layers.values()), version=version)
        except NoReleaseError:
            snapshot = None
        changed = snapshot is not None or self._snapshot is not None
        self._snapshot, self._layers, self._version = snapshot, layers, version
        return changed

    def start_watching(self, *, interval_s: float) -> None:
        """Refresh every `interval_s` seconds in a daemon thread until `stop_watching`."""
        self._stopped.clear()
        threading.Thread(target=self._watch, args=(interval_s,), name="snapshot", daemon=True).start()

    def stop_watching(self) -> None:
        """Let the watching thread end after its current round."""
        self._stopped.set()

    def _watch(self, interval_s: float) -> None:
        while not self._stopped.is_set():
            try:
                self.refresh()
            except SQLAlchemyError:
                # The last good snapshot goes on answering while the database is away.
                _log.warning("snapshot not refreshed: database not available")
            self._stopped.wait(interval_s)


def _find_newest(session: Session) -> list[tuple[ReleaseMeta, str]]:
    rows = session.execute(
        select(Release.release_id, Release.month, Release.as_of, Release.city_code, Release.figures_sha256)
        .ext(distinct_on(Release.city_code))
        .order_by(Release.city_code, Release.month.desc())
    )
    return [(ReleaseMeta(*row[:4]), bytes(row[4]).hex()) for row in rows]


def _name_version(releases: list[tuple[ReleaseMeta, str]], *, places: str) -> str:
    content = "|".join([places, *(f"{release.release_id}:{digest}" for release, digest in releases)])
    return blake2b(content.encode(), digest_size=12).hexdigest()
