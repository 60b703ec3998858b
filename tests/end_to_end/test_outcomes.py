"""From the app to the app again: a campaign, its receipts and replies, purchases in the next drop, the next release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Event
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, select
from sqlalchemy.orm import sessionmaker

from api.app import SilentQueue, create_app, make_resources
from api.settings import WebSettings
from geo.leaves import LeafIndex
from geo.queries import get_public_keys
from messaging.campaigns.settings import MessagingRules, Mode
from messaging.delivery.draining import drain
from messaging.delivery.everywhere import GatewayParts
from messaging.delivery.expansion import expand
from messaging.delivery.gateway import make_gateway
from messaging.delivery.models import HeldOut, MessageState
from messaging.delivery.orders import follow_orders
from messaging.delivery.values import Timings
from privacy.people.errors import KeyName
from privacy.people.intake import take_in
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.loading.tools import Tools
from privacy.people.models import Phone
from privacy.people.vault import Vault
from privacy.release.ledger_models import Charge
from privacy.release.publish import Press, publish_month
from privacy.release.queries import get_district_table
from privacy.release.signing import make_signer
from privacy.release.values import Product
from stack.test_services import run_services
from tests.api import world as places
from tests.api.conftest import QUICK_HASHER, bearer
from tests.messaging.delivery.callbacks import ACCOUNT, make_settings, post
from tests.messaging.delivery.fakes import RecordingSmsSender, make_sid
from tests.messaging.delivery.world import RULES, World, make_recorder
from tests.privacy.people.drops import DropWriter
from tests.privacy.release.worlds import RECORDER, RecordingNoise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

    from api.resources import Resources
    from migrations.roles import Database
    from tests.conftest import FakeClock
    from tests.privacy.people.drops import Columns

CITY, DISTRICT = 370200, 370202
CODES = [f"{DISTRICT}{row}{column}" for row in range(2) for column in range(8)]
CUSTOMERS = 160
QUOTA, SHARE = 100, 0.2


@dataclass(frozen=True, slots=True)
class Town:
    """A district with customers, and everything that works for it, each under its own role and at one clock."""

    world: World
    vault: Vault
    keys: FileKeyStore
    resources: Resources
    app: FlaskClient
    gateway: FlaskClient
    clock: FakeClock
    folder: Path

    def connect(self, database: Database, role: str) -> sessionmaker[Session]:
        """Return sessions of a role, which end with the world."""
        return self.world._connect(database, role)

    def take_in(self, month: str, purchases: list[tuple[int, str]]) -> None:
        """Take a drop in, with what some customers bought and when."""
        writer = DropWriter(self.folder / month, drop_id=f"qd-{month}", month=month, datum="wgs84")
        writer.write(make_drop(purchases))
        with self.connect("serving", "field_intake")() as session:
            locator = LeafIndex.load(session)
        engine = self.connect("people", "field_intake").kw["bind"]
        report = take_in(
            Tools(engine, locator, self.vault),
            drop_dir=writer.folder,
            recorder=self.world.recorder,
            clock=self.clock,
        )
        assert report.rejected == 0

    def publish(self, month: date) -> list[float]:
        """Publish a month without noise, with the margins of noise; return the outcomes of the district."""
        serving = self.connect("serving", "field_release")
        with serving() as session:
            keys = get_public_keys(session, city_code=CITY)
        release = publish_month(
            Press(
                self.connect("people", "field_release"),
                serving,
                noise=RecordingNoise(),
                sign=make_signer(self.keys.get_key(KeyName.SIGNING)),
                recorder=RECORDER,
                clock=self.clock,
                progress=lambda *_: None,
            ),
            keys=keys,
            month=month,
            as_of=self.clock(),
        )
        with serving() as session:
            table = get_district_table(session, release_id=release.release_id, product=Product.CAMPAIGN_OUTCOMES)
        outcomes: list[float] = table.counts[table.districts.tolist().index(DISTRICT)].tolist()
        return outcomes


def note_charges(town: Town) -> None:
    """Let the ledger know the releases that the world was built with: it refuses to go on without them."""
    with town.connect("people", "field_release").begin() as session:
        session.add_all(
            Charge(
                product="need_city", month=date(2026, 11, 1), city_code=city_code, rho=0.0, sigma=1.0,
                sensitivity_squared=1, parameters_sha256=b"", code_sha256=b"",
                charged_at=datetime(2026, 11, 1, tzinfo=UTC),
            )
            for city_code in (CITY, 110000)
        )  # fmt: skip


def make_drop(purchases: list[tuple[int, str]]) -> dict[str, Columns]:
    """Make a drop in which everybody needs a freezer, agreed to be told, and some bought one."""
    ids, each = [f"K{number:05}" for number in range(CUSTOMERS)], range(CUSTOMERS)
    return {
        "communities": {"code": [], "name": [], "district_adcode": [], "lon": [], "lat": [], "outline": []},
        "households": {
            "customer_id": ids, "phone": [f"+86154{number:08}" for number in each], "lon": [120.35] * CUSTOMERS,
            "lat": [36.05] * CUSTOMERS, "community_code": [CODES[number % len(CODES)] for number in each],
            "opened_at": ["2019-05-03"] * CUSTOMERS,
        },
        "consents": {
            "customer_id": ids, "purpose": ["push_info"] * CUSTOMERS, "granted": [True] * CUSTOMERS,
            "policy_version": ["2026-01"] * CUSTOMERS, "source": ["app"] * CUSTOMERS,
            "at": ["2026-03-01T08:00:00Z"] * CUSTOMERS,
        },
        "scores": {
            "customer_id": ids, "category": ["freezer"] * CUSTOMERS, "score": [90.0] * CUSTOMERS,
            "model_version": ["m1"] * CUSTOMERS,
        },
        "activity": {
            "customer_id": ids, "score": [50.0] * CUSTOMERS, "level": [2] * CUSTOMERS, "channels": [3] * CUSTOMERS,
        },
        "purchases": {
            "customer_id": [ids[number] for number, _ in purchases], "category": ["freezer"] * len(purchases),
            "model": ["BD-200"] * len(purchases), "bought_at": [day for _, day in purchases],
        },
        "tickets": {"customer_id": [], "category": [], "fault_tag": [], "free_text": [], "opened_at": []},
        "interests": {"customer_id": [], "tag": [], "weight": []},
        "topics": {"customer_id": [], "topic": [], "platform": [], "stance": []},
    }  # fmt: skip


@pytest.fixture
def town(tmp_path: Path, clock: FakeClock) -> Iterator[Town]:
    """Give a town in November whose release of that month is out."""
    key_file = tmp_path / "keys.json"
    create_key_file(key_file)
    keys = FileKeyStore(key_file)
    with run_services() as services:
        serving = create_engine(services.url("serving"), hide_parameters=True)
        places.build(serving, hasher=QUICK_HASHER)
        vault = Vault(keys)
        world = World(services, vault=vault, recorder=make_recorder(keys), clock=clock)
        settings = WebSettings(
            mode=Mode.TEST, serving_url=SecretStr(services.url("serving", role="field_web")),
            redis_url=SecretStr(services.redis.url), jwt_secret=SecretStr("a signing key only for tests, 32 bytes"),
        )  # fmt: skip
        resources = make_resources(
            settings, queue=SilentQueue(), clock=clock, rules=MessagingRules(mode=Mode.TEST), hasher=QUICK_HASHER
        )
        gateway = make_gateway(make_settings(), parts=GatewayParts(world.gateway, vault, clock, Timings()))
        app = create_app(resources).test_client()
        yield Town(world, vault, keys, resources, app, gateway.test_client(), clock, tmp_path)
        resources.sessions.kw["bind"].dispose()
        places.empty(serving)
        serving.dispose()
        world.close()


def broadcast(town: Town) -> RecordingSmsSender:
    """Ask for a broadcast as a salesperson does, and let the sender carry it out."""
    answer = town.app.post(
        "/v1/yingxiaobao/broadcasts",
        json={"community_codes": CODES, "category": "freezer", "body": "秋季冷柜换新开始了", "quota": QUOTA},
        headers=bearer(town.app) | {"Idempotency-Key": "key-number-one"},
    )
    assert answer.status_code == 202, answer.get_data(as_text=True)
    campaign_id = UUID(answer.get_json()["broadcast_id"])
    assert follow_orders(town.world.stores, rules=RULES, recorder=town.world.recorder, now=town.clock()) == 1
    draw = town.world.make_draw(held_out_share=SHARE)
    while expand(town.world.sender, campaign_id=campaign_id, draw=draw, now=town.clock()):
        pass
    sender = RecordingSmsSender()
    assert drain(town.world.make_desk(sender), connections=4, stop=Event()) == QUOTA
    return sender


def deliver_all(town: Town, sender: RecordingSmsSender) -> None:
    """Let the carrier say of every message that it arrived."""
    for number, sms in enumerate(sender.calls, start=1):
        form = {"AccountSid": ACCOUNT, "MessageSid": make_sid(number), "MessageStatus": "delivered", "To": sms.phone}
        assert post(town.gateway, f"/twilio/status/{sms.token}", form).status_code == 204
    assert town.world.count_states() == {MessageState.DELIVERED: QUOTA}


def write(town: Town, phone: str, body: str) -> None:
    """Write from a phone to our number."""
    form = {"AccountSid": ACCOUNT, "From": phone, "To": "+861069000000", "MessageSid": make_sid(999), "Body": body}
    assert post(town.gateway, "/twilio/inbound", form).status_code == 200


def find_held_out(town: Town) -> list[int]:
    """Return the numbers of the customers in the control group."""
    numbers = {town.vault.lookup_hash(f"+86154{number:08}"): number for number in range(CUSTOMERS)}
    query = select(Phone.lookup_hash).join(HeldOut, HeldOut.household_id == Phone.household_id)
    with town.world.admin() as session:
        return [numbers[lookup_hash] for lookup_hash in session.scalars(query)]


def test_what_a_campaign_did_is_told_in_the_next_release(town: Town) -> None:
    town.take_in("2026-11", [(0, "2020-01-31")])
    sender = broadcast(town)
    deliver_all(town, sender)
    messaged, held_out = [int(sms.phone[-8:]) for sms in sender.calls], find_held_out(town)
    assert len(held_out) > 5
    assert not set(messaged) & set(held_out)
    town.clock.advance(hours=3)
    for number in messaged[:7]:
        write(town, f"+86154{number:08}", "好的，周末来看看")
    write(town, f"+86154{messaged[9]:08}", "退订")

    town.clock.now = datetime(2026, 12, 3, 4, tzinfo=UTC)
    before, after = "2026-11-17", "2026-11-20"
    others = sorted(set(range(CUSTOMERS)) - set(messaged) - set(held_out))
    bought = [*messaged[:30], *held_out[:4], *others[:3]]
    town.take_in("2026-12", [*((number, after) for number in bought), (messaged[40], before)])
    note_charges(town)
    assert town.publish(date(2026, 12, 1)) == [QUOTA, 7, 30, len(held_out), 4]

    assert town.resources.snapshots.refresh()
    found = town.app.get("/v1/yingxiaobao/outcomes", headers=bearer(town.app)).get_json()
    assert (found["release_id"], found["month"]) == (f"2026-12-{CITY}", "2026-11")
    (mine,) = found["districts"]
    told = mine["outcomes"]
    assert (mine["adcode"], told["counts"]["messaged"]["value"]) == (DISTRICT, QUOTA)
    assert (told["counts"]["replied"]["few"], told["lift"]["value"]) == (True, None)
