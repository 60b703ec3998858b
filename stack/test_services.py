"""The clusters and the Redis that tests run against: shared by runs side by side, a new database for each.

The workers of one run (pytest-xdist) do not share: each has an installation, as its tests read whole logs, empty Redis
and end every connection of a role.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from stack import databases
from stack.cluster import Cluster
from stack.paths import get_run_dir
from stack.redis_server import RedisServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from migrations.roles import Database


@dataclass(frozen=True, slots=True)
class TestServices:
    """Running services of one test run, with a serving and a people database of its own."""

    __test__ = False

    serving: Cluster
    people: Cluster
    redis: RedisServer
    names: dict[Database, str]
    passwords: dict[str, str]

    def url(self, database: Database, *, role: str = "postgres") -> str:
        """Return the SQLAlchemy URL of one of the run's databases for a role."""
        cluster = self.serving if database == "serving" else self.people
        password = cluster.password if role == "postgres" else self.passwords[role]
        return cluster.url(role=role, password=password, database=self.names[database])

    def connect(self, database: Database) -> psycopg.Connection[tuple[object, ...]]:
        """Open a superuser connection to one of the run's databases."""
        return (self.serving if database == "serving" else self.people).connect(self.names[database])


@contextmanager
def _locked(run_dir: Path) -> Iterator[None]:
    with (run_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _name_installation() -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    return f"test-{worker}" if worker else "test"


@contextmanager
def run_services(installation: str | None = None, *, durable: bool = False) -> Iterator[TestServices]:
    """Start what is not running, make a database pair for this run, and drop the pair at the end.

    Whoever breaks servers takes an installation of its own, and durable clusters if what was committed must survive.
    """
    run_dir = get_run_dir(installation or _name_installation())
    with _locked(run_dir):
        clusters: dict[Database, Cluster] = {
            name: Cluster.at(run_dir, name, durable=durable) for name in databases.DATABASES
        }
        redis = RedisServer.at(run_dir)
        redis.start()
        passwords = databases.get_passwords(run_dir)
        names: dict[Database, str] = {name: f"{name}_{uuid4().hex[:12]}" for name in databases.DATABASES}
        for name, cluster in clusters.items():
            cluster.start()
            databases.create(cluster, database=name, name=names[name], passwords=passwords)
    try:
        yield TestServices(clusters["serving"], clusters["people"], redis, names, passwords)
    finally:
        with _locked(run_dir):
            is_last = [_drop(cluster, name=names[name], like=f"{name}_%") for name, cluster in clusters.items()]
            if all(is_last):
                for cluster in clusters.values():
                    cluster.stop()
                redis.stop()


def _drop(cluster: Cluster, *, name: str, like: str) -> bool:
    """Drop a database; returns whether no other test run has one."""
    if not cluster.is_running():
        return True
    with cluster.connect() as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        return connection.execute("SELECT 1 FROM pg_database WHERE datname LIKE %s", (like,)).fetchone() is None
