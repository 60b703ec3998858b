"""One clock for every process: the people database's. A machine whose clock or zone is wrong still keeps the leases."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy import Engine


class DatabaseClock:
    """Database time, carried on by the monotonic clock between readings.

    While the database is away the last reading is carried on: nothing can be claimed then anyway.
    """

    def __init__(self, engine: Engine, *, refresh_s: float = 10.0) -> None:
        """Keep the engine; the first call reads, and raises when the database does not answer."""
        self._engine = engine
        self._refresh_s = refresh_s
        self._lock = Lock()
        self._reading: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """Return the time, aware, UTC."""
        with self._lock:
            base, mark = self._reading = self._get_reading()
            return base + timedelta(seconds=time.monotonic() - mark)

    def _get_reading(self) -> tuple[datetime, float]:
        if self._reading is None:
            return self._read()
        base, mark = self._reading
        if time.monotonic() - mark <= self._refresh_s:
            return self._reading
        try:
            return self._read()
        except SQLAlchemyError:
            carried = time.monotonic()
            return base + timedelta(seconds=carried - mark), carried

    def _read(self) -> tuple[datetime, float]:
        with self._engine.connect() as connection:
            now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now.astimezone(UTC), time.monotonic()
