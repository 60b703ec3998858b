"""The sender's real processes, started with shortened times, and the ways to end them badly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import redis
import requests

from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.messaging.delivery.world import World

ACCOUNT_SID = "AC" + "0a" * 16
AUTH_TOKEN = "not-a-secret-outside-tests"  # noqa: S105 - the double's token
ALIYUN = {
    "ALIYUN_ACCESS_KEY_ID": "LTAI0000000000000001",
    "ALIYUN_ACCESS_KEY_SECRET": AUTH_TOKEN,
    "ALIYUN_SIGN_NAME": "青禾",
    "ALIYUN_TEMPLATE_CODE": "SMS_100000001",
    "ALIYUN_TEMPLATE_BODY": "${first}${second}App内退订",
}
ROOT = Path(__file__).resolve().parents[2]
_START = "from messaging.delivery.commands import send; send()"


@dataclass
class House:
    """One sending side."""

    world: World
    key_file: Path
    carrier_url: str
    gateway_port: int
    logs: Path
    environment: dict[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    pumps: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def processes(self) -> list[subprocess.Popen[bytes]]:
        """Return the processes started and not yet ended."""
        return [*self.workers, *self.pumps]

    @property
    def gateway_url(self) -> str:
        """Return where the carrier posts its webhooks."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def redis_url(self) -> str:
        """Return a Redis database that nothing else of the test run uses."""
        return self.world.services.redis.url.removesuffix("/0") + "/9"

    def start(self, what: Literal["worker", "pump"]) -> subprocess.Popen[bytes]:
        """Start one of the sender's processes."""
        with (self.logs / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _START, what], cwd=ROOT, env=self._get_environment(), stdout=log, stderr=log
            )
        (self.workers if what == "worker" else self.pumps).append(process)
        return process

    def _get_environment(self) -> dict[str, str]:
        services = self.world.services
        return {
            "PATH": os.environ["PATH"],
            "MODE": "test",
            "SERVING_URL": services.url("serving", role="field_sender"),
            "PEOPLE_URL": services.url("people", role="field_sender"),
            "REDIS_URL": self.redis_url,
            "KEY_FILE": str(self.key_file),
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_FROM": "+861069000000",
            "TWILIO_API_BASE": self.carrier_url,
            "GATEWAY_PUBLIC_URL": self.gateway_url,
            "HELD_OUT_SHARE": "0",
            "SENDING_OPENS": "00:00",
            "SENDING_CLOSES": "24:00",
            "SEND_RATE_PER_S": "40",
            "LEASE_S": "4",
            "CONNECT_TIMEOUT_S": "0.5",
            "READ_TIMEOUT_S": "2",
            "FIRST_LISTING_S": "1.5",
            "NEXT_LISTING_S": "1",
            "TICK_S": "0.25",
            "IDLE_BEFORE_OWN_DRAIN_S": "1",
            "FIRST_POLL_S": "3",
            "RETRY_S": "0.5",
            "BREAKER_REST_S": "2",
            **ALIYUN,
            "ALIYUN_API_BASE": self.carrier_url,
            **self.environment,
        }

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a process and its work horses, so that nobody can finish anything."""
        for pid in (*find_children(process.pid), process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._forget(process)

    def kill_alone(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a process and let its work horse run on, which nobody waits for any more."""
        process.kill()
        self._forget(process)

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        process.wait(timeout=60)
        (self.workers if process in self.workers else self.pumps).remove(process)

    def stop_all(self) -> None:
        """Ask every process to end, and see that it does."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.workers.clear()
        self.pumps.clear()

    def order(self, **order: Any) -> None:  # noqa: ANN401 - whatever the double's control takes
        """Tell the carrier to fail."""
        requests.post(f"{self.carrier_url}/_control", json=order, timeout=60).raise_for_status()

    def reply(self, text: str) -> None:
        """Answer from the one phone that got a message."""
        phones = requests.get(f"{self.carrier_url}/_inbox/phones", timeout=60).json()
        url = f"{self.carrier_url}/_inbox/phones/{phones[0]['phone']}/replies"
        requests.post(url, json={"body": text}, timeout=60).raise_for_status()

    @contextmanager
    def frozen(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Stop a process and its work horses in the middle of whatever they do, and let them go on afterwards."""
        pids = (*find_children(process.pid), process.pid)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def empty_redis(self) -> None:
        """Make Redis forget every wake-up and every worker."""
        with redis.Redis.from_url(self.redis_url) as forgetful:
            forgetful.flushdb()

    def get_stats(self) -> dict[str, Any]:
        """Return what the carrier counted."""
        answer: dict[str, Any] = requests.get(f"{self.carrier_url}/_stats", timeout=60).json()
        return answer

    def wait_until(self, is_so: Callable[[], bool], *, within_s: float = 60.0) -> None:
        """Wait for something to become true; fails with the last lines of the logs."""
        wait_until(is_so, within_s=within_s, tell=self._tell)

    def _tell(self) -> str:
        tails = "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in self.logs.glob("*.log"))
        return f"{self.world.count_states()} {self.get_stats()}\n{tails}"


def find_children(parent: int) -> list[int]:
    """Return the processes that a process has started and not yet lost."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    with suppress(FileNotFoundError):
        return [int(pid) for pid in children.read_text().split()]
    return []
