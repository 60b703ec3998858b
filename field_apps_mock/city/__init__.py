"""The data platform's stand-in: a synthetic city over real places, written as the monthly drop."""

from __future__ import annotations

from field_apps_mock.city.make import make_city
from field_apps_mock.city.values import CityName, CityPlan, Datum, DropFormat, WrittenDrop

__all__ = ["CityName", "CityPlan", "Datum", "DropFormat", "WrittenDrop", "make_city"]
