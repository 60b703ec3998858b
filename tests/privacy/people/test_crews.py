"""Several processes take one drop in: the same rows as one alone, whoever of them dies, whoever comes to help."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text

from privacy.people.drop.errors import DropError
from privacy.people.drop.manifest import read_manifest
from privacy.people.drop.values import TableName
from privacy.people.loading import staging
from privacy.people.loading.crews import Helpers
from privacy.people.loading.helping import help_out
from privacy.people.loading.staging import PartName, PlannedPart, Run, Stage
from privacy.people.loading.tools import Job
from privacy.people.loading.work import Worker, prepare
from tests.privacy.people.crews import open_tools
from tests.privacy.people.drops import Columns, make_tables
from tests.privacy.people.test_crash import CONTENT, take_in_undisturbed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from stack.test_services import TestServices
    from tests.privacy.people.conftest import Intake

ROOT = Path(__file__).parents[3]
MERGED = tuple(
    f"core.{name}"
    for name in ("consents", "needs", "purchases", "tickets", "pain_points", "interests", "topics", "households")
)


@pytest.fixture
def helpers(services: TestServices, key_file: Path) -> Helpers:
    """Give two processes that work with the test's database and keys."""
    return Helpers(2, partial(open_tools, services.url("people", role="field_intake"), str(key_file)))


def _make_shared() -> dict[str, Columns]:
    """Make a drop in which phones are shared within a part and across parts."""
    tables = make_tables()
    phones = tables["households"]["phone"]
    phones[150], phones[2], phones[199] = phones[1], phones[3], phones[64]
    tables["households"]["community_code"][150] = "C9"
    return tables


def test_several_processes_bring_in_what_one_brings_in(intake: Intake, helpers: Helpers) -> None:
    tables = _make_shared()
    expected = take_in_undisturbed(intake, tables)
    assert len(expected) == 197
    report = intake(intake.writer().write(tables), helpers=helpers)
    assert report.rejected == 0
    assert intake.ask(CONTENT) == expected


def test_tables_analysed_while_empty_are_not_gone_through_for_each_row(
    intake: Intake, helpers: Helpers, services: TestServices
) -> None:
    engine = create_engine(services.url("people"), isolation_level="AUTOCOMMIT")
    with engine.connect() as owner:
        owner.execute(text(f"VACUUM ANALYZE {', '.join(MERGED)}"))
        before = _count_scans(owner)
        intake(intake.writer().write(make_tables()), helpers=helpers)
        after = _count_scans(owner)
    engine.dispose()
    assert {name: after[name] - before[name] for name in MERGED if after[name] - before[name] > 50} == {}


def _count_scans(owner: Connection) -> dict[str, int]:
    """Return how often each table was gone through, by who has closed its connection since."""
    query = "SELECT schemaname || '.' || relname, seq_scan FROM pg_stat_user_tables"
    return {name: scans for name, scans in owner.execute(text(query))}  # noqa: C416 - mypy knows no other


def test_a_second_month_with_movers_is_the_same_for_one_and_for_several(intake: Intake, helpers: Helpers) -> None:
    first, second = _make_shared(), _make_shared()
    phones = second["households"]["phone"]
    phones[7], phones[20], phones[150] = "+8610099999999", phones[21], "+8610088888888"
    second["households"]["customer_id"][120] = "NEW"
    for name, columns in second.items():
        if name not in {"communities", "households"}:
            columns["customer_id"] = ["NEW" if one == "K00120" else one for one in columns["customer_id"]]
    expected = take_in_undisturbed(intake, first, second)
    intake(intake.writer("first", drop_id="first").write(first), helpers=helpers)
    intake(intake.writer("second", drop_id="second").write(second), helpers=helpers)
    assert intake.ask(CONTENT) == expected


def test_a_helper_that_is_killed_ends_the_intake_and_another_makes_it_good(intake: Intake, helpers: Helpers) -> None:
    tables = _make_shared()
    expected = take_in_undisturbed(intake, tables)
    folder = intake.writer().write(tables)

    def kill(step: str, *, done: int, total: int) -> None:
        del done, total
        if step == "load households":
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGKILL)

    with pytest.raises(BrokenProcessPool):
        intake(folder, helpers=helpers, progress=kill)
    assert intake.ask("SELECT state FROM core.drops") == [("loading",)]
    intake(folder, helpers=helpers)
    assert intake.ask(CONTENT) == expected


