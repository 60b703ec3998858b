"""A web process around invented places: a serving database of its own, the real application, a salesperson's token."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import requests
from argon2 import PasswordHasher

from benchmarks.invented_places import Places
from benchmarks.pouring import TRUSTED, pour
from stack.cluster import Cluster
from stack.databases import create, get_passwords
from stack.paths import get_run_dir, remove_run_dir
from stack.ports import get_port

LOGIN, PASSWORD = "sales", "only for the bench"
_START_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class World:
    """A filled serving database."""

    run_dir: Path
    cluster: Cluster
    serving_url: str

    def environment(self, name: str) -> dict[str, str]:
        """Return the whole environment of a web process on it, as in production but for the mode."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        metrics = self.run_dir / f"{name}-metrics"
        metrics.mkdir(exist_ok=True)
        return kept | {
            "MODE": "test",
            "SERVING_URL": self.serving_url,
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "JWT_SECRET": "j" * 40,
            "RELEASE_PUBLIC_KEYS": TRUSTED,
            "ACCESS_TOKEN_S": "3600",
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        }

    def connect(self) -> psycopg.Connection[Any]:
        """Open a superuser connection in autocommit."""
        return self.cluster.connect("serving")


@contextmanager
def make_world(name: str, places: Places, *, has_areas: bool = True, households: int = 2_000_000) -> Iterator[World]:
    """Start a cluster below `.run/`, fill it, and remove it at the end."""
    run_dir = get_run_dir(name)
    cluster, passwords = Cluster.at(run_dir, "serving", durable=False), get_passwords(run_dir)
    cluster.start()
    try:
        create(cluster, database="serving", name="serving", passwords=passwords)
        url = cluster.url(role="field_web", password=passwords["field_web"], database="serving")
        world = World(run_dir, cluster, url)
        with world.connect() as connection:
            pour(connection, places, has_areas=has_areas, households=households)
            _hire(connection, districts=sorted(set(places.districts.tolist()))[:3])
        yield world
    finally:
        cluster.stop()
        remove_run_dir(name)


def _hire(connection: psycopg.Connection[Any], *, districts: list[int]) -> None:
    connection.execute(
        "INSERT INTO staff.accounts (account_id, login, display_name, password_hash, role, territory, is_active,"
        " failed_logins) VALUES (%s, %s, %s, %s, 'salesperson', %s, true, 0)",
        (uuid4(), LOGIN, LOGIN, PasswordHasher().hash(PASSWORD), districts),
    )


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it answers, and its first process."""

    address: str
    pid: int

    def read_cpu_s(self) -> float:
        """Return the seconds of CPU that its processes have taken so far, to a hundredth."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        # After the name in brackets: user and system time are the 12th and 13th field, in hundredths.
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in (self.pid, *children)]
        return sum(int(each[11]) + int(each[12]) for each in fields) / 100


@contextmanager
def serve(world: World, target: str, *, name: str, ready: str, code: Path) -> Iterator[Server]:
    """Run an application of some checkout as the web process is run: Granian, 2 processes of 1 thread."""
    port = get_port(world.run_dir, name)
    arguments = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws",
        "--workers", "2", "--blocking-threads", "1", "--log-level", "warn", target,
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with (world.run_dir / f"{name}.log").open("ab") as log:
        server = subprocess.Popen(arguments, cwd=code, env=world.environment(name), stdout=log, stderr=log)
    try:
        _wait(address + ready)
        yield Server(address, server.pid)
    finally:
        server.terminate()
        server.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while True:
        try:
            requests.get(url, timeout=2).raise_for_status()
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def log_in(address: str) -> dict[str, str]:
    """Return the header of a signed-in salesperson."""
    answer = requests.post(f"{address}/v1/auth/token", json={"login": LOGIN, "password": PASSWORD}, timeout=10)
    answer.raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
