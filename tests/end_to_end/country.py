"""Two groups of cities, each with a people database in a cluster of its own, and commands as a person calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from click.testing import CliRunner
from sqlalchemy import create_engine, func, select

from geo.models import Leaf
from messaging.delivery.models import Message
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.vault import Vault
from stack import databases
from stack.cluster import Cluster
from stack.paths import ROOT, get_run_dir, remove_run_dir
from stack.test_services import TestServices, run_services
from tests.api import world as places
from tests.api.conftest import QUICK_HASHER
from tests.end_to_end.test_outcomes import CUSTOMERS, make_drop
from tests.messaging.delivery.world import World, make_recorder
from tests.privacy.people.drops import DropWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    import click
    from click.testing import Result
    from sqlalchemy import Engine

    from migrations.roles import Database

EAST, NORTH = "east", "north"
QINGDAO, BEIJING = 370200, 110000
CITIES = {EAST: QINGDAO, NORTH: BEIJING}
DISTRICTS = {QINGDAO: 370202, BEIJING: 110108}
START = "from messaging.delivery.commands import send; send()"


def get_phone(number: int) -> str:
    """Return the phone of a customer of the drops."""
    return f"+86154{number:08}"


def make_homes(*, moved: frozenset[int] = frozenset()) -> list[int]:
    """Return the city of each customer: the first half in Qingdao but for those who moved, the others in Beijing."""
    half = CUSTOMERS // 2
    return [QINGDAO if number < half and number not in moved else BEIJING for number in range(CUSTOMERS)]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message: by which token and name the carrier knows it, and which customer it is for."""

    token: UUID
    sid: str
    number: int


@dataclass
class Country:
    """Everything that runs, and who lives where."""

    services: TestServices
    engine: Engine
    north: Cluster
    folder: Path
    vault: Vault
    worlds: dict[str, World]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def key_file(self) -> Path:
        """Return the file with all keys."""
        return self.folder / "keys.json"

    def environment(self, role: str, *, cities: dict[str, int] | None = None, **more: str) -> dict[str, str]:
        """Return what a process of a role is told, with the way to both groups."""
        groups = {
            name: {"url": self.worlds[name].services.url("people", role=role), "cities": [str(city)]}
            for name, city in (cities or CITIES).items()
        }
        return {
            "MODE": "test",
            "PEOPLE_DATABASES": json.dumps(groups),
            "SERVING_URL": self.services.url("serving", role=role if role != "field_eraser" else "field_sender"),
            "KEY_FILE": str(self.key_file),
            "COLUMNS": "160",
            **more,
        }

    def call(
        self,
        command: click.Command,
        *arguments: str,
        role: str,
        phone: int | None = None,
        **options: Any,  # noqa: ANN401 - of the environment
    ) -> Result:
        """Call a command; a phone is piped in."""
        piped = None if phone is None else get_phone(phone) + "\n"
        return CliRunner(env=self.environment(role, **options)).invoke(command, list(arguments), input=piped)

    def write_drop(self, drop_id: str, *, month: datetime, homes: list[int]) -> str:
        """Write a drop in which everybody lives in the city said; returns its folder."""
        writer = DropWriter(self.folder / drop_id, drop_id=drop_id, month=f"{month:%Y-%m}", datum="wgs84")
        drop = make_drop([])
        drop["households"]["community_code"] = [
            f"{DISTRICTS[city]}{number % 2}{number // 2 % 8}" for number, city in enumerate(homes)
        ]
        writer.write(drop)
        return str(writer.folder)

    def count(self, group: str, what: str) -> int:
        """Count rows, in the superuser's eyes."""
        with self.worlds[group].services.connect("people") as connection:
            row = connection.execute(f"SELECT count(*) FROM {what}").fetchone()  # noqa: S608 - names from tests
        return int(str(row[0])) if row else 0

    def order(self, group: str) -> UUID:
        """Order a broadcast to the communities of a group's district, as the web process writes it."""
        city = CITIES[group]
        with self.worlds[EAST].serving_admin() as session:
            its = select(Leaf.leaf_id).where(Leaf.district_adcode == DISTRICTS[city], Leaf.community_code.is_not(None))
            leaf_ids = list(session.scalars(its.order_by(Leaf.leaf_id)))
        return self.worlds[EAST].add_broadcast(
            city_code=city, release_id=f"2026-11-{city}", leaf_ids=leaf_ids, category=7
        )

    def find_messages(self, group: str) -> list[Sent]:
        """Return a group's messages, those of the first customers first."""
        numbers = {self.vault.lookup_hash(get_phone(number)): number for number in range(CUSTOMERS)}
        with self.worlds[group].admin() as session:
            rows = session.execute(select(Message.token, Message.sid, Message.lookup_hash)).all()
        sent = [Sent(token, sid or "", numbers[lookup_hash]) for token, sid, lookup_hash in rows]
        return sorted(sent, key=lambda one: one.number)

    def count_accepted(self, group: str) -> int:
        """Count the messages that the carrier took."""
        with self.worlds[group].admin() as session:
            return session.scalar(select(func.count()).where(Message.accepted_at.is_not(None))) or 0

    def start(self, what: str, *, group: str) -> None:
        """Start one of the sender's processes for a group."""
        told = self.environment(
            "field_sender", CARRIER="console", HELD_OUT_SHARE="0", SENDING_OPENS="00:00", SENDING_CLOSES="24:00",
            SEND_RATE_PER_S="100", TICK_S="0.25", IDLE_BEFORE_OWN_DRAIN_S="1",
            REDIS_URL=self.services.redis.url.removesuffix("/0") + "/7",
        )  # fmt: skip
        with (self.folder / f"{what}-{group}.log").open("ab") as log:
            command = [sys.executable, "-c", START, what, "--group", group]
            self.processes.append(subprocess.Popen(command, cwd=ROOT, env=told, stdout=log, stderr=log))

    def stop_processes(self) -> None:
        """End what was started."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=30)
        self.processes.clear()


@contextmanager
def open_country(folder: Path) -> Iterator[Country]:
    """Give two groups with empty databases, and a serving database with places and a release of each city."""
    create_key_file(folder / "keys.json")
    keys = FileKeyStore(folder / "keys.json")
    name = f"north-{uuid4().hex[:8]}"
    north = Cluster.at(get_run_dir(name), "people", durable=False)
    with run_services() as services:
        names: dict[Database, str] = {**services.names, "people": "people"}
        serving = create_engine(services.url("serving"), hide_parameters=True)
        try:
            north.start()
            databases.create(north, database="people", name="people", passwords=services.passwords)
            places.build(serving, hasher=QUICK_HASHER)
            sides = {EAST: services, NORTH: replace(services, people=north, names=names)}
            worlds = {
                name: World(side, vault=Vault(keys), recorder=make_recorder(keys), clock=lambda: datetime.now(UTC))
                for name, side in sides.items()
            }
            country = Country(services, serving, north, folder, Vault(keys), worlds)
            yield country
            country.stop_processes()
            places.empty(serving)
            for world in worlds.values():
                world.close()
        finally:
            serving.dispose()
            north.stop(mode="immediate")
            remove_run_dir(name)


def get_last_month() -> datetime:
    """Return a moment of the month before this one, as people here call it."""
    return (datetime.now(UTC) + timedelta(hours=8)).replace(day=1) - timedelta(days=1)
