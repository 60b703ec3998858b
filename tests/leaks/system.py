"""The real processes around one pair of databases, everything that they write kept to be searched."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis
import requests

from stack.cluster import find_bin
from stack.ports import _find_free_port
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migrations.roles import Database
    from stack.test_services import TestServices

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT_SID = "AC" + "0c" * 16
AUTH_TOKEN = "not-a-secret-outside-tests"  # noqa: S105 - the double's token
LOGIN, PASSWORD = "qd-sales", "a-salespersons-password"
OPERATOR = "qd-operator"
_SHORT = {
    "LEASE_S": "3", "CONNECT_TIMEOUT_S": "0.5", "READ_TIMEOUT_S": "1.5", "FIRST_LISTING_S": "0.5",
    "NEXT_LISTING_S": "0.5", "TICK_S": "0.25", "IDLE_BEFORE_OWN_DRAIN_S": "1", "FIRST_POLL_S": "2", "RETRY_S": "0.3",
    "BREAKER_REST_S": "1", "BREAKER_CONSECUTIVE": "30", "BREAKER_SHARE": "1", "INBOUND_LISTING_S": "1",
    "SEND_RATE_PER_S": "100", "SENDER_CONNECTIONS": "4",
}  # fmt: skip
_RULES = {"MODE": "test", "SENDING_OPENS": "00:00", "SENDING_CLOSES": "24:00", "CARRIER_INBOUND": "true"}


@dataclass
class System:
    """Everything that runs. `answers` keeps every HTTP answer, head and body, under the request that got it."""

    services: TestServices
    folder: Path
    carrier_url: str
    web_port: int
    gateway_port: int
    answers: dict[str, bytes] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def web_url(self) -> str:
        """Return where the apps ask."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def gateway_url(self) -> str:
        """Return where the carrier posts."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def redis_url(self) -> str:
        """Return a Redis database that nothing else of the test run uses."""
        return self.services.redis.url.removesuffix("/0") + "/8"

    def get_environment(self, process: str) -> dict[str, str]:
        """Return the settings of one process: what it is told in production, on shortened times."""
        key_file = {"KEY_FILE": str(self.folder / "keys.json")}
        redis_url = {"REDIS_URL": self.redis_url}
        carrier = {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_FROM": "+15005550006",
            "TWILIO_API_BASE": self.carrier_url, "GATEWAY_PUBLIC_URL": self.gateway_url,
        }  # fmt: skip
        metrics = {"PROMETHEUS_MULTIPROC_DIR": str(self.folder / "metrics")}
        by_process = {
            "web": self._url("serving", "field_web") | redis_url | metrics | {"JWT_SECRET": "j" * 40},
            "gateway": self._url("people", "field_gateway") | key_file | carrier,
            "sender": self._both("field_sender") | key_file | redis_url | carrier | _SHORT,
            "operator": self._url("serving", "field_operator"),
            "intake": self._both("field_intake") | key_file,
            "release": self._both("field_release") | key_file,
            "auditor": self._url("people", "field_eraser") | key_file,
        }
        return _RULES | by_process[process]

    def _url(self, database: Database, role: str) -> dict[str, str]:
        return {f"{database.upper()}_URL": self.services.url(database, role=role)}

    def _both(self, role: str) -> dict[str, str]:
        return self._url("serving", role) | self._url("people", role)

    def start(self, name: str) -> None:
        """Start one process."""
        ports = {"web": self.web_port, "gateway": self.gateway_port}
        if name in ports:
            target = {"web": "wsgi:app", "gateway": "wsgi:gateway"}[name]
            arguments = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(ports[name]),
                         "--workers", "1", "--no-ws", target]  # fmt: skip
        else:
            arguments = ["manage.py", "send", name]
        environment = self.get_environment(name if name in ports else "sender")
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, env={"PATH": os.environ["PATH"], **environment},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """End a process and its work horses as a power cut does."""
        process = self.processes.pop(name)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in (*map(int, children), process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def stop_all(self) -> None:
        """Ask every process to end, and see that it does."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=60)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()

    def run(self, name: str, *steps: tuple[str, list[str]]) -> str:
        """Run commands in one process; returns what they printed, which also stays as a log."""
        file, log = self.folder / f"{name}.json", self.folder / f"{name}.log"
        file.write_text(json.dumps([[self.get_environment(process), arguments] for process, arguments in steps]))
        with log.open("wb") as output:
            subprocess.run(
                [sys.executable, "-m", "tests.leaks.commands", str(file)], cwd=ROOT, check=True,
                env={"PATH": os.environ["PATH"], "COLUMNS": "200"}, stdout=output, stderr=output, timeout=100,
            )  # fmt: skip
        file.unlink()
        return log.read_text()

    def ask(self, method: str, address: str, **arguments: Any) -> requests.Response:  # noqa: ANN401 - as requests takes them
        """Ask over HTTP and keep the answer."""
        answer = requests.request(method, address, timeout=20, **arguments)
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        self.answers[f"{len(self.answers)} {method} {address}"] = head.encode() + b"\n\n" + answer.content
        return answer

    def order(self, **order: Any) -> None:  # noqa: ANN401 - whatever the double's control takes
        """Tell the carrier to fail."""
        requests.post(f"{self.carrier_url}/_control", json=order, timeout=60).raise_for_status()

    def query(self, database: Database, statement: str) -> list[tuple[Any, ...]]:
        """Ask a database as its superuser."""
        with self.services.connect(database) as connection:
            return connection.execute(statement).fetchall()

    def wait_until(self, is_so: Callable[[], bool], *, within_s: float = 60.0) -> None:
        """Wait for something to become true."""
        wait_until(is_so, within_s=within_s, tell=self._tell)

    def _tell(self) -> str:
        states = self.query("people", "SELECT state, reason, count(*) FROM delivery.messages GROUP BY 1, 2")
        tails = [f"{log.name}: {log.read_text()[-1500:]}" for log in self.folder.glob("*.log")]
        return f"{states}\n" + "\n".join(tails)

    def is_ready(self) -> bool:
        """Say whether web and gateway answer, and web has a release to show."""
        try:
            answers = [
                requests.get(url, timeout=60) for url in (f"{self.web_url}/readyz", f"{self.gateway_url}/healthz")
            ]
        except requests.RequestException:
            return False
        return all(answer.ok for answer in answers)

    def write_staff(self) -> Path:
        """Write a salesperson and an operator."""
        file = self.folder / "staff.csv"
        with file.open("w", encoding="utf-8", newline="") as target:
            rows = [
                ["login", "display_name", "role", "territory", "password"],
                [LOGIN, "青岛", "salesperson", "370202", PASSWORD],
                [OPERATOR, "运维", "operator", "", PASSWORD],
            ]
            csv.writer(target).writerows(rows)
        return file

    def dump_redis(self) -> bytes:
        """Return everything that Redis would leave on a disk, uncompressed."""
        with redis.Redis.from_url(self.redis_url) as server:
            before = server.config_get("rdbcompression")["rdbcompression"]
            server.config_set("rdbcompression", "no")
            server.save()
            server.config_set("rdbcompression", before)
            file = self.services.redis.home / str(server.config_get("dbfilename")["dbfilename"])
        content = file.read_bytes()
        file.unlink()
        return content

    def dump_serving(self) -> bytes:
        """Return the serving database as pg_dump writes it."""
        url = self.services.url("serving").replace("+psycopg", "")
        return subprocess.run([find_bin() / "pg_dump", "--dbname", url], check=True, capture_output=True).stdout

    def get_logs(self) -> dict[str, bytes]:
        """Return what every process, command and server wrote."""
        files = [*self.folder.glob("*.log"), *self.folder.glob("*.csv")]
        files += [self.services.serving.log, self.services.people.log, self.services.redis.home / "redis.log"]
        return {file.name if file.parent == self.folder else str(file): file.read_bytes() for file in files}


@contextmanager
def build(services: TestServices, folder: Path, carrier_url: Callable[[int], str]) -> Iterator[System]:
    """Give a system of which nothing runs yet; `carrier_url` starts the carrier, told the gateway's port."""
    (folder / "metrics").mkdir()
    gateway_port = _find_free_port()
    system = System(services, folder, carrier_url(gateway_port), _find_free_port(), gateway_port)
    with redis.Redis.from_url(system.redis_url) as emptied:
        emptied.flushdb()
    try:
        yield system
    finally:
        system.stop_all()
