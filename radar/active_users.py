"""活跃用户雷达: persona cards, drawn from the release. A card is nobody until somebody is invited.

A card stands for a tuple (district, age band, activity, category) whose released count is at least 50 and two standard
errors more. A planner's day has one order of all tuples, in which those with larger counts tend to come first; every
question shows the first few of that order that fit it, and together never more than twenty different ones a day. The
order depends on planner, day and release alone: asking again, or in other words, draws nothing anew.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from geo.errors import NoReleaseError
from geo.figures import FEW_SD, ReleaseMeta
from geo.queries import find_districts
from privacy.release.slots import Activity, AgeBand
from privacy.release.values import Category, Product
from radar import interests
from radar.allowance import get_day, get_reset, see
from radar.archive import Archive, MonthTables
from radar.cards import Card, Persona, read_card, write_card
from radar.errors import MonthNotReleasedError
from radar.values import Area, Item

__all__ = ["CARDS_PER_ANSWER", "Drawn", "Found", "ShownCard", "Wanted", "draw_order", "read_card", "scan"]

LEAST_COUNT = 50.0
CARDS_PER_ANSWER = 5
MOST_INTERESTS = 3
_AS_THE_BASE = 100.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cards a planner asks for; None leaves a part open. `limit` is at most the day's twenty."""

    area: Area | None = None
    category: Category | None = None
    age_band: AgeBand | None = None
    activity: Activity | None = None
    limit: int = CARDS_PER_ANSWER

    def fits(self, persona: Persona, *, release: ReleaseMeta) -> bool:
        """Say whether a tuple of a release is asked for."""
        asked = (
            (self.category, persona.category),
            (self.age_band, persona.age_band),
            (self.activity, persona.activity),
        )
        area = self.area
        is_here = area is None or area.adcode in {persona.district_adcode, release.city_code}
        return is_here and all(part in {None, own} for part, own in asked)


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One card. `interests` are those of its district that stand out against the nation, not those of a person."""

    token: str
    persona: Persona
    area: Area
    release: ReleaseMeta
    interests: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The cards of one question, and how many new ones the planner's day still holds."""

    cards: tuple[ShownCard, ...]
    remaining: int
    reset_at: datetime


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tuple in the planner's order: the smaller `at`, the earlier."""

    at: float
    persona: Persona
    release: ReleaseMeta


def scan(
    session: Session, *, archive: Archive, wanted: Wanted, planner_id: UUID, now: datetime, keys: Sequence[bytes]
) -> Found:
    """Return the first cards of the planner's day that are asked for, and count those not seen before.

    The session's transaction is the caller's to commit. Raises MonthNotReleasedError for a city without
    released cards, NoReleaseError where nothing is released, CardsUsedUpError and CardsUncountableError.
    """
    city_code = wanted.area.city_code if wanted.area else None
    newest = archive.find_newest(session, city_code=city_code)
    months = [each for each in newest if Product.ACTIVE_USERS in each.tables]
    if not months:
        raise NoReleaseError if city_code is None else MonthNotReleasedError(city_code=city_code, month=None)
    order = draw_order(months, planner_id=planner_id, day=get_day(now), key=keys[0])
    fits = {str(one.persona): one for one in order if wanted.fits(one.persona, release=one.release)}
    seen = see(session, planner_id=planner_id, now=now, wanted=list(fits), limit=wanted.limit)
    shown = [fits[card] for card in seen.cards]
    areas = _find_areas(session, adcodes={one.persona.district_adcode for one in shown})
    clear = {adcode: _find_interests(session, archive=archive, area=area) for adcode, area in areas.items()}
    cards = [
        ShownCard(
            write_card(_make_card(one, now=now), planner_id=planner_id, key=keys[0]),
            one.persona,
            areas[one.persona.district_adcode],
            one.release,
            clear[one.persona.district_adcode],
        )
        for one in shown
    ]
    return Found(tuple(cards), seen.remaining, get_reset(now))


def _make_card(drawn: Drawn, *, now: datetime) -> Card:
    return Card(drawn.persona, drawn.release.release_id, get_day(now))


def draw_order(months: Sequence[MonthTables], *, planner_id: UUID, day: date, key: bytes) -> list[Drawn]:
    """Return all tuples of some cities that are large enough, in the order of a planner's day."""
    seed = hmac.digest(key, planner_id.bytes + day.isoformat().encode(), "sha256")
    return sorted((one for month in months for one in _draw(month, seed=seed)), key=attrgetter("at"))


def _draw(month: MonthTables, *, seed: bytes) -> Iterator[Drawn]:
    """Yield the tuples of a city that are large enough, each with its place in the planner's order.

    Places are exponential with the count as rate: the first of them is each tuple with odds in proportion to its count,
    and so on without replacement (Efraimidis and Spirakis 2006).
    """
    table = month.tables[Product.ACTIVE_USERS]
    digest = hmac.digest(seed, str(month.release.city_code).encode(), "sha256")
    waits = np.random.default_rng(int.from_bytes(digest)).standard_exponential(table.counts.shape)
    is_large = table.counts >= LEAST_COUNT + FEW_SD * table.sd
    for row, slot in np.argwhere(is_large).tolist():
        persona = Persona.parse(f"{table.districts[row]}/{table.slot_names[slot]}")
        yield Drawn(float(waits[row, slot] / table.counts[row, slot]), persona, month.release)


def _find_areas(session: Session, *, adcodes: set[int]) -> dict[int, Area]:
    found = find_districts(session, adcodes=adcodes)
    return {one.adcode: Area(one.adcode, one.name, one.city_code, one.city_name) for one in found}


def _find_interests(session: Session, *, archive: Archive, area: Area) -> tuple[Item, ...]:
    """Return what a district prefers more than the nation does, by more than the margin."""
    try:
        found = interests.scan(session, archive=archive, area=area, month=None)
    except MonthNotReleasedError:
        return ()
    clear = [
        item for item in found.items if (index := item.national_index) and index.value - index.moe95 > _AS_THE_BASE
    ]
    return tuple(clear[:MOST_INTERESTS])
