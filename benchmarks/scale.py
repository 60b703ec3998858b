"""`python -m benchmarks.scale --households 10000000`: a large city from drop to release, by an operator's commands.

Makes the drops of two months, takes the first into empty tables and the second over it, publishes, and draws broadcasts
among them all. Writes minutes, memory, disk and log to `benchmarks/results/scale-HOUSEHOLDS.json`; `make bench` shows
the largest of these. `--only-draws` draws once more in the city that is there.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from benchmarks.drawing import DRAW, DRAWN, time_draws
from benchmarks.outbox import Outbox
from benchmarks.town import CITY_CODE, Ran, Town, run_town
from benchmarks.values import Progress, Row, Sense
from privacy.people.keys import FileKeyStore
from privacy.people.vault import Vault

RESULTS = Path(__file__).parent / "results"
_FIRST, _SECOND = "2026-10", "2026-11"
_QUICK_HOUSEHOLDS = 20_000
_GB = 1e9
_ROUNDS = 3
_REST_S = 900
_QUIET_S = 90
"""Longer than PostgreSQL waits before it looks whether something is to be vacuumed."""
_VACUUMING = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
_GOAL_FROM = 10_000_000
_DRAWS_FROM = 200_000
"""In a smaller city not enough people need one thing."""
_LEAVES = text("""
SELECT leaf_id FROM (
    SELECT needs.leaf_id, sum(count(*)) OVER (ORDER BY needs.leaf_id) - count(*) AS before
    FROM core.needs JOIN core.households USING (household_id) WHERE category = 0 AND push_consent GROUP BY needs.leaf_id
) AS leaves WHERE before >= :skipped AND before < :skipped + :wanted
""")


@dataclass(frozen=True, slots=True)
class Scale:
    """What a city cost, in seconds and bytes; `wal` is what the people database wrote to its log.

    `busy_draws` are of a server that still writes out what two drops have changed, the others of one at rest:
    `first_draws` among people who were not looked at before, `draws` among the same when they lie in memory.
    """

    households: int
    workers: int
    measured_on: str
    drop_s: float
    drop_bytes: int
    intake_s: float
    intake_wal: int
    size: int
    second_s: float
    second_wal: int
    size_after_second: int
    release_s: float
    peak_rss: int
    busy_draws: tuple[float, ...] = ()
    first_draws: tuple[float, ...] = ()
    draws: tuple[float, ...] = ()


def run(*, households: int, workers: int, progress: Progress) -> Scale:
    """Do it all, beginning with empty databases."""
    with run_town("bench-scale") as town:
        town.empty()
        progress("the drops of two months")
        folder = town.installation.run_dir / f"drops-{households}"
        began = [_make_drop(town, folder / month, households=households, month=month) for month in (_FIRST, _SECOND)]
        drop_bytes = sum(path.stat().st_size for path in (folder / _FIRST).iterdir() if path.is_file())
        progress("the first drop, into empty tables")
        first, first_wal = _take_in(town, folder / _FIRST, workers=workers)
        size = town.get_size()
        progress("the release")
        released = town.manage("release", ["release", "publish", _FIRST, "--city", str(CITY_CODE)])
        progress("the second drop, over the first")
        second, second_wal = _take_in(town, folder / _SECOND, workers=workers)
        progress("broadcasts among them")
        busy_draws = draw_broadcasts(town, skipped=0) if households >= _DRAWS_FROM else ()
        scale = Scale(
            households,
            workers,
            f"{datetime.now(UTC):%Y-%m-%d}",
            drop_s=began[0],
            drop_bytes=drop_bytes,
            intake_s=first.seconds,
            intake_wal=first_wal,
            size=size,
            second_s=second.seconds,
            second_wal=second_wal,
            size_after_second=town.get_size(),
            release_s=released.seconds,
            peak_rss=max(first.peak_rss, second.peak_rss, released.peak_rss),
            busy_draws=busy_draws,
        )
        return draw_at_rest(town, scale, progress=progress) if households >= _DRAWS_FROM else scale


def draw_broadcasts(town: Town, *, skipped: int, rounds: int = _ROUNDS) -> tuple[float, ...]:
    """Return what draws cost over the bare INSERT, among leaves in which twice as many as are drawn need a thing.

    `skipped` people of other leaves come before these: whom an earlier draw has looked at, lies in memory.
    """
    installation = town.installation
    engine = create_engine(installation.people.url(database="people"))
    key_file = installation.run_dir / "vault-keys.json"
    sessions = sessionmaker(engine, expire_on_commit=False)
    outbox = Outbox(sessions, installation.url("people", "field_sender"), key_file, Vault(FileKeyStore(key_file)))
    with sessions() as session:
        session.execute(text("ANALYZE core.needs, core.households, vault.phones"))
        found = session.execute(_LEAVES, {"wanted": 2 * DRAWN, "skipped": skipped})
        leaf_ids = [row[0] for row in found]
    try:
        with outbox.sender(carrier_url="http://127.0.0.1:1", connections=2) as parts:
            return time_draws(outbox, parts, leaf_ids=leaf_ids, rounds=rounds)
    finally:
        engine.dispose()


def draw_at_rest(town: Town, scale: Scale, *, progress: Progress) -> Scale:
    """Return a city's costs with draws among other people, first and when these lie in memory."""
    progress("and among others, when the server has written down what the drops have changed")
    _let_rest(town)
    draws = draw_broadcasts(town, skipped=4 * DRAWN, rounds=2 * _ROUNDS)
    return replace(scale, first_draws=draws[:_ROUNDS], draws=draws[_ROUNDS:])


