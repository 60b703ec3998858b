"""A private PgBouncer in front of private clusters: each database by transaction, and again by session."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from stack.ports import get_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BY_SESSION = "_by_session"
"""What is added to the name of a database to have it by session."""

_SETTINGS = """
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {home}/users.txt
logfile = {home}/pgbouncer.log
pidfile = {home}/pgbouncer.pid
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 200
log_connections = 0
log_disconnections = 0
"""


@dataclass(frozen=True, slots=True)
class PgBouncer:
    """One private pooler."""

    home: Path
    port: int

    @classmethod
    def at(cls, run_dir: Path) -> PgBouncer:
        """Return the pooler of an installation."""
        home = run_dir / "pgbouncer"
        home.mkdir(exist_ok=True)
        return cls(home, get_port(run_dir, "pgbouncer"))

    def lead(self, url: str, *, by_session: bool = False) -> str:
        """Return the way through the pooler for a direct SQLAlchemy URL."""
        address = make_url(url).set(port=self.port)
        if by_session:
            address = address.set(database=f"{address.database}{BY_SESSION}")
        else:
            address = address.update_query_dict({"pooler": "transaction"})
        return address.render_as_string(hide_password=False)

    def start(self, *, databases: Mapping[str, int], passwords: Mapping[str, str], pool_size: int = 8) -> None:
        """Start in front of databases, each with the port of its cluster, for roles with their passwords."""
        lines = _list_databases(databases.items())
        (self.home / "pgbouncer.ini").write_text(
            f"[databases]\n{lines}\n" + _SETTINGS.format(port=self.port, home=self.home, pool_size=pool_size)
        )
        users = self.home / "users.txt"
        users.touch(mode=0o600)
        users.write_text("".join(f'"{role}" "{password}"\n' for role, password in passwords.items()))
        command = [shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", "-d", str(self.home / "pgbouncer.ini")]
        if os.geteuid() == 0:
            for path in (self.home, users, self.home / "pgbouncer.ini"):
                shutil.chown(path, "postgres", "postgres")
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, cwd="/", check=True, capture_output=True)  # noqa: S603 - a fixed program, our own paths
        self._wait()

    def _wait(self) -> None:
        """Wait until it listens. It knows roles that a database does not, so a login proves nothing."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            time.sleep(0.05)
        raise TimeoutError(f"PgBouncer does not answer, see {self.home / 'pgbouncer.log'}")

    def stop(self) -> None:
        """End it at once, and wait until it has."""
        pid_file = self.home / "pgbouncer.pid"
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(pid_file.read_text()), signal.SIGTERM)
        deadline = time.monotonic() + 10
        while pid_file.exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"PgBouncer does not end, see {self.home / 'pgbouncer.log'}")
            time.sleep(0.05)


def _list_databases(ports: Iterable[tuple[str, int]]) -> str:
    return "\n".join(
        f"{name} = host=127.0.0.1 port={port}\n"
        f"{name}{BY_SESSION} = host=127.0.0.1 port={port} dbname={name} pool_mode=session"
        for name, port in ports
    )
