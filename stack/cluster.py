"""A private PostgreSQL cluster: made, started and stopped without ever touching one of the system's."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from stack.ports import get_port

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 120
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 256MB
random_page_cost = 1.1
max_wal_size = 2GB
checkpoint_timeout = 15min
timezone = 'UTC'
log_timezone = 'UTC'
password_encryption = 'scram-sha-256'
log_min_messages = warning
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_min_error_statement = panic
"""


class ClusterError(Exception):
    """A PostgreSQL program failed; `log` is the file that says why."""

    def __init__(self, *, program: str, log: Path) -> None:
        """Keep what a person needs to look further."""
        super().__init__(f"{program} failed, see {log}")
        self.program = program
        self.log = log


def find_bin() -> Path:
    """Return the folder of PostgreSQL's programs. Raises FileNotFoundError where there are none."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda found: int(found.parts[4]))
    if versions:
        return versions[-1].parent
    found = shutil.which("pg_ctl")
    if found is None:
        message = "PostgreSQL is not installed: apt-get install postgresql postgresql-15-postgis-3"
        raise FileNotFoundError(message)
    return Path(found).parent


@dataclass(frozen=True, slots=True)
class Cluster:
    """One private cluster. `url` takes a role and a database and gives the SQLAlchemy address."""

    name: str
    home: Path
    port: int
    password: str
    durable: bool = True

    @classmethod
    def at(cls, run_dir: Path, name: str, *, durable: bool = True) -> Cluster:
        """Return the cluster `name` of an installation; its superuser password is made at the first call."""
        home = run_dir / name
        home.mkdir(exist_ok=True)
        secret = home / "superuser.password"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_urlsafe(24))
        return cls(name, home, get_port(run_dir, f"postgres-{name}"), secret.read_text(), durable)

    @property
    def data(self) -> Path:
        """Return PostgreSQL's own data folder."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.home / "postgres.log"

    def url(self, *, role: str = "postgres", password: str | None = None, database: str | None = None) -> str:
        """Return a SQLAlchemy URL for one role and database of this cluster."""
        secret = self.password if password is None else password
        return f"postgresql+psycopg://{role}:{secret}@127.0.0.1:{self.port}/{database or self.name}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """Open a superuser connection in autocommit."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", password=self.password, dbname=database, autocommit=True
        )

    def _run(self, program: str, *arguments: str, password: str | None = None) -> None:
        command = [str(find_bin() / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        environment = os.environ if password is None else os.environ | {"PGPASSWORD": password}
        result = subprocess.run(  # noqa: S603 - fixed programs, our own paths
            command,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            # Ctrl-C at a command that starts a server ends the command, not the server.
            start_new_session=True,
        )
        if result.returncode != 0:
            with (self.home / "commands.log").open("a") as log:
                log.write(f"{program}: {result.stdout}{result.stderr}\n")
            raise ClusterError(program=program, log=self.home / "commands.log")

    def create(self) -> None:
        """Initialise the data folder unless it exists."""
        if (self.data / "PG_VERSION").exists():
            return
        self._make_room()
        self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8",
            "--pwfile", str(self.home / "superuser.password"),
        )  # fmt: skip
        quick = "" if self.durable else "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(_SETTINGS + quick)

    def _make_room(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.home, owner.pw_uid, owner.pw_gid)
            os.chown(self.home / "superuser.password", owner.pw_uid, owner.pw_gid)

    def copy(self, source: Cluster) -> None:
        """Become a standby of a running cluster: a copy of all that it holds, streamed from it once it is started."""
        self._make_room()
        self._run(
            "pg_basebackup", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "-h", "127.0.0.1",
            "-p", str(source.port), "-U", "postgres", password=source.password,
        )  # fmt: skip

    def is_running(self) -> bool:
        """Say whether the server answers."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Start the server and wait until it answers. A server that already runs is left alone."""
        self.create()
        if not self.is_running():
            self._run("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-o", f"-p {self.port}", "-w", "start")

    def has_fallen(self) -> bool:
        """Say whether the server ended without having been asked to: its note is there, and it is not."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().partition("\n")[0])
        except (OSError, ValueError):
            return False
        try:
            with suppress(PermissionError):
                os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    def stop(self, *, mode: str = "fast") -> None:
        """Stop the server: `fast` in good order, `immediate` like a power cut. One that has fallen is left as it is."""
        pid_file = self.data / "postmaster.pid"
        if self.has_fallen():
            return
        if pid_file.exists():
            self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")
        deadline = time.monotonic() + 20
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
