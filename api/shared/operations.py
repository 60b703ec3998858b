"""The operator's view from the front: campaigns as requested, releases and their cost, and what the pump says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from api.auth import OPERATORS
from api.blueprint import Blueprint
from api.resources import Resources, get_resources
from api.schemas.operations import OperationsSchema, PumpSchema
from api.shared.catalog import show_messaging
from geo.queries import find_districts
from messaging.campaigns.operation_queries import count_campaigns, find_days, find_live
from messaging.campaigns.pump_report import find_report
from messaging.campaigns.settings import MessagingRules
from messaging.campaigns.values import BroadcastView
from privacy.release.plan import DELTA, EPSILON
from privacy.release.queries import find_releases
from privacy.release.spending import MonthSpending, find_spending
from privacy.release.values import PublishedRelease
from privacy.release.verify import find_signature_fault

Row: TypeAlias = dict[str, Any]
Cities: TypeAlias = dict[int, str]

DAYS = 7
MONTHS = 12
MOST_LIVE = 50
SILENT_AFTER = timedelta(minutes=1)
_EPSILON_DIGITS = 3

operations = Blueprint("operations", prefix="/v1/operations", description="For operators: is everything at work")


@operations.route("", roles=OPERATORS)
@operations.answers(OperationsSchema)
def show_operations() -> Row:
    """Show campaigns by state, what was asked for by day, rates, releases, and what they cost of the promise."""
    resources = get_resources()
    asked: Row = {"now": resources.clock(), "settings": resources.rules}
    with resources.sessions() as session:
        cities = {one.city_code: one.city_name for one in find_districts(session)}
        live = find_live(session, limit=MOST_LIVE, **asked)
        releases = find_releases(session)
        return {
            "campaigns": count_campaigns(session, days=DAYS, **asked),
            "live": [_show_live(view, cities=cities) for view in live],
            "days": find_days(session, days=DAYS, now=asked["now"]),
            "rates": show_rates(resources.rules),
            "ledger": show_ledger(find_spending(session, months=MONTHS), cities=cities),
            "releases": show_releases(releases, cities=cities, resources=resources),
        }


@operations.route("/pump", roles=OPERATORS)
@operations.answers(PumpSchema)
def show_pump() -> Row:
    """Show what the pump last said of itself: the one answer that changes when the sending side falls silent."""
    resources = get_resources()
    with resources.sessions() as session:
        report = find_report(session)
    is_silent = report is None or resources.clock() - report.told_at > SILENT_AFTER
    return {"report": report, "is_silent": is_silent}


def show_rates(rules: MessagingRules) -> Row:
    """Return how fast and when messages may leave."""
    return {
        "send_rate_per_s": rules.send_rate_per_s,
        "messages_per_day": rules.organisation_messages_per_day,
        "window": show_messaging(rules)["window"],
    }


def show_ledger(spent: Iterable[MonthSpending], *, cities: Cities) -> Row:
    """Return the promise and what the published months cost of it."""
    months = [
        {
            "month": f"{each.month:%Y-%m}",
            "epsilon": round(each.epsilon, _EPSILON_DIGITS),
            "year_epsilon": round(each.year_epsilon, _EPSILON_DIGITS),
            "cities": [
                {
                    "city_code": city.city_code,
                    "city_name": _name(city.city_code, cities=cities),
                    "epsilon": None if city.epsilon is None else round(city.epsilon, _EPSILON_DIGITS),
                }
                for city in each.cities
            ],
        }
        for each in spent
    ]
    return {"epsilon": EPSILON, "delta": DELTA, "months": months}


def show_releases(releases: list[PublishedRelease], *, cities: Cities, resources: Resources) -> list[Row]:
    """Return the releases of the newest months, each with what this process knows of its signature."""
    newest = sorted({each.month for each in releases}, reverse=True)[:MONTHS]
    refused = resources.snapshots.refused | resources.archive.refused
    names = ("release_id", "city_code", "as_of", "published_at")
    return [
        {name: getattr(each, name) for name in names}
        | {
            "month": f"{each.month:%Y-%m}",
            "city_name": _name(each.city_code, cities=cities),
            "state": judge(each, is_refused=each.release_id in refused, public_keys=resources.settings.trusted_keys),
        }
        for each in releases
        if each.month in newest
    ]


@lru_cache(maxsize=4096)
def _find_fault(release: PublishedRelease, *, public_keys: tuple[bytes, ...]) -> str | None:
    """Check a signature once: the same releases are asked for every few seconds."""
    return find_signature_fault(release, public_keys=public_keys)


def judge(release: PublishedRelease, *, is_refused: bool, public_keys: tuple[bytes, ...]) -> str:
    """Say whether a release is served: `good`, `unsigned` or `refused`; figures were checked when they were loaded."""
    if is_refused or (public_keys and _find_fault(release, public_keys=public_keys)):
        return "refused"
    return "good" if release.signature is not None else "unsigned"


def _show_live(view: BroadcastView, *, cities: Cities) -> Row:
    names = ("broadcast_id", "state", "city_code", "category", "quota")
    times = ("created_at", "starts_at", "done_at", "expires_at")
    shown: Row = {name: getattr(view, name) for name in (*names, *times)}
    return shown | {"city_name": _name(view.city_code, cities=cities)}


def _name(city_code: int, *, cities: Cities) -> str:
    return cities.get(city_code, f"{city_code:06d}")
