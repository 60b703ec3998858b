"""Whether a release of five times as many households takes no more than five times as long.

Each is `manage.py release publish`, a process of its own: the draw over both databases, estimates, signature, storing.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.city import BenchInstallation
from benchmarks.figures import load_leaves
from benchmarks.ground import draw_households
from benchmarks.residents import settle
from benchmarks.values import Progress, Row, Sense
from stack import databases, demo_city, up
from stack.environment import Installation
from stack.paths import ROOT

_FIGURE = "release of 10 M households, minutes, and growth against 2 M"
_NAME = "bench-full-release"
_SIZES, _QUICK_SIZES = (2_000_000, 10_000_000), (40_000, 200_000)
_ROUNDS = 3, 1
"""Releases of either size: one of ten million households takes a minute or two."""


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Measure the release of both sizes of a city; the larger one, which takes minutes to settle, last."""
    sizes, rounds = (_QUICK_SIZES, (1, 1)) if quick else (_SIZES, _ROUNDS)
    found: dict[int, list[float]] = {}
    with _run_city() as installation:
        for size, times in zip(sizes, rounds, strict=True):
            progress(f"a people database of {size:,} households")
            _settle(installation, households=size)
            found[size] = []
            for number in range(times):
                progress(f"release of {size:,} households: round {number + 1} of {times}")
                found[size].append(_publish(installation))
    small, large = sizes
    # Both cannot stand in one database at a time: each of the larger is held against the median of the smaller.
    in_proportion_s = statistics.median(found[small]) * large / small
    note = f"`release publish` of {large:,} households in 511 communities and 22,000 cells"
    growth = tuple(seconds / in_proportion_s for seconds in found[large])
    minutes = tuple(seconds / 60.0 for seconds in found[large])
    against = f"{note}; over {large // small} times that of {small:,}"
    return [
        Row(f"{_FIGURE}, minutes", 0.0, Sense.RECORD, minutes, "minutes", note),
        Row(f"{_FIGURE}, growth", 1.0, Sense.AT_MOST, growth, "of linear", against),
    ]


@contextmanager
def _run_city() -> Iterator[Installation]:
    """Give an installation with both clusters, keys and Qingdao's places, made at the first call."""
    with up.hold(_NAME) as held:
        installation = BenchInstallation.at(held.run_dir)
        passwords = databases.get_passwords(installation.run_dir)
        try:
            for database in databases.DATABASES:
                cluster = installation.cluster(database)
                cluster.start()
                databases.create(cluster, database=database, name=database, passwords=passwords)
            _load_places(installation)
            yield installation
        finally:
            # Ten million households are two gigabytes that nobody else wants.
            with installation.people.connect("people") as people:
                people.execute("TRUNCATE core.households, core.needs, core.pain_points, core.interests, core.topics")
            for database in databases.DATABASES:
                installation.cluster(database).stop()


def _load_places(installation: Installation) -> None:
    mark = installation.run_dir / "places-are-in"
    if mark.exists():
        return
    every, release = (str(installation.run_dir / f"{name}-keys.json") for name in ("vault", "release"))
    outlines = str(demo_city.PLACES / f"districts_{demo_city.CITY}_wgs84.geojson")
    communities = str(demo_city.PLACES / f"communities_{demo_city.CITY}_gcj02.csv")
    for process, arguments in (
        ("intake", ["keys", "create", every]),
        ("intake", ["keys", "copy", every, release, "--key", "signing", "--key", "audit"]),
        ("operator", ["places", "districts", outlines]),
        ("operator", ["places", "import", communities, "--datum", "gcj02"]),
    ):
        _manage(installation, process, arguments)
    mark.touch()


def _settle(installation: Installation, *, households: int) -> None:
    engine = create_engine(installation.serving.url())
    with Session(engine) as session:
        leaves = load_leaves(session, city_code=demo_city.CITY_CODE)
    engine.dispose()
    drawn = draw_households(leaves, count=households)
    with installation.people.connect("people") as people:
        settle(people, households=drawn, leaves=leaves, city_code=demo_city.CITY_CODE)


def _publish(installation: Installation) -> float:
    """Publish the running month once more, as if for the first time; returns the seconds."""
    with installation.people.connect("people") as people, installation.serving.connect("serving") as serving:
        for connection, schema in ((people, "ledger"), (serving, "released")):
            tables = connection.execute(
                "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = %s", (schema,)
            ).fetchall()
            connection.execute(f"TRUNCATE {', '.join(str(name) for (name,) in tables)}".encode())
    began = time.monotonic()
    month = f"{datetime.now(UTC):%Y-%m}"
    _manage(installation, "release", ["release", "publish", month, "--city", str(demo_city.CITY_CODE)])
    return time.monotonic() - began


def _manage(installation: Installation, process: str, arguments: list[str]) -> None:
    log = installation.run_dir / "commands.log"
    with log.open("ab") as output:
        ended = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=installation.environment(process),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode != 0:
        raise click.ClickException(f"{' '.join(arguments[:2])} failed, see {log}")
