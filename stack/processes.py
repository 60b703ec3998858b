"""Starts the processes of an installation, watches them, starts a fallen one again, and stops them all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

from stack.paths import ROOT

if TYPE_CHECKING:
    from stack.environment import Installation

_STOP_WITHIN_S = 20.0
_PAUSE_BEFORE_RESTART_S = 1.0


@dataclass(frozen=True, slots=True)
class Program:
    """One process to run: its name, whose settings it gets, its arguments, and the address that says it is ready."""

    name: str
    settings: str
    arguments: tuple[str, ...]
    ready_url: str | None = None


def _serve(installation: Installation, name: str, *, target: str, ready: str, workers: int) -> Program:
    arguments = (
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--no-ws", "--log-level", "warn",
        "--port", str(installation.port(name)), "--workers", str(workers), "--blocking-threads", "1", target,
    )  # fmt: skip
    return Program(name, name, arguments, f"{installation.address(name)}{ready}")


def _stand_in_carrier(installation: Installation) -> Program:
    arguments = (
        sys.executable, "-m", "field_apps_mock.carrier", "--port", str(installation.port("carrier")),
        "--state", str(installation.run_dir / "carrier.sqlite"),
    )  # fmt: skip
    return Program("carrier", "carrier", arguments, f"{installation.address('carrier')}/")


def _serve_app(installation: Installation) -> Program:
    arguments = (
        sys.executable, "-m", "field_apps_mock.web_server", "--port", str(installation.port("app")),
        "--api-url", installation.address("web"), "--carrier-url", installation.address("carrier"),
    )  # fmt: skip
    return Program("app", "app", arguments, f"{installation.address('app')}/")


def find_programs(installation: Installation) -> list[Program]:
    """Return every process of a running system. Web: 2 processes of 1 thread, the best of what was measured."""
    return [
        _stand_in_carrier(installation),
        _serve(installation, "web", target="wsgi:app", ready="/readyz", workers=2),
        _serve(installation, "gateway", target="wsgi:gateway", ready="/healthz", workers=1),
        Program("pump", "sender", (sys.executable, "manage.py", "send", "pump")),
        Program("sender", "sender", (sys.executable, "manage.py", "send", "worker")),
        _serve_app(installation),
    ]


@dataclass(slots=True)
class Supervisor:
    """The running processes of one installation."""

    installation: Installation
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)

    def start(self, program: Program) -> None:
        """Start one process with its own environment and log file, in a session of its own."""
        logs = self.installation.run_dir / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / f"{program.name}.log").open("ab") as log:
            self.running[program.name] = subprocess.Popen(  # noqa: S603 - our own programs
                program.arguments,
                cwd=ROOT,
                env=self.installation.environment(program.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def revive(self, programs: list[Program]) -> list[str]:
        """Start again what has ended by itself; returns the names."""
        fallen = [program for program in programs if self.running[program.name].poll() is not None]
        for program in fallen:
            self.restarts[program.name] = self.restarts.get(program.name, 0) + 1
            time.sleep(_PAUSE_BEFORE_RESTART_S)
            self.start(program)
        return [program.name for program in fallen]

    def stop(self) -> None:
        """Ask every process to end and wait; end by force what does not, with everything it started."""
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _STOP_WITHIN_S
        for process in self.running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def is_ready(program: Program) -> bool:
    """Say whether a process answers at its address; one without an address is ready when it runs."""
    if program.ready_url is None:
        return True
    try:
        return requests.get(program.ready_url, timeout=2).ok
    except requests.RequestException:
        return False
