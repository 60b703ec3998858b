"""A private Redis on a free port. It holds wake-up calls only: it may be emptied or stopped at any time."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis

from stack.ports import get_port

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class RedisServer:
    """One private Redis server."""

    home: Path
    port: int

    @classmethod
    def at(cls, run_dir: Path) -> RedisServer:
        """Return the Redis of an installation."""
        home = run_dir / "redis"
        home.mkdir(exist_ok=True)
        return cls(home, get_port(run_dir, "redis"))

    @property
    def url(self) -> str:
        """Return the address that redis-py takes."""
        return f"redis://127.0.0.1:{self.port}/0"

    def is_running(self) -> bool:
        """Say whether there is a server; one that is too slow to answer holds its port all the same."""
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.TimeoutError:
            return True
        except redis.ConnectionError:
            return False

    def start(self) -> None:
        """Start the server in the background and wait until it answers."""
        if self.is_running():
            return
        arguments = [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.home), "--save", "",
            "--appendonly", "no", "--daemonize", "yes", "--logfile", str(self.home / "redis.log"),
            "--pidfile", str(self.home / "redis.pid"),
        ]  # fmt: skip
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed program
        deadline = time.monotonic() + 10
        while not self.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask the server to end."""
        if self.is_running():
            redis.Redis.from_url(self.url).shutdown(nosave=True)
