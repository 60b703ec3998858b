"""Which area a planner asks about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.queries import find_districts
from radar.errors import UnknownAreaError
from radar.values import Area

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def get_area(session: Session, *, adcode: int) -> Area:
    """Return the district, or the city, of an adcode. Raises UnknownAreaError."""
    for district in find_districts(session, adcodes=[adcode]):
        return Area(district.adcode, district.name, district.city_code, district.city_name)
    for district in find_districts(session, city_code=adcode):
        return Area(district.city_code, district.city_name, district.city_code, district.city_name)
    raise UnknownAreaError(adcode=adcode)
