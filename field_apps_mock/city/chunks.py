"""One chunk of a city: households, their customers and everything known about them, as tables of the drop."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from field_apps_mock.city.appliances import Appliances, draw_appliances
from field_apps_mock.city.datum import from_gcj02
from field_apps_mock.city.histories import FROZEN_DAY, make_activity, make_consents, make_purchases
from field_apps_mock.city.households import Homes, Spots, find_second_accounts, place_homes
from field_apps_mock.city.numbers import make_customer_ids, make_phones
from field_apps_mock.city.scores import MODEL_VERSION, DemandModel, Tastes, compute_signal, draw_tastes
from field_apps_mock.city.tastes import make_interests, make_topics
from field_apps_mock.city.tickets import make_tickets
from field_apps_mock.city.values import CATEGORIES, CHUNK_HOUSEHOLDS, NEED_THRESHOLD, CityPlan

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from field_apps_mock.city.fields import Areas
    from field_apps_mock.city.places import Places


class Stream(IntEnum):
    """Independent sources of chance. A fact drawn from its own stream stays when another part changes."""

    GROUND = 0
    FIT = 1
    HOMES = 2
    APPLIANCES = 3
    TASTES = 4
    CONSENTS = 5
    TICKETS = 6
    LIKES = 7
    PURCHASES = 8
    MONTH = 9
    ACTIVITY = 10


@dataclass(frozen=True, slots=True)
class City:
    """What all chunks of a city share."""

    plan: CityPlan
    places: Places
    spots: Spots
    areas: Areas
    model: DemandModel

    def rng(self, stream: Stream, *parts: int) -> np.random.Generator:
        """Return the generator of a stream, the same whenever it is asked for."""
        return open_stream(self.plan, stream, *parts)


def open_stream(plan: CityPlan, stream: Stream, *parts: int) -> np.random.Generator:
    """Return the generator of one stream of a plan; `parts` are the chunk and, where it matters, the month."""
    return np.random.default_rng([plan.seed, plan.city.adcode, stream, *parts])


@dataclass(frozen=True, slots=True)
class Customers:
    """Accounts (m) of a chunk: one per household, then the second ones. `home` is the row of the household."""

    ids: pa.Array
    home: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chunk:
    """The tables of a chunk and, for the truth, its households (n) and their needs (n, 8)."""

    tables: dict[str, pa.Table]
    homes: Homes
    needs: NDArray[np.bool_]
    customers: int


def make_chunk(city: City, number: int) -> Chunk:
    """Make the households from number x CHUNK_HOUSEHOLDS on, as they are in the plan's month."""
    plan = city.plan
    rng = city.rng(Stream.HOMES, number)
    homes = place_homes(city.places, city.spots, first=number * CHUNK_HOUSEHOLDS, total=plan.households, rng=rng)
    seconds = find_second_accounts(homes, rng=rng)
    home = np.concatenate([np.arange(len(homes.index)), seconds])
    is_second = np.arange(len(home)) >= len(homes.index)
    ids = make_customer_ids(homes.index[home], is_second=is_second, plan=plan)
    customers = Customers(ids=ids, home=home)
    appliances = draw_appliances(city.areas.building_age_years[homes.area], rng=city.rng(Stream.APPLIANCES, number))
    tables, needs = _make_scores(city, number, homes, customers, appliances)
    tables |= _make_histories(city, number, homes, customers, appliances)
    tables["households"] = _make_households(city, homes, customers, appliances)
    return Chunk(tables=tables, homes=homes, needs=needs, customers=len(home))


def _make_scores(
    city: City, number: int, homes: Homes, customers: Customers, appliances: Appliances
) -> tuple[dict[str, pa.Table], NDArray[np.bool_]]:
    """Score every customer; a household has the needs of all its customers."""
    plan, home = city.plan, customers.home
    tastes = draw_tastes(len(home), rng=city.rng(Stream.TASTES, number))
    month = city.rng(Stream.MONTH, number, plan.month.year * 12 + plan.month.month)
    ages = appliances.find_ages(plan.month)
    signal = compute_signal(ages[home], city.areas.leaning[homes.area[home]], tastes, rng=month)
    score = city.model.score(signal, appliances.is_owned[home])
    needs = np.zeros((len(homes.index), len(CATEGORIES)), dtype=bool)
    np.logical_or.at(needs, home, score >= NEED_THRESHOLD)
    return {"scores": _write_scores(customers, score, tastes)}, needs


def _write_scores(customers: Customers, score: NDArray[np.int64], tastes: Tastes) -> pa.Table:
    rows, columns = np.argwhere((score >= NEED_THRESHOLD) | (tastes.is_reported & (score > 0))).T
    return pa.table(
        {
            "customer_id": customers.ids.take(pa.array(rows)),
            "category": pa.array([traits.code for traits in CATEGORIES]).take(pa.array(columns)),
            "score": pa.array(score[rows, columns], pa.int16()),
            "model_version": pa.repeat(MODEL_VERSION, len(rows)),
        }
    )


def _make_histories(
    city: City, number: int, homes: Homes, customers: Customers, appliances: Appliances
) -> dict[str, pa.Table]:
    on: date = city.plan.month
    ids, home = customers.ids, customers.home
    leaning = city.areas.leaning[homes.area[home]]
    likes = city.rng(Stream.LIKES, number)
    month = on.year * 12 + on.month
    return {
        "consents": make_consents(ids, on=on, rng=city.rng(Stream.CONSENTS, number)),
        "activity": make_activity(ids, rng=city.rng(Stream.ACTIVITY, number, month)),
        "purchases": make_purchases(ids, appliances, on=on, rng=city.rng(Stream.PURCHASES, number)),
        "tickets": make_tickets(ids, appliances.is_owned[home], leaning, on=on, rng=city.rng(Stream.TICKETS, number)),
        "interests": make_interests(ids, leaning, rng=likes),
        "topics": make_topics(ids, leaning, rng=likes),
    }


def _make_households(city: City, homes: Homes, customers: Customers, appliances: Appliances) -> pa.Table:
    """List the accounts; those of one household share phone, position and code."""
    home = customers.home
    lon, lat = from_gcj02(homes.lon, homes.lat, datum=city.plan.datum)
    opened = FROZEN_DAY - np.floor(0.4 * appliances.moved_in_years * 365.0).astype(np.int32)
    codes = pa.array(city.places.codes).take(pa.array(homes.community, mask=~homes.has_code))
    return pa.table(
        {
            "customer_id": customers.ids,
            "phone": make_phones(homes.index, plan=city.plan).take(pa.array(home)),
            "lon": pa.array(np.round(lon, 6)[home]),
            "lat": pa.array(np.round(lat, 6)[home]),
            "community_code": codes.take(pa.array(home)),
            "opened_at": pa.array(opened[home], pa.date32()),
        }
    )


def make_communities(places: Places, plan: CityPlan) -> pa.Table:
    """List the city's communities; the source has positions, no outlines."""
    lon, lat = from_gcj02(places.lon, places.lat, datum=plan.datum)
    return pa.table(
        {
            "code": pa.array(places.codes),
            "name": pa.array(places.names),
            "district_adcode": pa.array(places.adcodes.astype(str).tolist()),
            "lon": pa.array(np.round(lon, 6)),
            "lat": pa.array(np.round(lat, 6)),
            "outline": pa.nulls(len(places.codes), pa.string()),
        }
    )
