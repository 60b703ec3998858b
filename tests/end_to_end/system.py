"""The whole system, started and stopped by its own command, and what only the people side of it can count."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stack.environment import Installation
from stack.paths import ROOT, get_run_dir, remove_run_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSEHOLDS = 200_000


class RunningSystem:
    """`manage.py up` as a person would run it, under a name of its own."""

    def __init__(self, name: str) -> None:
        """Bind to the installation; nothing starts yet."""
        self.name = name
        self.installation = Installation.at(get_run_dir(name))
        self.output = self.installation.run_dir / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start and wait until the addresses are printed; returns the seconds it took."""
        started = time.monotonic()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--name", self.name, "--households", str(HOUSEHOLDS)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        while "Ctrl-C stops everything" not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()[-3000:]
            time.sleep(0.2)
        return time.monotonic() - started

    def stop(self) -> int:
        """Stop as Ctrl-C does; returns the exit code."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=60)

    def count_messages(self, broadcast_id: str) -> dict[str, int]:
        """Count a broadcast's messages by state, as only the people side can."""
        query = "SELECT state, count(*) FROM delivery.messages WHERE campaign_id = %s GROUP BY state"
        with self.installation.people.connect("people") as connection:
            return {str(state): int(str(count)) for state, count in connection.execute(query, (broadcast_id,))}

    def find_granian(self, port: str) -> int:
        """Return the pid of the server's leading process, 0 while there is none."""
        assert self.process is not None
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.process.pid and port in (folder / "cmdline").read_text().split("\0"):
                    return int(folder.name)
        return 0

    def find_left_running(self) -> list[str]:
        """Return the command lines of processes that still belong to this installation."""
        mark = str(self.installation.run_dir.resolve())
        ports = {str(self.installation.port(name)) for name in ("web", "gateway", "carrier", "app")}
        left = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if any(mark in part for part in command) or ports & set(command):
                left.append(" ".join(command))
        return left


@contextmanager
def run_system(name: str) -> Iterator[RunningSystem]:
    """Start a fresh installation, and stop and remove it at the end."""
    get_run_dir(name)
    remove_run_dir(name)
    running = RunningSystem(name)
    try:
        running.start()
        yield running
    finally:
        if running.process is not None and running.process.poll() is None:
            running.stop()
        remove_run_dir(name)
