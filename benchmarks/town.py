"""The installation of the intake's benches: real places and keys, and a people database that can be emptied.

Everything is done by the commands that an operator would use, each a process of its own whose memory is looked at.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from stack import databases
from stack.cluster import Cluster
from stack.demo_city import CITY, CITY_CODE, PLACES
from stack.environment import Installation
from stack.paths import ROOT, get_run_dir

_SERVER = {"shared_buffers": "4GB", "max_wal_size": "16GB", "wal_compression": "lz4"}


@dataclass(frozen=True, slots=True)
class Ran:
    """How long a command took, and the most memory that it or one of its workers held, in bytes."""

    seconds: float
    peak_rss: int


@dataclass(frozen=True, slots=True)
class Town:
    """Both databases of Qingdao, with its places in one and nobody in the other."""

    installation: Installation

    def manage(self, process: str, arguments: Sequence[str]) -> Ran:
        """Run a command with the settings of a process. Raises CalledProcessError; its output is in `commands.log`."""
        began = time.monotonic()
        with (self.installation.run_dir / "commands.log").open("ab") as log:
            subprocess.run(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=self.installation.environment(process),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
            )
        # Of all children so far: what grows from one command to the next is the larger one's.
        return Ran(time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)

    def make_drop(self, folder: Path, *, households: int, month: str) -> float:
        """Write the drop of a month; the next month's is the same city moved on. Returns the seconds that it took."""
        size = ["--households", str(households), "--month", month]
        return self.manage("app", ["city", CITY, *size, "--out", str(folder)]).seconds

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Open a superuser connection to the people database, in autocommit."""
        return self.installation.people.connect("people")

    def empty(self) -> None:
        """Take everybody and every release out of both databases; places stay."""
        with self.connect() as people, self.installation.serving.connect("serving") as serving:
            _truncate(people, schemas=["core", "vault", "delivery", "ledger", "staging"])
            _truncate(serving, schemas=["released"])
            people.execute("INSERT INTO delivery.valve VALUES (1, false, NULL, NULL, '', 0, now())")

    def get_size(self) -> int:
        """Return the bytes of the people database on disk, indexes included."""
        with self.connect() as connection:
            row = connection.execute("SELECT pg_database_size('people')").fetchone()
        return int(str(row[0])) if row else 0

    def get_wal(self) -> int:
        """Return how many bytes the people cluster has ever written to its log."""
        with self.connect() as connection:
            row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        return int(str(row[0])) if row else 0


def _truncate(connection: psycopg.Connection[tuple[object, ...]], *, schemas: Sequence[str]) -> None:
    tables = connection.execute(
        "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = ANY(%s)", (list(schemas),)
    ).fetchall()
    if tables:
        connection.execute(f"TRUNCATE {', '.join(str(name) for (name,) in tables)}".encode())


@contextmanager
def run_town(name: str) -> Iterator[Town]:
    """Give the installation with its clusters running, places loaded; made at the first call, kept for the next."""
    installation = Installation.at(get_run_dir(name))
    passwords = databases.get_passwords(installation.run_dir)
    try:
        for database in databases.DATABASES:
            cluster = installation.cluster(database)
            cluster.start()
            _equip(cluster)
            databases.create(cluster, database=database, name=database, passwords=passwords)
        town = Town(installation)
        _load_places(town)
        yield town
    finally:
        for database in databases.DATABASES:
            installation.cluster(database).stop()


def _equip(cluster: Cluster) -> None:
    """Give a server the memory and the log of one that holds a large city, as docs/operations.md says."""
    with cluster.connect() as connection:
        if connection.execute("SHOW shared_buffers").fetchone() == (_SERVER["shared_buffers"],):
            return
        for name, value in _SERVER.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
    cluster.stop()
    cluster.start()


def _load_places(town: Town) -> None:
    mark = town.installation.run_dir / "places-are-in"
    if mark.exists():
        return
    run_dir = town.installation.run_dir
    every, release = str(run_dir / "vault-keys.json"), str(run_dir / "release-keys.json")
    districts, communities = PLACES / f"districts_{CITY}_wgs84.geojson", PLACES / f"communities_{CITY}_gcj02.csv"
    census = ["--census", str(PLACES / "census2020_counties.csv")]
    for process, arguments in (
        ("intake", ["keys", "create", every]),
        ("intake", ["keys", "copy", every, release, "--key", "signing", "--key", "audit"]),
        ("operator", ["places", "districts", str(districts), *census]),
        ("operator", ["places", "import", str(communities), "--datum", "gcj02"]),
    ):
        town.manage(process, arguments)
    mark.touch()


__all__ = ["CITY_CODE", "Ran", "Town", "run_town"]
