"""`manage.py up`: brings the whole system up on one machine, prints where it is, and takes it down on Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from stack import databases, demo_city
from stack.environment import Installation
from stack.paths import ROOT, get_run_dir
from stack.processes import Program, Supervisor, find_programs, is_ready

if TYPE_CHECKING:
    from collections.abc import Iterator

_READY_WITHIN_S = 60.0
_console = Console()


class AlreadyRunningError(click.ClickException):
    """Another `make run` holds this installation."""

    def __init__(self) -> None:
        """Say it in one line."""
        super().__init__("this installation is already running (another `make run`); stop that one first")


@contextmanager
def hold(installation: Installation) -> Iterator[None]:
    """Keep every other `up` or `down` away from an installation while this one works on it."""
    with (installation.run_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError from error
        yield


def _end_leftovers(installation: Installation) -> None:
    """End processes that a killed `up` left behind: those noted, alive, and still started with the noted arguments."""
    notes = installation.run_dir / "processes.json"
    left: dict[str, str] = json.loads(notes.read_text()) if notes.exists() else {}
    for pid, arguments in left.items():
        command = Path("/proc") / pid / "cmdline"
        if command.exists() and command.read_text().rstrip("\0").split("\0") == arguments.split("\0"):
            os.killpg(int(pid), signal.SIGTERM)
            deadline = time.monotonic() + 10
            while command.exists() and command.read_text() and time.monotonic() < deadline:
                time.sleep(0.1)
    notes.unlink(missing_ok=True)


def start_services(installation: Installation) -> None:
    """Start both clusters and Redis; make roles and databases and migrate them."""
    for database in databases.DATABASES:
        with _console.status(f"PostgreSQL: {database}"):
            cluster = installation.cluster(database)
            cluster.start()
            databases.create(
                cluster, database=database, name=database, passwords=databases.get_passwords(installation.run_dir)
            )
    with _console.status("Redis"):
        installation.redis.start()
    installation.write_environments()
    _console.print("==> databases and Redis are up")


def stop_services(installation: Installation) -> None:
    """Stop Redis and both clusters."""
    installation.redis.stop()
    for database in databases.DATABASES:
        installation.cluster(database).stop()


def _empty_metrics(installation: Installation) -> None:
    """Forget the counters of processes that are gone: the web's processes share a folder of counters."""
    folder = installation.run_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _start_programs(supervisor: Supervisor, programs: list[Program]) -> None:
    _empty_metrics(supervisor.installation)
    for program in programs:
        supervisor.start(program)
    _note_processes(supervisor, programs)
    deadline = time.monotonic() + _READY_WITHIN_S
    for program in programs:
        with _console.status(f"waiting for {program.name}"):
            while not is_ready(program) or supervisor.running[program.name].poll() is not None:
                log = supervisor.installation.run_dir / "logs" / f"{program.name}.log"
                if supervisor.running[program.name].poll() is not None:
                    raise click.ClickException(f"{program.name} ended at once, see {log}")
                if time.monotonic() > deadline:
                    raise click.ClickException(f"{program.name} does not answer, see {log}")
                time.sleep(0.1)


def _note_processes(supervisor: Supervisor, programs: list[Program]) -> None:
    notes = {str(supervisor.running[program.name].pid): "\0".join(program.arguments) for program in programs}
    (supervisor.installation.run_dir / "processes.json").write_text(json.dumps(notes))


def _print_addresses(installation: Installation) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    rows = [
        ("营销宝, the salesperson's app", installation.address("app")),
        ("the phones' inboxes", installation.address("carrier")),
        ("HTTP API, its documentation", f"{installation.address('web')}/docs"),
    ]
    for title, address in rows:
        table.add_row(title, address)
    for account in demo_city.read_staff(installation):
        if account["login"].endswith(("-01", "planner", "reviewer", "operator")):
            table.add_row(f"log-in, {account['role']}", f"{account['login']}  {account['password']}")
    _console.print(table, soft_wrap=True)
    _console.print("This is a demo: messages may leave at any hour and states show within a minute.")
    logs = installation.run_dir.relative_to(ROOT) / "logs"
    _console.print(f"Logs are in {logs}. Ctrl-C stops everything; `make demo` in another shell tells the story.")


def _watch(supervisor: Supervisor, programs: list[Program], stop: threading.Event) -> None:
    while not stop.wait(1.0):
        for name in supervisor.revive(programs):
            _console.print(f"{name} had ended and was started again; see logs/{name}.log")
            _note_processes(supervisor, programs)


@click.command()
@click.option("--name", default="demo", show_default=True, help="The installation's folder below .run/.")
@click.option("--households", default=demo_city.HOUSEHOLDS, show_default=True, help="Size of the demo city.")
def up(*, name: str, households: int) -> None:
    """Start everything, load the demo city once, print URLs and log-ins, stop all on Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    installation = Installation.at(get_run_dir(name))
    supervisor = Supervisor(installation)
    with hold(installation):
        _end_leftovers(installation)
        try:
            start_services(installation)
            demo_city.load(installation, households=households, is_stopped=stop.is_set)
            if not stop.is_set():
                programs = find_programs(installation)
                _start_programs(supervisor, programs)
                _print_addresses(installation)
                _watch(supervisor, programs, stop)
        finally:
            _console.print("==> stopping")
            supervisor.stop()
            stop_services(installation)
            (installation.run_dir / "processes.json").unlink(missing_ok=True)
    _console.print("stopped; nothing is left running")


@click.command()
@click.option("--remove", is_flag=True, help="Also remove the installation with all its data.")
def down(*, remove: bool) -> None:
    """Stop what a killed `up` left running."""
    for name in ("demo", "test"):
        installation = Installation.at(get_run_dir(name))
        with hold(installation):
            _end_leftovers(installation)
            stop_services(installation)
            if remove:
                run_dir = installation.run_dir
                shutil.rmtree(run_dir.resolve())
                run_dir.unlink() if run_dir.is_symlink() else None
