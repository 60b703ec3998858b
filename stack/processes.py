"""Starts the processes of an installation, watches them, starts a fallen one again, and stops them all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
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


def _serve(installation: Installation, name: str, *, target: str, ready: str, workers: int, threads: int) -> Program:
    arguments = (
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--no-ws", "--log-level", "warn",
        "--port", str(installation.port(name)), "--workers", str(workers), "--blocking-threads",
        str(threads), "--respawn-failed-workers", target,
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
    """Return every process of a running system.

    Web: 2 processes of 1 thread, the best of what was measured; a buffering proxy belongs in front of it. The gateway
    waits for slow senders and for the database, so it has threads to wait with.
    """
    return [
        _stand_in_carrier(installation),
        _serve(installation, "web", target="wsgi:app", ready="/readyz", workers=2, threads=1),
        _serve(installation, "gateway", target="wsgi:gateway", ready="/healthz", workers=1, threads=16),
        Program("pump", "sender", (sys.executable, "manage.py", "send", "pump")),
        Program("sender", "sender", (sys.executable, "manage.py", "send", "worker")),
        _serve_app(installation),
    ]


def find_group(leader: int) -> list[int]:
    """Return the processes of a program: its leader, which began a session, and what that started."""
    group = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            # After the name in brackets: state, parent, process group, session.
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                group.append(int(folder.name))
    return group


def end_group(leader: int, *, within_s: float) -> None:
    """Ask a whole program to end, wait, and end by force what is left of it."""
    for number, patience_s in ((signal.SIGTERM, within_s), (signal.SIGKILL, 5.0)):
        for pid in find_group(leader):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience_s
        while find_group(leader) and time.monotonic() < deadline:
            time.sleep(0.05)


def _is_ours(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink() == ROOT
    return False


def end_leftovers(run_dir: Path) -> None:
    """End programs that a killed `up` left behind: sessions that it noted and that still run in this folder."""
    notes = run_dir / "processes.json"
    leaders: list[int] = json.loads(notes.read_text()) if notes.exists() else []
    for leader in leaders:
        if any(map(_is_ours, find_group(leader))):
            end_group(leader, within_s=10)
    notes.unlink(missing_ok=True)


@dataclass(slots=True)
class Supervisor:
    """The running processes of one installation."""

    installation: Installation
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    leaders: list[int] = field(default_factory=list)

    def start(self, program: Program) -> None:
        """Start one process with its own environment and log file, in a session of its own."""
        logs = self.installation.run_dir / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / f"{program.name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                program.arguments,
                cwd=ROOT,
                env=self.installation.environment(program.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running[program.name] = process
        self.leaders.append(process.pid)
        (self.installation.run_dir / "processes.json").write_text(json.dumps(self.leaders))

    def revive(self, programs: list[Program]) -> list[str]:
        """Start again what has ended by itself, after ending what it left behind; returns the names."""
        fallen = [program for program in programs if self.running[program.name].poll() is not None]
        for program in fallen:
            end_group(self.running[program.name].pid, within_s=_PAUSE_BEFORE_RESTART_S)
            time.sleep(_PAUSE_BEFORE_RESTART_S)
            self.start(program)
        return [program.name for program in fallen]

    def stop(self) -> None:
        """Ask every process to end, wait, and end by force what does not, with everything it started."""
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + _STOP_WITHIN_S
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            end_group(process.pid, within_s=1.0)
            process.wait()
        (self.installation.run_dir / "processes.json").unlink(missing_ok=True)


def is_ready(program: Program) -> bool:
    """Say whether a process answers at its address; one without an address is ready when it runs."""
    if program.ready_url is None:
        return True
    try:
        return requests.get(program.ready_url, timeout=2).ok
    except requests.RequestException:
        return False
