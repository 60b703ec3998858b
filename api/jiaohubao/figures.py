"""What radars found in the form of the answers: per cent and indexes to a hundredth, margins rounded up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from api.yingxiaobao.figures import show_need, show_release
from geo.figures import ReleaseMeta
from privacy.release.vocabularies import Tag
from radar.life_circle import Suggestion
from radar.values import Area, Growth, Item, Measure, Point, Scan, Season

Row = dict[str, Any]
DIGITS = 2
UNITS = {
    "count": "households",
    "share": "percent",
    "index": "base_is_100",
    "growth": "percent",
    "seasonality": "year_mean_is_100",
}


def show_scan(found: Scan) -> Row:
    """Return what all radars have in common."""
    return {
        **show_release(found.release),
        "month": show_month(found.release),
        "area": show_area(found.area),
        "units": UNITS,
        "base": show_base(found.base),
        "items": [show_item(item) for item in found.items],
    }


def show_month(release: ReleaseMeta) -> str:
    """Return the month of a release as people write it."""
    return f"{release.month:%Y-%m}"


def show_base(releases: Iterable[ReleaseMeta]) -> list[Row]:
    """Return the releases that figures were added up from."""
    return [show_release(one) | {"city_code": one.city_code} for one in releases]


def show_area(area: Area) -> Row:
    """Return an area with its names."""
    return {"adcode": area.adcode, "name": area.name, "city_code": area.city_code, "city_name": area.city_name}


def show_tag(tag: Tag) -> Row:
    """Return a tag of a vocabulary."""
    return {
        "key": tag.key,
        "code": tag.code,
        "category": tag.category,
        "name_zh": tag.zh,
        "name_en": tag.en,
        "example_zh": tag.example_zh or None,
        "example_en": tag.example_en or None,
        "platforms": tag.platforms,
        "influencers": tag.influencers,
    }


def show_measure(measure: Measure | None) -> Row | None:
    """Return a share or index; None where there is none."""
    if measure is None:
        return None
    return {"value": round(measure.value, DIGITS), "moe95": round_up(measure.moe95)}


def round_up(margin: float) -> float:
    """Return a margin to a hundredth, never smaller than it is."""
    return math.ceil(margin * 100) / 100


def show_growth(growth: Growth | None) -> Row | None:
    """Return a change with the month that it counts from."""
    measure = show_measure(growth.change) if growth else None
    return measure | {"since": f"{growth.since:%Y-%m}", "clear": growth.is_clear} if growth and measure else None


def show_item(item: Item) -> Row:
    """Return one tag with everything that is known of it."""
    return {
        "rank": item.rank,
        "tag": show_tag(item.tag),
        "count": show_need(item.count.value or 0.0, moe95=item.count.moe95, few=item.count.few),
        "share": show_measure(item.share),
        "share_city": show_measure(item.city_share),
        "share_national": show_measure(item.national_share),
        "index_city": show_measure(item.city_index),
        "index_national": show_measure(item.national_index),
        "growth": show_growth(item.growth),
        "series": [show_point(point) for point in item.series],
        "seasonality": {"points": [show_season(one) for one in item.season], "missing": item.no_season},
    }


def show_point(point: Point) -> Row:
    """Return one month of a series."""
    return {
        "release_id": point.release_id,
        "as_of": point.as_of,
        "month": f"{point.month:%Y-%m}",
        "count": show_need(point.count.value or 0.0, moe95=point.count.moe95, few=point.count.few),
        "share": show_measure(point.share),
    }


def show_season(season: Season) -> Row:
    """Return one month against the mean of its year."""
    head = {"release_id": season.release_id, "as_of": season.as_of, "month": f"{season.month:%Y-%m}"}
    return head | (show_measure(season.index) or {})


def show_suggestions(suggestions: Sequence[Suggestion]) -> list[Row]:
    """Return suggestions, best first."""
    return [
        {
            "rank": place,
            "tag": show_tag(one.item.tag),
            "why": one.why,
            "index_national": show_measure(one.item.national_index),
            "growth": show_growth(one.item.growth),
        }
        for place, one in enumerate(suggestions, 1)
    ]
