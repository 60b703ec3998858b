"""Reads what a radar is asked for: an area and a month."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from sqlalchemy.orm import Session

from api.reading import read
from api.resources import get_resources
from radar.archive import Archive
from radar.areas import get_area
from radar.values import Area, Scan


class Radar(Protocol):
    """What all radars of tags have in common."""

    def __call__(self, session: Session, *, archive: Archive, area: Area, month: date | None) -> Scan:
        """Return what is seen of an area in a month, the newest where it is None."""


def scan_as_asked(asked: dict[str, Any], scan: Radar) -> Scan:
    """Call a radar with the session, the archive, and the area and month that were asked for."""
    archive, month = get_resources().archive, read_month(asked.get("month"))

    def look(session: Session) -> Scan:
        area = get_area(session, adcode=asked["district"])
        return scan(session, archive=archive, area=area, month=month)

    return read(look)


def read_month(written: str | None) -> date | None:
    """Return the first day of a month written `2026-11`."""
    return date.fromisoformat(f"{written}-01") if written else None