def test_a_refusal_of_a_helper_is_the_intake_s(intake: Intake, helpers: Helpers) -> None:
    tables = _make_shared()
    tables["tickets"]["fault_tag"] = [{"code": "x"}] * 200
    with pytest.raises(DropError, match="columns_wrong: tickets"):
        intake(intake.writer().write(tables), helpers=helpers)
    assert intake.ask("SELECT count(*) FROM staging.parts") == [(0,)]


def test_a_customer_who_comes_twice_is_rejected_across_parts(intake: Intake) -> None:
    tables = make_tables()
    tables["households"]["customer_id"][150] = "K00001"
    report = intake(intake.writer().write(tables))
    assert report.rejects_path is not None
    assert report.rejects_path.read_text().splitlines()[1:] == ["households.parquet,151,customer_id,duplicate"] + [
        f"{name}.parquet,{row},customer_id,unknown_customer"
        for name in ("consents", "scores", "activity", "purchases", "tickets", "interests", "topics")
        for row in (range(1201, 1209) if name == "scores" else (151,))
    ]


def test_whoever_helps_from_elsewhere_does_parts_of_the_drop(
    intake: Intake, services: TestServices, key_file: Path
) -> None:
    tables = _make_shared()
    expected = take_in_undisturbed(intake, tables)
    folder = intake.writer().write(tables)
    url = services.url("people", role="field_intake")
    program = [sys.executable, "-m", "tests.privacy.people.crews", url, str(key_file), str(folder.parent)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as helper:
        turns: list[Any] = []

        def wait_for_help(step: str, *, done: int, total: int) -> None:
            del done, total
            if step == "check households" and not turns:
                turns.append(_await_part(intake))

        intake(folder, progress=wait_for_help)
        output, _ = helper.communicate(timeout=60)
    assert int(output) > 0
    assert intake.ask(CONTENT) == expected


def test_at_the_knock_there_is_a_drop_to_help_with(intake: Intake, services: TestServices, key_file: Path) -> None:
    folder = intake.writer().write(make_tables())
    opening, waits = partial(open_tools, services.url("people", role="field_intake"), str(key_file)), list[float]()

    def knock() -> None:
        help_out(
            intake.intake_engine,
            open_tools=opening,
            drops_dir=folder.parent,
            is_stopped=lambda: bool(waits),
            pause=waits.append,
        )

    intake(folder, helpers=Helpers(1, opening, knock))
    assert len(waits) == 1  # whoever comes with nobody to help goes at once
    assert intake(folder, helpers=Helpers(1, opening, knock)).is_replay
    assert len(waits) == 1


def test_a_worker_does_no_part_of_another_run(intake: Intake, services: TestServices, key_file: Path) -> None:
    drop = read_manifest(intake.writer().write(make_tables()))
    tools = open_tools(services.url("people", role="field_intake"), str(key_file))
    runs = [Run(drop.drop_id, drop.manifest_sha256, intake.clock() + timedelta(hours=hour), 1, 64) for hour in (0, 1)]
    name = PartName(Stage.CHECK, TableName.COMMUNITIES, 0)
    with tools.connect() as connection:
        job, again = (Job.of(drop, run=run, tools=tools) for run in runs)
        prepare(connection, job)
        old, new = Worker(connection, job), Worker(connection, again)
        staging.begin(connection, runs[0])
        staging.begin(connection, runs[1])
        staging.plan(connection, [PlannedPart(name, 1)])
        assert (old.do_any(), old.do(name)) == (False, False)
        assert staging.find_parts(connection, stage=Stage.CHECK, table=TableName.COMMUNITIES) == [(name, 1, False)]
        assert new.do(name)


def _await_part(intake: Intake) -> bool:
    """Wait until somebody else has done a part, beside the one that this process did."""
    deadline = time.monotonic() + 60
    while intake.ask("SELECT count(*) FROM staging.parts WHERE is_done AND table_name = 'households'")[0][0] < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return True
