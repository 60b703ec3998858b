"""Keeps the current snapshot: loads it, notices a new release or import, and swaps it whole.

A release is loaded only if its digest and its signature are right. One that is not is refused and told of, and its city
goes on with the newest one that is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import chain, groupby
from typing import TypeAlias

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from geo.current_release import Snapshot
from geo.errors import NoReleaseError
from geo.figures import ReleaseMeta
from geo.layer import CityLayer
from geo.layer_loading import find_district_names, load_city
from geo.models import PlaceImport
from privacy.release.errors import ReleaseError
from privacy.release.models import Release
from privacy.release.queries import ReleaseHead, find_heads, get_head
from privacy.release.verify import read_headed

__all__ = ["Snapshot", "SnapshotStore"]

Clock = Callable[[], datetime]
MANY_CITIES = 4
LOADED_TOGETHER = 2
"""Connections for loading many cities, besides the one that found them: the pool of a web process has one more."""
READ_AT_ONCE = 8
"""Cities whose heads are read by the same few queries: few enough that the connections end at the same time."""

RETRY_AFTER = timedelta(seconds=60)
"""How long a refused release is not looked at again: checking it costs as much as loading it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A release as it stands in the database. `seal` is its digest and signature: another seal, another release."""

    release: ReleaseMeta
    seal: str


@dataclass(frozen=True, slots=True)
class _ReadAtOnce:
    """What is read of many cities at once: heads of their newest releases by id, names of all districts."""

    heads: Mapping[str, ReleaseHead]
    district_names: Mapping[int, str]


_City: TypeAlias = Sequence[_Stored]
"""The releases of a city, newest first."""

_Loaded: TypeAlias = tuple[tuple[_Stored, str], CityLayer]


def _ignore(release_id: str) -> None:
    del release_id


class SnapshotStore:
    """The snapshot of a process. Readers take a reference and never see half of a change."""

    def __init__(
        self,
        sessions: Callable[[], Session],
        clock: Clock,
        *,
        public_keys: Sequence[bytes],
        on_refused: Callable[[str], None] = _ignore,
    ) -> None:
        """Hold where to load from and whose signatures count; nothing connects yet.

        Without public keys only digests are checked. `on_refused` hears of each refused release once.
        """
        self._sessions = sessions
        self._clock = clock
        self._public_keys = public_keys
        self._on_refused = on_refused
        self._snapshot: Snapshot | None = None
        self._layers: dict[tuple[_Stored, str], CityLayer] = {}
        self._seen = ""
        self._places = 0
        self._loading = threading.Lock()
        self._stopped = threading.Event()
        self._loaded_at = datetime.min.replace(tzinfo=UTC)
        self.refreshed_at: datetime | None = None
        self.refused: frozenset[str] = frozenset()

    def current(self) -> Snapshot:
        """Return the current snapshot, loaded at the first call; raises `NoReleaseError` before the first release."""
        if self._snapshot is None:
            self.refresh()
        snapshot = self._snapshot
        if snapshot is None:
            raise NoReleaseError
        return snapshot

    def peek(self) -> Snapshot | None:
        """Return the current snapshot if one is loaded."""
        return self._snapshot

    def refresh(self) -> bool:
        """Load anew if a release or an import came since, or one was refused a while ago; return whether it changed.

        A replica that is behind what another one, or the primary, had already changes nothing.
        """
        with self._loading, self._sessions() as session:
            if not self.is_covered_by(session) and session.scalar(select(func.pg_is_in_recovery())):
                return False
            cities = _find_stored(session)
            newest = _get_newest_import(session)
            places = str(newest)
            seen = _name_version([releases[0] for releases in cities], places=places)
            now = self.refreshed_at = self._clock()
            if seen == self._seen and not (self.refused and now - self._loaded_at >= RETRY_AFTER):
                return False
            refused: set[str] = set()
            loaded = self._load_cities(session, cities, places=places, refused=refused)
            changed = self._swap(dict(filter(None, loaded)), places=places)
            self._seen, self._loaded_at, self._places = seen, now, newest
            self._tell_refused(frozenset(refused))
        return changed

    def is_covered_by(self, session: Session) -> bool:
        """Say whether a database holds everything that the snapshot was made of: a replica may not have it yet."""
        return _holds(session, [stored for stored, _ in self._layers], places=self._places)

    def _load_cities(
        self, session: Session, cities: Sequence[_City], *, places: str, refused: set[str]
    ) -> list[_Loaded | None]:
        """Return the layer of each city; many that are new are loaded while the database prepares the next."""
        taking_turns = threading.Lock()
        names = find_district_names(session)

        def load(some: Sequence[_City], using: Session) -> list[_Loaded | None]:
            new = [releases[0].release.release_id for releases in some if (releases[0], places) not in self._layers]
            read = _ReadAtOnce(find_heads(using, release_ids=new), names)
            return [self._load_city(using, releases, places=places, read=read, refused=refused) for releases in some]

        def load_alone(some: Sequence[_City]) -> list[_Loaded | None]:
            with self._sessions() as own:
                # Another replica than the one that told of the releases may not have them yet.
                if _holds(own, [stored for releases in some for stored in releases], places=int(places)):
                    return load(some, own)
            with taking_turns:
                return load(some, session)

        if sum((releases[0], places) not in self._layers for releases in cities) < MANY_CITIES:
            return load(cities, session)
        parts = [cities[at : at + READ_AT_ONCE] for at in range(0, len(cities), READ_AT_ONCE)]
        with ThreadPoolExecutor(LOADED_TOGETHER) as pool:
            return list(chain.from_iterable(pool.map(load_alone, parts)))

    def _load_city(
        self, session: Session, releases: _City, *, places: str, read: _ReadAtOnce, refused: set[str]
    ) -> _Loaded | None:
        """Return the layer of the newest release of a city that is as it was published; note those that are not."""
        for stored in releases:
            key = stored, places
            if key in self._layers:
                return key, self._layers[key]
            release_id = stored.release.release_id
            try:
                head = read.heads.get(release_id) or get_head(session, release_id=release_id)
                figures = read_headed(session, head=head, public_keys=self._public_keys)
            except ReleaseError:
                refused.add(release_id)
                continue
            found = head.release
            checked = ReleaseMeta(found.release_id, found.month, found.as_of, found.city_code)
            return key, load_city(session, release=checked, figures=figures, district_names=read.district_names)
        return None

    def _swap(self, layers: dict[tuple[_Stored, str], CityLayer], *, places: str) -> bool:
        if layers.keys() == self._layers.keys() and self._snapshot is not None:
            return False
        try:
            version = _name_version([stored for stored, _ in layers], places=places)
            snapshot = Snapshot.build(list(layers.values()), version=version)
        except NoReleaseError:
            snapshot = None
        changed = snapshot is not None or self._snapshot is not None
        self._snapshot, self._layers = snapshot, layers
        return changed

    def _tell_refused(self, refused: frozenset[str]) -> None:
        for release_id in sorted(refused - self.refused):
            _log.error("release %s refused: its digest or signature is wrong", release_id)
            self._on_refused(release_id)
        self.refused = refused

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


def _holds(session: Session, releases: Sequence[_Stored], *, places: int) -> bool:
    """Say whether a database holds some releases, and the places as of an import."""
    release_ids = [stored.release.release_id for stored in releases]
    held = select(func.count()).where(Release.release_id.in_(release_ids)).scalar_subquery()
    found = session.execute(select(held, select(func.max(PlaceImport.import_id)).scalar_subquery())).one()
    return found[0] == len(release_ids) and (found[1] or 0) >= places


def _get_newest_import(session: Session) -> int:
    return session.scalar(select(func.max(PlaceImport.import_id))) or 0


def _find_stored(session: Session) -> list[_City]:
    """Return the releases of each city, newest first."""
    rows = session.execute(
        select(
            Release.release_id,
            Release.month,
            Release.as_of,
            Release.city_code,
            Release.figures_sha256,
            Release.signature,
        ).order_by(Release.city_code, Release.month.desc())
    )
    every: Iterator[_Stored] = (
        _Stored(ReleaseMeta(*row[:4]), bytes(row[4]).hex() + bytes(row[5] or b"").hex()) for row in rows
    )
    return [list(group) for _, group in groupby(every, key=lambda stored: stored.release.city_code)]


def _name_version(releases: Sequence[_Stored], *, places: str) -> str:
    content = "|".join([places, *(f"{stored.release.release_id}:{stored.seal}" for stored in releases)])
    return blake2b(content.encode(), digest_size=12).hexdigest()
