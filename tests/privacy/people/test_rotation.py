"""A key is rotated batch by batch: a kill loses nothing, nobody is founded anew, nothing is retired early."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from privacy.people.commands import keys
from privacy.people.consent import is_opted_out, record_opt_out
from privacy.people.drop.errors import IntakeRunningError
from privacy.people.errors import KeyInUseError, KeyMissingError, KeyName
from privacy.people.key_uses import retire
from privacy.people.keys import FileKeyStore, add_version, remove_version
from privacy.people.loading import journal
from privacy.people.rotation import Rotation
from privacy.people.vault import Vault
from tests.privacy.people.drops import make_tables
from tests.privacy.people.rotating import BATCH, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from stack.test_services import TestServices
    from tests.privacy.people.conftest import Intake

ROOT = Path(__file__).parents[3]
HOUSEHOLDS = 64
STRANGER = "+8610099999999"


@pytest.fixture
def keeper(services: TestServices, people_engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Give sessions of the role that rotates; what it wrote into the audit is left alone, as it must be."""
    del people_engine
    engine = create_engine(services.url("people", role="field_keeper"), hide_parameters=True)
    yield sessionmaker(engine, expire_on_commit=False)
    engine.dispose()


@pytest.fixture
def city(intake: Intake, own_file: Path) -> Intake:
    """Give a few households under keys of their own."""
    with_own_keys = replace(intake, vault=Vault(FileKeyStore(own_file)))
    with_own_keys(intake.writer().write(make_tables(HOUSEHOLDS)))
    return with_own_keys


def _reopen(city: Intake, own_file: Path) -> Intake:
    return replace(city, vault=Vault(FileKeyStore(own_file)))


def _count_versions(city: Intake, column: str, table: str = "phones") -> dict[int, int]:
    return dict(city.ask(f"SELECT {column}, count(*) FROM vault.{table} GROUP BY 1"))  # noqa: S608 - a test's own words


