"""A city of which half the people fed a release and half did not, and the persona cards that planners saw of it.

Everything is the real code: the drop is taken in whole, so that both halves are people of one city; then one half is
taken out, as if it had never been there, the month is published, and planners scan until their day is used up.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from field_apps_mock.city import CityName, CityPlan, make_city
from geo.districts import import_districts
from geo.leaves import LeafIndex
from geo.places import import_places
from geo.queries import get_public_keys
from geo.values import Datum
from privacy.people.intake import take_in
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.loading.tools import Tools
from privacy.people.vault import Vault
from privacy.release.mechanism import OpenDpNoise
from privacy.release.publish import Press, publish_month
from privacy.release.slots import ACTIVE_FROM, VERY_ACTIVE_FROM, Activity, AgeBand
from privacy.release.values import CATEGORIES
from radar.active_users import ShownCard, Wanted, scan
from radar.allowance import CARDS_PER_DAY
from radar.archive import Archive
from stack.demo_city import CITY, CITY_CODE, PLACES
from stack.test_services import TestServices, run_services
from tests.attacks.values import Progress
from tests.privacy.release.worlds import RECORDER
from tests.released import PUBLIC_KEYS, SIGN

Record: TypeAlias = Mapping[str, object]

NONE = "none"
"""Stands where a person has no counted need, or no counted interest; and where a card shows none."""
_MONTH, _NOW = date(2026, 11, 1), datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
_KEY = b"k" * 32
_OLD = list(AgeBand)[-1]

_FIND_PEOPLE = text("""
SELECT h.household_id::text AS person, h.leaf_id, h.persona_age_band, h.persona_category, h.activity_score,
    h.channels, h.opened_on - date '2000-01-01' AS opened_day,
    (SELECT max(p.bought_on) - date '2000-01-01' FROM core.purchases AS p
        WHERE p.household_id = h.household_id AND p.category = h.persona_category) AS bought_day,
    (SELECT n.category FROM core.needs AS n WHERE n.household_id = h.household_id AND n.counted
        ORDER BY n.category <> h.persona_category, n.category LIMIT 1) AS need,
    (SELECT i.tag FROM core.interests AS i WHERE i.household_id = h.household_id AND i.counted
        ORDER BY i.weight DESC, i.tag LIMIT 1) AS interest,
    get_byte(uuid_send(h.household_id), 0) % 2 = 0 AS is_member
FROM core.households AS h
WHERE h.push_consent AND h.activity_score >= :active_from AND h.persona_category IS NOT NULL
ORDER BY h.household_id
""")
_HOLD_OUT = text("DELETE FROM core.households WHERE get_byte(uuid_send(household_id), 0) % 2 = 1")
"""Ids are random, so this halves the city by chance."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Records of those who were counted behind some card, of those held out, and the cards, day by day of a planner."""

    members: list[Record]
    held_out: list[Record]
    decks: list[list[Record]]


def _describe_person(row: Record, *, districts: Mapping[object, int]) -> Record:
    """Return what the people side knows of one person, the columns of a card among it."""
    need, is_very_active = row["need"], int(str(row["activity_score"])) >= VERY_ACTIVE_FROM
    return {
        "person": row["person"],
        "leaf": str(row["leaf_id"]),
        "score": row["activity_score"],
        "channels": row["channels"],
        "opened_day": row["opened_day"],
        "bought_day": row["bought_day"],
        "district": str(districts[row["leaf_id"]]),
        "age_band": list(AgeBand)[int(str(row["persona_age_band"]))].value,
        "activity": (Activity.VERY_ACTIVE if is_very_active else Activity.ACTIVE).value,
        "category": CATEGORIES[int(str(row["persona_category"]))].value,
        "need": NONE if need is None else CATEGORIES[int(str(need))].value,
        "interest": row["interest"] or NONE,
    }


def _describe_card(card: ShownCard) -> Record:
    """Return what one card lets an attacker believe of whoever is behind it.

    A card says nothing of needs; whoever bought more than ten years ago is believed to need the same again. The
    interest is what the card's district is said to prefer.
    """
    persona = card.persona
    return {
        "district": str(persona.district_adcode),
        "age_band": persona.age_band.value,
        "activity": persona.activity.value,
        "category": persona.category.value,
        "need": persona.category.value if persona.age_band is _OLD else NONE,
        "interest": card.interests[0].tag.code if card.interests else NONE,
    }


