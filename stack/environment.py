"""What each process is told, and nothing more: a process that must not reach people holds no way to reach them."""

from __future__ import annotations

import os
import secrets
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stack.cluster import Cluster
from stack.databases import get_passwords
from stack.ports import get_port
from stack.redis_server import RedisServer

if TYPE_CHECKING:
    from pathlib import Path

    from migrations.roles import Database

DEMO_RULES = {
    "MODE": "demo",
    "SENDING_OPENS": "00:00",
    "SENDING_CLOSES": "24:00",
    "DONE_EVERY_S": "60",
}
_BY_HAND = (
    "web", "operator", "intake", "release", "sender", "gateway", "auditor", "eraser", "keeper", "migrator",
)  # fmt: skip
"""The processes whose settings a person may want for a command."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One private installation: where it lives, its services, and the environment of each of its processes."""

    run_dir: Path
    serving: Cluster
    people: Cluster
    redis: RedisServer

    @classmethod
    def at(cls, run_dir: Path) -> Installation:
        """Return the installation that lives, or shall live, in a folder."""
        return cls(run_dir, Cluster.at(run_dir, "serving"), Cluster.at(run_dir, "people"), RedisServer.at(run_dir))

    def cluster(self, database: Database) -> Cluster:
        """Return the cluster of one of the two databases."""
        return self.serving if database == "serving" else self.people

    def url(self, database: Database, role: str) -> str:
        """Return the SQLAlchemy URL of a database for a role."""
        return self.cluster(database).url(role=role, password=get_passwords(self.run_dir)[role])

    def port(self, service: str) -> int:
        """Return the port of a service; the web's and the app's are the usual ones where they are free."""
        preferred = {"web": 8000, "app": 8080, "carrier": 8090, "gateway": 8001}.get(service)
        return get_port(self.run_dir, service, preferred=preferred)

    def address(self, service: str) -> str:
        """Return the base URL of a service."""
        return f"http://127.0.0.1:{self.port(service)}"

    def secret(self, name: str) -> str:
        """Return a secret of this installation, made at the first call."""
        file = self.run_dir / f"{name}.secret"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(32))
        return file.read_text()

    def _account(self) -> dict[str, str]:
        return {
            "TWILIO_ACCOUNT_SID": "AC" + self.secret("carrier-account")[:32],
            "TWILIO_AUTH_TOKEN": self.secret("carrier-token")[:32],
        }

    def _carrier(self) -> dict[str, str]:
        return self._account() | {
            "CARRIER": "twilio",
            "TWILIO_FROM": "+15005550006",
            "TWILIO_API_BASE": self.address("carrier"),
            "GATEWAY_PUBLIC_URL": self.address("gateway"),
            "CARRIER_INBOUND": "true",
        }

    def _web(self) -> dict[str, str]:
        return {
            "SERVING_URL": self.url("serving", "field_web"),
            "JWT_SECRET": self.secret("jwt"),
            "CORS_ORIGINS": f'["{self.address("app")}", "http://localhost:{self.port("app")}"]',
            "CARRIER_INBOUND": "true",
            "GATEWAY_PUBLIC_URL": self.address("gateway"),
            "PROMETHEUS_MULTIPROC_DIR": str(self.run_dir / "metrics"),
        } | self._trust()

    def _trust(self) -> dict[str, str]:
        """Return the keys that releases are checked with, once there are any."""
        file = self.run_dir / "release-public-keys"
        return {"RELEASE_PUBLIC_KEYS": file.read_text().strip()} if file.exists() else {}

    def _both(self, role: str) -> dict[str, str]:
        return {"SERVING_URL": self.url("serving", role), "PEOPLE_URL": self.url("people", role)}

    def variables(self, process: str) -> dict[str, str]:
        """Return the settings of one process, by the name of the process."""
        every_key = {"KEY_FILE": str(self.run_dir / "vault-keys.json")}
        gateway_keys = {"KEY_FILE": str(self.run_dir / "gateway-keys.json")}
        release_keys = {"KEY_FILE": str(self.run_dir / "release-keys.json")} | self._trust()
        audit_key = {"KEY_FILE": str(self.run_dir / "audit-keys.json")}
        eraser_keys = {"KEY_FILE": str(self.run_dir / "eraser-keys.json")}
        redis = {"REDIS_URL": self.redis.url}
        by_process = {
            "web": DEMO_RULES | self._web() | redis,
            "operator": DEMO_RULES | {"SERVING_URL": self.url("serving", "field_operator")},
            "intake": DEMO_RULES | self._both("field_intake") | every_key | redis,
            "release": DEMO_RULES | self._both("field_release") | release_keys,
            "auditor": DEMO_RULES | {"PEOPLE_URL": self.url("people", "field_eraser")} | audit_key,
            "eraser": DEMO_RULES | {"PEOPLE_URL": self.url("people", "field_eraser")} | eraser_keys,
            "keeper": DEMO_RULES | {"PEOPLE_URL": self.url("people", "field_keeper")} | every_key,
            "migrator": {"MIGRATE_URL": self.url("people", "field_migrator")},
            "sender": DEMO_RULES | self._both("field_sender") | every_key | redis | self._carrier(),
            "gateway": DEMO_RULES
            | {"PEOPLE_URL": self.url("people", "field_gateway")}
            | gateway_keys
            | self._carrier(),
            "carrier": self._account() | {"INBOUND_URL": f"{self.address('gateway')}/twilio/inbound"},
            "app": {},
        }
        return by_process[process]

    def environment(self, process: str) -> dict[str, str]:
        """Return the whole environment of one process: the settings above and what any program needs."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TERM", "COLUMNS") if name in os.environ}
        return kept | {"PYTHONUNBUFFERED": "1"} | self.variables(process)

    def write_environments(self) -> None:
        """Leave each process's settings in `env/`, so that a person can run a command as that process."""
        folder = self.run_dir / "env"
        folder.mkdir(exist_ok=True)
        for process in _BY_HAND:
            file = folder / f"{process}.env"
            file.touch(mode=0o600)
            file.write_text(
                "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(self.variables(process).items()))
            )