@pytest.mark.parametrize("name", [KeyName.KEK, KeyName.LOOKUP, KeyName.OPT_OUT])
def test_after_kill_9_the_same_call_brings_the_rest(
    city: Intake, own_file: Path, keeper: sessionmaker[Session], services: TestServices, name: KeyName
) -> None:
    table, column = ("data_keys", "kek_version") if name is KeyName.KEK else ("phones", f"{name}_version")
    [(before,)] = city.ask("SELECT number FROM audit.head")
    add_version(own_file, name=name)
    program = [sys.executable, "-m", "tests.privacy.people.rotating", services.url("people", role="field_keeper")]
    killed = subprocess.run([*program, str(own_file), name, "2"], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert _count_versions(city, column, table) == {1: HOUSEHOLDS - 2 * BATCH, 2: 2 * BATCH}
    rotating = _reopen(city, own_file)
    assert {rotating.get_phone(f"K{number:05}") for number in range(HOUSEHOLDS)} == _phones()
    with keeper() as session, pytest.raises(KeyInUseError):
        retire(session, name=name, version=1)
    assert run(keeper, name=name, vault=rotating.vault) == Rotation(2, HOUSEHOLDS - 2 * BATCH, 0)
    assert run(keeper, name=name, vault=rotating.vault) == Rotation(2, 0, 0)
    with keeper() as session:
        retire(session, name=name, version=1)
    remove_version(own_file, name=name, version=1)
    alone = _reopen(city, own_file)
    assert {alone.get_phone(f"K{number:05}") for number in range(HOUSEHOLDS)} == _phones()
    told = city.ask(
        "SELECT sum((details->>'rows')::int), sum((details->>'phones')::int) FROM audit.entries"
        " WHERE subject = :name AND number > :before",
        name=name,
        before=before,
    )
    assert told == [(HOUSEHOLDS, None if name is KeyName.KEK else HOUSEHOLDS)]


def _phones() -> set[str]:
    return {f"+86100{number:08}" for number in range(HOUSEHOLDS)}


def test_a_new_kek_leaves_every_ciphertext_as_it_was(
    city: Intake, own_file: Path, keeper: sessionmaker[Session]
) -> None:
    before = city.ask("SELECT household_id, ciphertext FROM vault.phones ORDER BY 1")
    add_version(own_file, name=KeyName.KEK)
    run(keeper, name=KeyName.KEK, vault=_reopen(city, own_file).vault)
    assert city.ask("SELECT household_id, ciphertext FROM vault.phones ORDER BY 1") == before


def test_a_drop_finds_its_phones_under_either_version_and_brings_them_along(city: Intake, own_file: Path) -> None:
    households = {number: city.get_household(f"K{number:05}") for number in range(HOUSEHOLDS)}
    add_version(own_file, name=KeyName.LOOKUP)
    rotating = _reopen(city, own_file)
    tables = make_tables(HOUSEHOLDS)
    sealed = city.ask("SELECT household_id, ciphertext FROM vault.phones ORDER BY 1")
    # Other customers beside the known ones: only the phones tell that these are the same households.
    homes = tables["households"]
    others = [customer.replace("K", "N") for customer in homes["customer_id"]]
    tables["households"] = {name: cells * 2 for name, cells in homes.items()}
    tables["households"]["customer_id"][HOUSEHOLDS:] = others
    rotating(city.writer("next", drop_id="next").write(tables))
    assert city.ask("SELECT household_id, ciphertext FROM vault.phones ORDER BY 1") == sealed
    assert {number: city.get_household(f"N{number:05}") for number in range(HOUSEHOLDS)} == households
    assert _count_versions(city, "lookup_version") == {2: HOUSEHOLDS}
    [(newest,)] = city.ask("SELECT lookup_hash FROM vault.phones WHERE household_id = :id", id=households[7])
    assert newest == rotating.vault.lookup_hash("+8610000000007")


def test_an_intake_without_a_key_in_use_founds_nobody_anew(city: Intake, own_file: Path) -> None:
    add_version(own_file, name=KeyName.LOOKUP)
    remove_version(own_file, name=KeyName.LOOKUP, version=1)
    with pytest.raises(KeyMissingError):
        _reopen(city, own_file)(city.writer("next", drop_id="next").write(make_tables(HOUSEHOLDS)))
    assert city.ask("SELECT count(*) FROM core.households") == [(HOUSEHOLDS,)]


def test_refusals_move_with_their_phones_and_those_of_strangers_keep_the_old_key(
    city: Intake, own_file: Path, keeper: sessionmaker[Session], people_engine: Engine
) -> None:
    refusing = "+8610000000003"
    sessions = sessionmaker(people_engine)
    with sessions.begin() as session:
        for phone in (refusing, STRANGER):
            record_opt_out(
                session, opt_out_hash=city.vault.opt_out_hash(phone), version=1, source="inbound", at=city.clock()
            )
    add_version(own_file, name=KeyName.OPT_OUT)
    vault = _reopen(city, own_file).vault
    run(keeper, name=KeyName.OPT_OUT, vault=vault)
    with sessions() as session:
        assert is_opted_out(session, opt_out_hashes=[vault.opt_out_hash(refusing)])
        assert not is_opted_out(session, opt_out_hashes=[vault.opt_out_hash(STRANGER)])
        assert is_opted_out(session, opt_out_hashes=vault.opt_out_hashes(STRANGER))
    assert city.ask("SELECT version, source FROM vault.opt_outs ORDER BY 1") == [(1, "inbound"), (2, "inbound")]
    with keeper() as session, pytest.raises(KeyInUseError, match="1 opt-outs of phones that are not here"):
        retire(session, name=KeyName.OPT_OUT, version=1)


def test_a_phone_that_does_not_open_keeps_its_version_alive(
    city: Intake, own_file: Path, keeper: sessionmaker[Session], people_engine: Engine
) -> None:
    with people_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE vault.phones SET ciphertext = '\\x00' WHERE household_id = (SELECT min(household_id::text)::uuid"
            " FROM vault.phones)"
        )
    add_version(own_file, name=KeyName.LOOKUP)
    ended = run(keeper, name=KeyName.LOOKUP, vault=_reopen(city, own_file).vault)
    assert (ended.moved, ended.left) == (HOUSEHOLDS - 1, 1)


def test_no_batch_is_changed_while_an_intake_is_running(
    city: Intake, own_file: Path, keeper: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SHORT_WAIT", "50ms")
    add_version(own_file, name=KeyName.KEK)
    with city.people_engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_lock({journal.LOCK_KEY})")
        with pytest.raises(IntakeRunningError):
            run(keeper, name=KeyName.KEK, vault=_reopen(city, own_file).vault)
        other.exec_driver_sql("SELECT pg_advisory_unlock_all()")
    assert _count_versions(city, "kek_version", "data_keys") == {1: HOUSEHOLDS}


def test_the_commands_renew_rotate_and_retire(city: Intake, own_file: Path, services: TestServices) -> None:
    url = services.url("people", role="field_keeper")
    runner = CliRunner(env={"MODE": "test", "PEOPLE_URL": url, "KEY_FILE": str(own_file), "COLUMNS": "120"})
    assert runner.invoke(keys, ["renew", str(own_file), "lookup"]).output.startswith("lookup: version 2 added")
    early = runner.invoke(keys, ["retire", "lookup", "1", "--yes"])
    assert (early.exit_code, f"{HOUSEHOLDS} phones" in early.output) == (1, True)
    rotated = runner.invoke(keys, ["rotate", "lookup"])
    assert (rotated.exit_code, f"{HOUSEHOLDS} rows brought to version 2" in rotated.output) == (0, True)
    assert "to retire: 1" in rotated.output
    assert runner.invoke(keys, ["retire", "lookup", "1"], input="n\n").exit_code == 1
    assert FileKeyStore(own_file).find_versions(KeyName.LOOKUP) == (2, 1)
    assert runner.invoke(keys, ["retire", "lookup", "1", "--yes"]).exit_code == 0
    assert FileKeyStore(own_file).find_versions(KeyName.LOOKUP) == (2,)
    assert city.ask("SELECT count(DISTINCT lookup_version) FROM vault.phones") == [(1,)]
    assert runner.invoke(keys, ["retire", "lookup", "2", "--yes"]).exit_code == 1
    assert city.ask("SELECT name, version FROM vault.retired_keys") == [("lookup", 1)]
