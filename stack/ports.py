"""Free TCP ports on the loopback, chosen once for each service of an installation and then kept."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Say whether nothing listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def get_port(run_dir: Path, service: str, *, preferred: int | None = None) -> int:
    """Return the port of a service; the first call picks `preferred` if free, else any free one, and notes it."""
    notes = run_dir / "ports.json"
    ports: dict[str, int] = json.loads(notes.read_text()) if notes.exists() else {}
    if service not in ports:
        taken = set(ports.values())
        chosen = preferred if preferred and preferred not in taken and is_free(preferred) else _find_free_port()
        ports[service] = chosen
        notes.write_text(json.dumps(ports, indent=1))
    return ports[service]


def forget_taken_ports(run_dir: Path) -> None:
    """Forget noted ports that somebody else listens on by now, so that the next call of `get_port` picks others.

    Call it when nothing of ours runs but, after a kill, PostgreSQL and Redis: those leave a file with their pid.
    """
    notes = run_dir / "ports.json"
    if not notes.exists():
        return
    ours = {
        "postgres-serving": run_dir / "serving" / "data" / "postmaster.pid",
        "postgres-people": run_dir / "people" / "data" / "postmaster.pid",
        "redis": run_dir / "redis" / "redis.pid",
    }
    ports: dict[str, int] = json.loads(notes.read_text())
    kept = {name: port for name, port in ports.items() if is_free(port) or (name in ours and ours[name].exists())}
    notes.write_text(json.dumps(kept, indent=1))
