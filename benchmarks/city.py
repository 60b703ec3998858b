"""The bench's city as a running installation below `.run/`: made once, kept, and started again in seconds."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.figures import count_households, load_leaves, publish
from benchmarks.ground import draw_households, write_communities
from benchmarks.rows import write_rows
from benchmarks.values import Progress
from privacy.release.signing import get_public_key, make_signer, write_public_key
from stack import databases, demo_city, up
from stack.environment import Installation
from stack.paths import ROOT, get_run_dir, remove_run_dir
from stack.ports import get_port
from stack.processes import Program, Supervisor, find_programs, is_ready

_RECIPE = 1
"""Part of what a kept city means: another recipe makes it anew."""

_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Size:
    """How large a city is, and whether rows of its users are kept for those who count them live."""

    name: str
    households: int
    communities: int
    has_rows: bool = True


CITY = Size("bench-city", 2_000_000, 6_000)
LARGE_CITY = Size("bench-city-large", 10_000_000, 30_000, has_rows=False)
QUICK_CITY = Size("bench-city-quick", 100_000, 1_200)
QUICK_LARGE_CITY = Size("bench-city-quick-large", 500_000, 6_000, has_rows=False)


class BenchInstallation(Installation):
    """An installation on ports of its own, whose log-ins are not counted: a bench logs in for every part."""

    __slots__ = ()

    def port(self, service: str) -> int:
        """Return the port of a service: any free one, beside whatever else runs on this machine."""
        return get_port(self.run_dir, service)

    def variables(self, process: str) -> dict[str, str]:
        """Return the settings of one process."""
        return Installation.variables(self, process) | {"LOGINS_PER_MINUTE": "10000"}


@contextmanager
def run_city(size: Size, *, progress: Progress) -> Iterator[Installation]:
    """Give the city with its web process running as in production: Granian, 2 processes of 1 thread."""
    _remove_outdated(size)
    with up.hold(size.name) as held:
        installation = BenchInstallation.at(held.run_dir)
        supervisor = Supervisor(installation)
        try:
            installation.serving.start()
            passwords = databases.get_passwords(installation.run_dir)
            databases.create(installation.serving, database="serving", name="serving", passwords=passwords)
            installation.redis.start()
            _load(installation, size=size, progress=progress)
            (installation.run_dir / "metrics").mkdir(exist_ok=True)
            programs = [program for program in find_programs(installation) if program.name == "web"]
            start_programs(supervisor, programs)
            yield installation
        finally:
            supervisor.stop()
            installation.redis.stop()
            installation.serving.stop()


def start_programs(supervisor: Supervisor, programs: list[Program]) -> None:
    """Start programs and wait until each answers."""
    for program in programs:
        supervisor.start(program)
        deadline = time.monotonic() + _READY_WITHIN_S
        while not is_ready(program):
            log = supervisor.installation.run_dir / "logs" / f"{program.name}.log"
            if supervisor.running[program.name].poll() is not None or time.monotonic() > deadline:
                raise click.ClickException(f"{program.name} does not answer, see {log}")
            time.sleep(0.1)


def _describe(size: Size) -> dict[str, int]:
    return {"recipe": _RECIPE, "households": size.households, "communities": size.communities}


def _remove_outdated(size: Size) -> None:
    """Remove a city of another recipe, or one that was never finished."""
    mark = get_run_dir(size.name) / "city.json"
    if not mark.exists() or json.loads(mark.read_text()) != _describe(size):
        with up.hold(size.name) as held:
            up.stop_services(held)
            remove_run_dir(size.name)


def _load(installation: Installation, *, size: Size, progress: Progress) -> None:
    mark = installation.run_dir / "city.json"
    if mark.exists():
        return
    progress(f"a city of {size.households:,} households: {size.communities:,} communities")
    _load_places(installation, communities=size.communities)
    progress(f"a city of {size.households:,} households: released figures")
    seed = secrets.token_bytes(32)
    (installation.run_dir / "release-public-keys").write_text(write_public_key(get_public_key(seed)))
    engine = create_engine(installation.serving.url())
    with Session(engine) as session, session.begin():
        leaves = load_leaves(session, city_code=demo_city.CITY_CODE)
        households = draw_households(leaves, count=size.households)
        counts = count_households(households, leaves=len(leaves.ids))
        publish(session, city_code=demo_city.CITY_CODE, counts=counts, sign=make_signer(seed))
    if size.has_rows:
        progress(f"a city of {size.households:,} households: their rows, for those who count live")
        write_rows(engine, households=draw_households(leaves, count=size.households), leaves=leaves)
    engine.dispose()
    mark.write_text(json.dumps(_describe(size)))


def _load_places(installation: Installation, *, communities: int) -> None:
    file = installation.run_dir / "communities.csv"
    write_communities(file, count=communities)
    demo_city.write_staff(installation)
    outlines, census = f"districts_{demo_city.CITY}_wgs84.geojson", "census2020_counties.csv"
    for arguments in (
        ["places", "districts", str(demo_city.PLACES / outlines), "--census", str(demo_city.PLACES / census)],
        ["places", "import", str(file), "--datum", "gcj02"],
        ["staff", "import", str(installation.run_dir / "staff.csv")],
    ):
        _manage(installation, arguments)


def _manage(installation: Installation, arguments: list[str]) -> None:
    log: Path = installation.run_dir / "loading.log"
    with log.open("ab") as output:
        ended = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=installation.environment("operator"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode != 0:
        raise click.ClickException(f"{' '.join(arguments[:2])} failed, see {log}")
