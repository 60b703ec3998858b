"""What an app must know before its first screen, and the outlines of districts for its map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from api.auth import ANY_ROLE
from api.blueprint import Blueprint
from api.jiaohubao.words import show_vocabulary
from api.reading import read
from api.resources import get_resources
from api.schemas.catalog import CatalogSchema, DistrictsQuery, DistrictsSchema
from api.yingxiaobao.figures import show_geometry, show_position
from geo.queries import find_district_outlines, find_districts, get_bounds, get_centre
from geo.values import Datum, DistrictView, LonLat
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.settings import MessagingRules
from privacy.release.queries import find_newest_releases
from privacy.release.values import CATEGORY_NAMES_ZH, Category, PublishedRelease

TIMEZONE = "Asia/Shanghai"
Row = dict[str, Any]

catalog = Blueprint("catalog", prefix="/v1", description="Names, rules and outlines")


@catalog.route("/catalog", roles=ANY_ROLE)
@catalog.answers(CatalogSchema)
def show_catalog() -> Row:
    """Show categories, districts, quotas, rules, releases, and where the caller's territory lies."""
    rules = get_resources().rules
    return {
        "categories": [show_category(category) for category in Category],
        "quotas": rules.broadcast_quotas,
        "messaging": show_messaging(rules),
        "vocabulary": show_vocabulary(),
        **read(find_stored),
    }


def find_stored(session: Session) -> Row:
    """Return the part of the catalog that stands in the database."""
    return {
        "districts": find_districts(session),
        "rules_version": get_rules(session).version,
        "releases": [show_release(release) for release in find_newest_releases(session)],
        "map": find_territory(session, adcodes=g.caller.territory) if g.caller.territory else None,
    }


@catalog.route("/districts", roles=ANY_ROLE)
@catalog.mapped(DistrictsSchema)
@catalog.arguments(DistrictsQuery)
def list_districts(asked: Row) -> Row:
    """List the districts of a city with their outlines, as GeoJSON."""

    def look(session: Session) -> tuple[list[DistrictView], dict[int, BaseGeometry]]:
        """Find districts and outlines in one database, so that they are of the same import."""
        districts = find_districts(session, city_code=asked["city_code"])
        return districts, find_district_outlines(session, adcodes=[one.adcode for one in districts])

    districts, outlines = read(look)
    features = [show_district(one, outlines[one.adcode], datum=asked["datum"]) for one in districts]
    return {"type": "FeatureCollection", "datum": asked["datum"], "features": features}


def show_district(district: DistrictView, outline: BaseGeometry, *, datum: Datum) -> Row:
    """Return a district as a GeoJSON feature."""
    names = ("adcode", "name", "city_code", "city_name")
    return {
        "type": "Feature",
        "id": district.adcode,
        "geometry": show_geometry(mapping(outline), datum=datum),
        "properties": {name: getattr(district, name) for name in names},
    }


def find_territory(session: Session, *, adcodes: Sequence[int]) -> Row:
    """Return where a territory lies and where its communities are, GCJ-02."""
    west, south, east, north = get_bounds(session, adcodes=adcodes)
    corners = [show_position(LonLat(*corner), datum=Datum.GCJ02) for corner in ((west, south), (east, north))]
    bounds = [corner[axis] for corner in corners for axis in ("lon", "lat")]
    centre = get_centre(session, adcodes=adcodes) or LonLat((west + east) / 2, (south + north) / 2)
    return {"center": show_position(centre, datum=Datum.GCJ02), "bounds": bounds}


def show_category(category: Category) -> Row:
    """Return a category with its names."""
    return {"code": category, "name_zh": CATEGORY_NAMES_ZH[category], "name_en": category.value.replace("_", " ")}


def show_release(release: PublishedRelease) -> Row:
    """Return a release with its month as people write it."""
    return {
        "release_id": release.release_id,
        "month": f"{release.month:%Y-%m}",
        "city_code": release.city_code,
        "as_of": release.as_of,
    }


def show_messaging(rules: MessagingRules) -> Row:
    """Return what frames a message and when it may leave."""
    slots = [str(slot) for slot in rules.done_slots]
    if rules.done_every_s is not None:
        slots = [f"*/{rules.done_every_s}s"]
    return {
        "signature": rules.signature,
        "suffix": rules.suffix,
        "window": {"opens": str(rules.sending_opens), "closes": str(rules.sending_closes), "timezone": TIMEZONE},
        "done_slots": slots,
        "demo": rules.is_demo,
    }
