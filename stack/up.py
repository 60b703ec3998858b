"""`manage.py up`: brings the whole system up on one machine, prints where it is, and takes it down on Ctrl-C."""

from __future__ import annotations

import fcntl
import shutil
import signal
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from stack import databases, demo_city
from stack.cluster import ClusterError
from stack.environment import Installation
from stack.paths import find_installations, get_run_dir, remove_run_dir
from stack.ports import forget_taken_ports
from stack.processes import Program, Supervisor, end_leftovers, find_programs, is_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_READY_WITHIN_S = 60.0
_console = Console()


class AlreadyRunningError(click.ClickException):
    """Another `make run` holds this installation."""

    def __init__(self) -> None:
        """Say it in one line."""
        super().__init__("this installation is already running (another `make run`); stop that one first")


@contextmanager
def hold(name: str) -> Iterator[Installation]:
    """Give an installation, with every other `up` or `down` kept away from it meanwhile."""
    run_dir = get_run_dir(name)
    with (run_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError from error
        end_leftovers(run_dir)
        forget_taken_ports(run_dir)
        yield Installation.at(run_dir)


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
    _console.print("==> databases and Redis are up")


def revive_services(installation: Installation) -> Iterator[str]:
    """Start databases and Redis again that have ended by themselves; yields the name of each."""
    for database in databases.DATABASES:
        cluster = installation.cluster(database)
        if cluster.has_fallen():
            # Until the last of its children has seen that it is gone, PostgreSQL starts no other: tried again.
            with suppress(ClusterError):
                cluster.start()
                yield f"PostgreSQL ({database})"
    if not installation.redis.is_running():
        installation.redis.start()
        yield "Redis"


def stop_services(installation: Installation) -> None:
    """Stop Redis and both clusters; what cannot be stopped keeps none of the others running."""
    with ExitStack() as stopping:
        for database in databases.DATABASES:
            stopping.callback(installation.cluster(database).stop)
        stopping.callback(installation.redis.stop)


def _empty_metrics(installation: Installation) -> None:
    """Forget the counters of processes that are gone: the web's processes share a folder of counters."""
    folder = installation.run_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _prepare_programs(installation: Installation) -> list[Program]:
    """Return the programs, on ports that are still free: loading takes a while, and Granian would share one unasked."""
    forget_taken_ports(installation.run_dir)
    installation.write_environments()
    return find_programs(installation)


def _start_programs(supervisor: Supervisor, programs: list[Program], *, is_stopped: Callable[[], bool]) -> None:
    _empty_metrics(supervisor.installation)
    for program in programs:
        supervisor.start(program)
    deadline = time.monotonic() + _READY_WITHIN_S
    for program in programs:
        with _console.status(f"waiting for {program.name}"):
            while not is_ready(program) or supervisor.running[program.name].poll() is not None:
                if is_stopped():
                    return
                log = supervisor.installation.run_dir / "logs" / f"{program.name}.log"
                if supervisor.running[program.name].poll() is not None:
                    raise click.ClickException(f"{program.name} ended at once, see {log}")
                if time.monotonic() > deadline:
                    raise click.ClickException(f"{program.name} does not answer, see {log}")
                time.sleep(0.1)


def _print_addresses(installation: Installation) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    rows = [
        ("营销宝 and 交互宝, for every role", installation.address("app")),
        ("the phones' inboxes", installation.address("carrier")),
        ("HTTP API, its documentation", f"{installation.address('web')}/docs"),
    ]
    for title, address in rows:
        table.add_row(title, address)
    for account in demo_city.read_staff(installation):
        # Three salespeople, and everybody who is the only one of a kind.
        if account["login"].endswith(("-01", "-02", "-03")) or account["role"] != "salesperson":
            table.add_row(f"log-in, {account['role']}", account["login"], account["password"])
    _console.print(table, soft_wrap=True)
    _console.print("This is a demo: messages may leave at any hour and states show within a minute.")
    _console.print(f"Logs are in {installation.run_dir}/logs.", soft_wrap=True)
    _console.print("Ctrl-C stops everything; `make demo` in another shell tells the story.", soft_wrap=True)


def _watch(supervisor: Supervisor, programs: list[Program], stop: threading.Event) -> None:
    while not stop.wait(1.0):
        for name in revive_services(supervisor.installation):
            _console.print(f"{name} had ended and was started again")
        for name in supervisor.revive(programs):
            _console.print(f"{name} had ended and was started again; see logs/{name}.log")


@click.command()
@click.option("--name", default="demo", show_default=True, help="The installation's folder below .run/.")
@click.option("--households", default=demo_city.HOUSEHOLDS, show_default=True, help="Size of the demo city.")
def up(*, name: str, households: int) -> None:
    """Start everything, load the demo city once, print URLs and log-ins, stop all on Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    with hold(name) as installation:
        supervisor = Supervisor(installation)
        try:
            start_services(installation)
            demo_city.load(installation, households=households, is_stopped=stop.is_set)
            if not stop.is_set():
                programs = _prepare_programs(installation)
                _start_programs(supervisor, programs, is_stopped=stop.is_set)
                if not stop.is_set():
                    _print_addresses(installation)
                    _watch(supervisor, programs, stop)
        finally:
            _console.print("==> stopping")
            supervisor.stop()
            stop_services(installation)
    _console.print("stopped; nothing is left running")


@click.command()
@click.option("--remove", is_flag=True, help="Also remove the installations with all their data.")
def down(*, remove: bool) -> None:
    """Stop what a killed `up` left running, in every installation below .run/."""
    for name in find_installations():
        with hold(name) as installation:
            stop_services(installation)
            if remove:
                remove_run_dir(name)