def _let_rest(town: Town) -> None:
    began = quiet_since = time.monotonic()
    with town.connect() as connection:
        connection.execute("CHECKPOINT")
        while time.monotonic() < min(quiet_since + _QUIET_S, began + _REST_S):
            time.sleep(1)
            if connection.execute(_VACUUMING).fetchone() != (0,):
                quiet_since = time.monotonic()


def _make_drop(town: Town, folder: Path, *, households: int, month: str) -> float:
    """Return the seconds that a drop took; one that is there already took none."""
    if (folder / "manifest.json").exists():
        return 0.0
    return town.make_drop(folder, households=households, month=month)


def _take_in(town: Town, folder: Path, *, workers: int) -> tuple[Ran, int]:
    before = town.get_wal()
    ran = town.manage("intake", ["intake", str(folder), "--workers", str(workers)])
    return ran, town.get_wal() - before


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Show the largest city that was measured, nothing before one was; when `quick`, measure a small one."""
    if quick:
        return tell(run(households=_QUICK_HOUSEHOLDS, workers=os.cpu_count() or 1, progress=progress))
    found = [Scale(**json.loads(path.read_text())) for path in RESULTS.glob("scale-*.json")]
    if not found:
        progress("no large city was measured: python -m benchmarks.scale")
        return []
    return tell(max(found, key=lambda scale: scale.households))


def tell(scale: Scale) -> list[Row]:
    """Return the figures of a city for the table."""
    note = f"{scale.households:,} households, {scale.workers} workers, measured on {scale.measured_on}"
    size = f"release of {scale.households / 1e6:.3g} M households"
    figures = {
        size: (scale.release_s / 60, "min"),
        f"{size}: most memory of one process": (scale.peak_rss / _GB, "GB"),
        "intake of a city's first drop": (scale.intake_s / 60, "min"),
        "intake of its second drop": (scale.second_s / 60, "min"),
        "households a second, first drop": (scale.households / scale.intake_s, "/s"),
        "households a second, second drop": (scale.households / scale.second_s, "/s"),
        "log written by the second drop over that of the first": (scale.second_wal / scale.intake_wal, "×"),
        "growth of the tables by the second drop": (scale.size_after_second / scale.size, "×"),
        "people database on disk": (scale.size / _GB, "GB"),
        "the drop as Parquet": (scale.drop_bytes / _GB, "GB"),
    }
    told = [Row(name, 0.0, Sense.RECORD, (value,), unit, note) for name, (value, unit) in figures.items()]
    sense = Sense.AT_MOST if scale.households >= _GOAL_FROM else Sense.RECORD
    name = f"{DRAW}, in a city of {scale.households:,}"
    over = f"over the bare INSERT of its rows; {note}"
    if scale.draws:
        told.append(Row(f"{name}, which lies in memory", 2.0, sense, tuple(scale.draws), "×", over))
    beside = {"looked at for the first time": scale.first_draws, "right after two drops": scale.busy_draws}
    told += [Row(f"{name}, {when}", 2.0, Sense.RECORD, tuple(each), "×", over) for when, each in beside.items() if each]
    return told


@click.command()
@click.option("--households", type=click.IntRange(1_000, 20_000_000), default=1_000_000, show_default=True)
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True)
@click.option("--only-draws", is_flag=True, help="Draw again in the city that was measured last.")
def main(households: int, workers: int, *, only_draws: bool) -> None:
    """Measure one city, write the figures down and print them."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"scale-{households}.json"
    if only_draws:
        known = Scale(**json.loads(file.read_text()))
        with run_town("bench-scale") as town:
            scale = draw_at_rest(town, known, progress=click.echo)
    else:
        scale = run(households=households, workers=workers, progress=click.echo)
    file.write_text(json.dumps(asdict(scale), indent=1) + "\n")
    for row in tell(scale):
        click.echo(f"{row.name:<70} {row.median:>10.2f} {row.unit}")


if __name__ == "__main__":
    main()
