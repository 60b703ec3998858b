"""What was sealed before keys had a table of their own still opens after the migration, and no page keeps its key."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import create_engine, text

from migrations.roles import MIGRATOR, create_database, prepare_database
from migrations.upgrade import upgrade
from privacy.people.errors import KeyName
from privacy.people.keys import FileKeyStore
from privacy.people.vault import Vault, WrappedKey
from tests.privacy.people.conftest import make_read

if TYPE_CHECKING:
    from pathlib import Path

    from stack.test_services import TestServices

HOUSEHOLD = UUID("11111111-2222-4333-8444-555555555555")
GONE = UUID("99999999-2222-4333-8444-555555555555")
PHONE = "+8615400000001"
KEK_THEN = 1


def _seal_as_then(keys: FileKeyStore) -> dict[str, object]:
    """Seal as the first release did: both ciphertexts bound to the version of the key-encryption key."""
    tail = HOUSEHOLD.bytes + KEK_THEN.to_bytes(4, "big")
    data_key, nonce, other = os.urandom(32), os.urandom(12), os.urandom(12)
    wrapped = AESGCM(keys.get_key(KeyName.KEK)).encrypt(nonce, data_key, b"vault.phones\0wrapped_key\0" + tail)
    sealed = AESGCM(data_key).encrypt(other, PHONE.encode(), b"vault.phones\0ciphertext\0" + tail)
    hashes = Vault(keys).hash_phone(PHONE)
    return {
        "id": HOUSEHOLD, "wrapped": nonce + wrapped, "sealed": other + sealed, "version": KEK_THEN,
        "lookup": hashes.lookup_hash, "opt_out": hashes.opt_out_hash,
    }  # fmt: skip


def test_a_phone_sealed_before_opens_after_the_migration(services: TestServices, key_file: Path) -> None:
    keys = FileKeyStore(key_file)
    name, cluster, then = f"people_{uuid4().hex[:12]}", services.people, _seal_as_then(keys)
    with cluster.connect() as connection:
        create_database(connection, database="people", name=name)
    with cluster.connect(name) as connection:
        prepare_database(connection, database="people")
    migrator = cluster.url(role=MIGRATOR, password=services.passwords[MIGRATOR], database=name)
    engine = create_engine(cluster.url(database=name), hide_parameters=True)
    try:
        upgrade("people", url=migrator, revision="0005")
        with engine.begin() as session:
            old = text("INSERT INTO vault.phones VALUES (:id, :wrapped, :sealed, :version, :lookup, :opt_out)")
            session.execute(old, then)
            home = text("INSERT INTO core.households (household_id, city_code, leaf_id, push_consent)"
                        " VALUES (:id, 370200, 1, false)")  # fmt: skip
            session.execute(home, then)
            # What an intake of then left behind when it dropped a household.
            session.execute(text("INSERT INTO core.contacts VALUES (:id, :id, :id, '', now())"), {"id": GONE})
        upgrade("people", url=migrator)
        with engine.connect() as session:
            moved = "SELECT wrapped_key, kek_version, ciphertext, seal_version, lookup_version, opt_out_version"
            row = session.execute(text(f"{moved} FROM vault.phones JOIN vault.data_keys USING (household_id)")).one()
            pages = session.execute(
                text("SELECT pg_read_binary_file(pg_relation_filepath('vault.phones'))")
            ).scalar_one()
            left = session.execute(text("SELECT count(*) FROM core.contacts")).scalar_one()
    finally:
        engine.dispose()
        with cluster.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    phone = Vault(keys).open(
        HOUSEHOLD, key=WrappedKey(row[0], row[1]), ciphertext=row[2], seal_version=row[3], read=make_read()
    )
    assert (phone, row[4], row[5]) == (PHONE, 1, 1)
    assert left == 0
    assert bytes(row[2]) in bytes(pages)
    assert bytes(row[0]) not in bytes(pages)