@dataclass(frozen=True, slots=True)
class _World:
    """One database pair, each engine under the role that works with it."""

    services: TestServices
    stack: ExitStack
    folder: Path

    def connect(self, database: str, role: str) -> Engine:
        url = self.services.url("people" if database == "people" else "serving", role=role)
        engine = create_engine(url, hide_parameters=True)
        self.stack.callback(engine.dispose)
        return engine

    def sessions(self, database: str, role: str) -> sessionmaker[Session]:
        return sessionmaker(self.connect(database, role), expire_on_commit=False)

    def load(self, *, households: int, seed: int) -> None:
        """Import the places of Qingdao and take a drop of it in."""
        operator = self.sessions("serving", "field_operator")
        outlines, census = PLACES / f"districts_{CITY}_wgs84.geojson", PLACES / "census2020_counties.csv"
        import_districts(operator, path=outlines, clock=_tell_time, census_path=census)
        communities, rejects = PLACES / f"communities_{CITY}_gcj02.csv", self.folder / "rejects.csv"
        import_places(operator, path=communities, datum=Datum.GCJ02, clock=_tell_time, rejects_path=rejects)
        drop = make_city(CityPlan(CityName(CITY), households, seed, _MONTH), folder=self.folder / "drop")
        create_key_file(self.folder / "keys.json")
        with self.sessions("serving", "field_intake")() as session:
            locator = LeafIndex.load(session)
        vault = Vault(FileKeyStore(self.folder / "keys.json"))
        tools = Tools(self.connect("people", "field_intake"), locator, vault)
        take_in(tools, drop_dir=drop.folder, recorder=RECORDER, clock=_tell_time)

    def halve(self) -> tuple[list[Record], list[Record]]:
        """Take half of the city out; return those who stay and are behind some persona, and those of the other half."""
        with self.sessions("serving", "field_release")() as session:
            keys = get_public_keys(session, city_code=CITY_CODE)
        districts = dict(zip(keys.leaf_ids.tolist(), keys.districts.tolist(), strict=True))
        with self.sessions("people", "postgres").begin() as session:
            found = session.execute(_FIND_PEOPLE, {"active_from": ACTIVE_FROM}).mappings().all()
            session.execute(_HOLD_OUT)
        halves: tuple[list[Record], list[Record]] = ([], [])
        for row in found:
            halves[0 if row["is_member"] else 1].append(_describe_person(dict(row), districts=districts))
        return halves

    def publish(self) -> None:
        """Publish the month of whoever is still there."""
        serving = self.sessions("serving", "field_release")
        with serving() as session:
            keys = get_public_keys(session, city_code=CITY_CODE)
        people = self.sessions("people", "field_release")
        press = Press(people, serving, OpenDpNoise(), SIGN, RECORDER, clock=_tell_time, progress=lambda *_: None)
        publish_month(press, keys=keys, month=_MONTH, as_of=_NOW)

    def scan(self, *, planners: int, progress: Progress) -> list[list[Record]]:
        """Return the cards of each planner's day, as many as a day allows."""
        archive, web = Archive(public_keys=PUBLIC_KEYS, clock=_tell_time), self.sessions("serving", "field_web")
        decks = []
        for number in range(planners):
            with web.begin() as session:
                found = scan(
                    session,
                    archive=archive,
                    wanted=Wanted(limit=CARDS_PER_DAY),
                    planner_id=UUID(int=number),
                    now=_NOW,
                    keys=[_KEY],
                )
            decks.append([_describe_card(card) for card in found.cards])
            progress(number + 1, planners)
        return decks


def _tell_time() -> datetime:
    return _NOW


def see_cards(*, households: int, planners: int, seed: int, progress: Progress) -> Seen:
    """Make a city, hold half of it out, publish, and let some planners scan for a day."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        world = _World(stack.enter_context(run_services()), stack, folder)
        world.load(households=households, seed=seed)
        members, held_out = world.halve()
        world.publish()
        return Seen(members, held_out, world.scan(planners=planners, progress=progress))
