"""kill -9 in the middle of an intake: calling again ends where an intake without a crash ends."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from messaging.delivery.erasing import erase
from privacy.audit.recording import Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.people.drop.errors import IntakeRunningError
from privacy.people.loading import journal
from tests.privacy.people.conftest import LOCKS
from tests.privacy.people.drops import Columns, DropWriter, make_tables

if TYPE_CHECKING:
    from stack.test_services import TestServices
    from tests.privacy.people.conftest import Intake

ROOT = Path(__file__).parents[3]
# What a household is apart from its random id, with everything that hangs on it.
CONTENT = """
SELECT encode(p.lookup_hash, 'hex'), h.city_code, h.leaf_id, h.opened_on, h.push_consent, h.activity_score,
    (SELECT count(*) FROM vault.customers AS c WHERE c.household_id = h.household_id),
    (SELECT array_agg(n.category ORDER BY n.category) FROM core.needs AS n WHERE n.household_id = h.household_id),
    (SELECT count(*) FROM core.needs AS n WHERE n.household_id = h.household_id AND n.counted),
    (SELECT array_agg(c.at ORDER BY c.at) FROM core.consents AS c WHERE c.household_id = h.household_id),
    (SELECT count(*) FROM core.purchases AS x WHERE x.household_id = h.household_id),
    (SELECT count(*) FROM core.tickets AS x WHERE x.household_id = h.household_id),
    (SELECT array_agg(i.tag) FROM core.interests AS i WHERE i.household_id = h.household_id),
    (SELECT array_agg(t.stance) FROM core.topics AS t WHERE t.household_id = h.household_id)
FROM core.households AS h JOIN vault.phones AS p USING (household_id) ORDER BY 1
"""
STAGED = """
SELECT EXISTS (SELECT FROM staging.runs), EXISTS (SELECT FROM staging.parts), EXISTS (SELECT FROM staging.roll),
    EXISTS (SELECT FROM staging.consents), EXISTS (SELECT FROM staging.tickets)
"""
POINTS = [
    ("check scores", 64),
    ("load households", 64),
    ("load households", 200),
    ("merge buckets", 1),
    ("merge buckets", 2),
]


def _start(services: TestServices, key_file: Path, drop_dir: Path, *, step: str, done: int) -> subprocess.Popen[bytes]:
    url = services.url("people", role="field_intake")
    program = [sys.executable, "-m", "tests.privacy.people.crashing_intake"]
    return subprocess.Popen([*program, url, str(key_file), str(drop_dir), step, str(done)], cwd=ROOT)


def take_in_undisturbed(intake: Intake, *drops: dict[str, Columns]) -> list[tuple[Any, ...]]:
    """Take drops in one after the other, alone; return what came of it, and leave the database empty."""
    for number, tables in enumerate(drops or [make_tables()]):
        name = f"undisturbed-{number}"
        intake(DropWriter(intake.folder / name, drop_id=name).write(tables))
    content = intake.ask(CONTENT)
    with intake.people_engine.begin() as connection:
        connection.exec_driver_sql(
            "TRUNCATE core.drops, core.households, core.needs, core.consents, core.purchases, core.tickets,"
            " core.interests, core.topics, core.pain_points, vault.customers, vault.phones, vault.data_keys"
        )
    return content


@pytest.mark.parametrize(("step", "done"), POINTS)
def test_after_kill_9_the_same_call_ends_the_same(
    intake: Intake, services: TestServices, key_file: Path, step: str, done: int
) -> None:
    expected = take_in_undisturbed(intake)
    drop_dir = intake.writer().write(make_tables())
    with _start(services, key_file, drop_dir, step=step, done=done) as process:
        assert process.wait(timeout=60) == -signal.SIGKILL
    states = intake.ask("SELECT state FROM core.drops")
    assert states == ([] if step.startswith("check") else [("loading",)])
    early = dict(intake.ask("SELECT lookup_hash, household_id FROM vault.phones"))
    report = intake(drop_dir)
    assert not report.is_replay
    assert intake.ask(CONTENT) == expected
    late = dict(intake.ask("SELECT lookup_hash, household_id FROM vault.phones"))
    assert early.items() <= late.items()  # what was in stays: nobody is sealed twice
    assert intake(drop_dir).is_replay


def test_an_erasure_leaves_nothing_of_what_a_killed_check_had_found(
    intake: Intake, services: TestServices, key_file: Path
) -> None:
    intake(intake.writer("first", drop_id="first").write(make_tables()))
    drop_dir = intake.writer().write(make_tables())
    with _start(services, key_file, drop_dir, step="check tickets", done=64) as process:
        assert process.wait(timeout=60) == -signal.SIGKILL
    assert intake.ask(STAGED) == [(True,) * 5]
    engine = create_engine(services.url("people", role="field_eraser"), hide_parameters=True)
    recorder = Recorder(AuditKey(b"k" * 32), Actor.ERASER)
    phone, now = make_tables()["households"]["phone"][3], intake.clock()
    assert erase(sessionmaker(engine), phone=phone, vault=intake.vault, recorder=recorder, now=now).rows
    engine.dispose()
    assert intake.ask(STAGED) == [(False,) * 5]
    assert intake(drop_dir).erased == 1


def test_killed_again_and_again_at_any_moment(intake: Intake, services: TestServices, key_file: Path) -> None:
    expected = take_in_undisturbed(intake)
    drop_dir = intake.writer().write(make_tables())
    moments = random.Random(20261118)
    for _ in range(6):
        with _start(services, key_file, drop_dir, step="never", done=0) as process:
            deadline = time.monotonic() + 30
            while not intake.ask(LOCKS) and process.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            time.sleep(moments.uniform(0, 0.25))
            process.kill()  # one that is through already has nothing left to kill
    intake(drop_dir)
    assert intake.ask(CONTENT) == expected


def test_another_drop_waits_until_a_half_loaded_one_is_through(
    intake: Intake, services: TestServices, key_file: Path
) -> None:
    drop_dir = intake.writer().write(make_tables())
    with _start(services, key_file, drop_dir, step="load households", done=64) as process:
        process.wait(timeout=60)
    other = intake.writer("other", drop_id="other").write(make_tables())
    with pytest.raises(Exception, match="unfinished_other"):
        intake(other)
    intake(drop_dir)
    assert not intake(other).is_replay


def test_two_intakes_do_not_run_at_once(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_dir = intake.writer().write(make_tables())
    monkeypatch.setattr(journal, "LOCK_WAIT", "100ms")
    with intake.people_engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_lock({journal.LOCK_KEY})")
        with pytest.raises(IntakeRunningError):
            intake(drop_dir)
        other.exec_driver_sql("SELECT pg_advisory_unlock_all()")
    assert intake(drop_dir).rejected == 0
