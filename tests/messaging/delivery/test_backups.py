"""A backup of the data alone cannot bring an erased person back; the same backup with the keys of its day could."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from messaging.delivery.erasing import erase
from messaging.delivery.sealed_phones import find_sealed, open_phone
from privacy.audit.recording import Act, PhoneRead
from privacy.audit.values import Actor, ReadPurpose
from privacy.people.consent import is_opted_out
from privacy.people.erasures import find_keyless
from stack.cluster import find_bin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.messaging.delivery.world import Person, World

NEWEST = ("vault.data_keys", "vault.erasures", "vault.opt_outs")
DATA = [f"--exclude-table-data={table}" for table in NEWEST]
KEYS = ["--data-only", *(f"--table={table}" for table in NEWEST)]


def _run(world: World, program: str, *arguments: str) -> None:
    cluster = world.services.people
    environment = os.environ | {
        "PGHOST": "127.0.0.1", "PGPORT": str(cluster.port), "PGUSER": "postgres", "PGPASSWORD": cluster.password,
    }  # fmt: skip
    subprocess.run([str(find_bin() / program), *arguments], env=environment, check=True)


def _dump(world: World, target: Path, *options: str) -> Path:
    _run(world, "pg_dump", "--format=custom", f"--file={target}", *options, world.services.names["people"])
    return target


@contextmanager
def _restored(world: World, *dumps: Path) -> Iterator[Session]:
    """Give a session on a database of its own that holds the dumps."""
    name = f"restored_{uuid4().hex[:12]}"
    with world.services.connect("people") as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        for dump in dumps:
            _run(world, "pg_restore", f"--dbname={name}", str(dump))
        cluster = world.services.people
        engine = create_engine(cluster.url(database=name), hide_parameters=True)
        with Session(engine) as session:
            yield session
        engine.dispose()
    finally:
        with world.services.connect("people") as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _read_back(world: World, person: Person, session: Session) -> str | None:
    sealed = find_sealed(session, household_id=person.household_id)
    assert sealed is not None
    read = PhoneRead(Act(session, Actor.OPERATOR), world.clock(), ReadPurpose.INQUIRE)
    return open_phone(sealed, vault=world.vault, read=read)


def test_a_restored_backup_gives_nobody_back_who_was_erased(world: World, tmp_path: Path) -> None:
    person, other = world.add_household(), world.add_household()
    data = _dump(world, tmp_path / "data", *DATA)
    keys_of_the_day = _dump(world, tmp_path / "keys-before", *KEYS)
    recorder = replace(world.recorder, actor=Actor.ERASER)
    erase(world.eraser, phone=person.phone, vault=world.vault, recorder=recorder, now=world.clock())
    keys_after = _dump(world, tmp_path / "keys-after", *KEYS)
    with _restored(world, data) as session:
        assert [_read_back(world, one, session) for one in (person, other)] == [None, None]
    with _restored(world, data, keys_after) as session:
        assert [_read_back(world, one, session) for one in (person, other)] == [None, other.phone]
        # What is left of the person is found without the phone, and stays out of the next drop.
        assert find_keyless(session) == [person.household_id]
        assert is_opted_out(session, opt_out_hashes=world.vault.opt_out_hashes(person.phone))
    with _restored(world, data, keys_of_the_day) as session:
        assert _read_back(world, person, session) == person.phone  # so this test can fail
