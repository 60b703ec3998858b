"""Keys come from a guarded file; the vault gives a phone back to nobody but the right household and key."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from privacy.people.errors import VERSIONED, KeyFileError, KeyMissingError, KeyName, SealBrokenError
from privacy.people.keys import FileKeyStore, add_version, copy_key_file, create_key_file, remove_version
from privacy.people.settings import KeySettings, PeopleSettings
from privacy.people.vault import SealedPhone, Vault, WrappedKey
from tests.privacy.people.conftest import make_read

ROOT = Path(__file__).parents[3]
PHONE = "+8613800138000"
HOUSEHOLD = UUID("11111111-2222-4333-8444-555555555555")


def _open(vault: Vault, sealed: SealedPhone, *, household_id: UUID = HOUSEHOLD, **changes: bytes | int) -> str:
    key, rest = sealed.key._asdict(), {"ciphertext": sealed.ciphertext, "seal_version": sealed.seal_version}
    for name, value in changes.items():
        (key if name in key else rest)[name] = value
    return vault.open(household_id, key=WrappedKey(**key), read=make_read(), **rest)  # type: ignore[arg-type]


def test_what_is_sealed_opens_and_never_looks_the_same_twice(vault: Vault) -> None:
    first, second = vault.seal(HOUSEHOLD, PHONE), vault.seal(HOUSEHOLD, PHONE)
    assert _open(vault, first) == _open(vault, second) == PHONE
    assert first.ciphertext != second.ciphertext
    assert first.key.wrapped_key != second.key.wrapped_key
    assert first.hashes == second.hashes == vault.hash_phone(PHONE)
    assert PHONE.encode() not in first.ciphertext + first.key.wrapped_key


def test_the_five_keyed_hashes_differ(vault: Vault) -> None:
    hashes = {vault.lookup_hash(PHONE), vault.opt_out_hash(PHONE), vault.customer_hash(PHONE)}
    assert len(hashes) == 3
    assert {len(found) for found in hashes} == {32}


@pytest.mark.parametrize("column", ["wrapped_key", "ciphertext"])
def test_an_altered_byte_does_not_open(vault: Vault, column: str) -> None:
    sealed = vault.seal(HOUSEHOLD, PHONE)
    for position in (0, 12, -1):
        content = bytearray(getattr(sealed.key if column == "wrapped_key" else sealed, column))
        content[position] ^= 1
        with pytest.raises(SealBrokenError):
            _open(vault, sealed, **{column: bytes(content)})  # type: ignore[arg-type]


def test_a_row_copied_to_another_household_does_not_open(vault: Vault) -> None:
    sealed = vault.seal(HOUSEHOLD, PHONE)
    with pytest.raises(SealBrokenError):
        _open(vault, sealed, household_id=uuid4())


def test_columns_of_two_seals_do_not_mix(vault: Vault) -> None:
    sealed, other = vault.seal(HOUSEHOLD, PHONE), vault.seal(HOUSEHOLD, "+8613900139000")
    with pytest.raises(SealBrokenError):
        _open(vault, sealed, ciphertext=other.ciphertext)
    with pytest.raises(SealBrokenError):
        _open(vault, sealed, ciphertext=sealed.key.wrapped_key)
    with pytest.raises(SealBrokenError):
        _open(vault, sealed, wrapped_key=b"")


def test_a_new_version_seals_and_the_old_one_still_opens(own_file: Path) -> None:
    old = Vault(FileKeyStore(own_file)).seal(HOUSEHOLD, PHONE)
    assert add_version(own_file, name=KeyName.KEK) == 2
    vault = Vault(FileKeyStore(own_file))
    new = vault.seal(HOUSEHOLD, PHONE)
    assert (old.key.kek_version, new.key.kek_version) == (1, 2)
    assert _open(vault, old) == _open(vault, new) == PHONE
    with pytest.raises(SealBrokenError):
        _open(vault, new, kek_version=1)
    with pytest.raises(KeyMissingError) as caught:
        _open(vault, new, kek_version=3)
    assert (caught.value.name, caught.value.version) == (KeyName.KEK, 3)


def test_a_new_kek_touches_no_ciphertext(own_file: Path) -> None:
    sealed = Vault(FileKeyStore(own_file)).seal(HOUSEHOLD, PHONE)
    add_version(own_file, name=KeyName.KEK)
    vault = Vault(FileKeyStore(own_file))
    rewrapped = vault.rewrap(HOUSEHOLD, sealed.key)
    assert (rewrapped.kek_version, rewrapped.wrapped_key == sealed.key.wrapped_key) == (2, False)
    assert _open(vault, sealed._replace(key=rewrapped)) == PHONE
    remove_version(own_file, name=KeyName.KEK, version=1)
    alone = Vault(FileKeyStore(own_file))
    assert _open(alone, sealed._replace(key=rewrapped)) == PHONE
    with pytest.raises(KeyMissingError):
        _open(alone, sealed)


def test_a_process_that_runs_on_finds_a_version_that_was_added_meanwhile(own_file: Path) -> None:
    running = Vault(FileKeyStore(own_file))
    assert running.seal(HOUSEHOLD, PHONE).key.kek_version == 1
    add_version(own_file, name=KeyName.KEK)
    assert _open(running, Vault(FileKeyStore(own_file)).seal(HOUSEHOLD, PHONE)) == PHONE


def test_a_search_looks_under_every_version_and_writes_under_the_newest(own_file: Path) -> None:
    before = Vault(FileKeyStore(own_file)).hash_phone(PHONE)
    for name in (KeyName.LOOKUP, KeyName.OPT_OUT):
        add_version(own_file, name=name)
    vault = Vault(FileKeyStore(own_file))
    after = vault.hash_phone(PHONE)
    assert (after.lookup_version, after.opt_out_version) == (2, 2)
    assert vault.lookup_hashes(PHONE) == (after.lookup_hash, before.lookup_hash)
    assert vault.opt_out_hashes(PHONE) == (after.opt_out_hash, before.opt_out_hash)


@pytest.mark.parametrize(("name", "version"), [(KeyName.KEK, 1), (KeyName.LOOKUP, 2), (KeyName.BOUNDS, 1)])
def test_the_newest_version_of_a_key_is_never_removed(own_file: Path, name: KeyName, version: int) -> None:
    with pytest.raises(KeyMissingError):
        remove_version(own_file, name=name, version=version)
    assert FileKeyStore(own_file).find_versions(name) == (1,)


def test_what_names_things_for_ever_gets_no_second_version(own_file: Path) -> None:
    for name in frozenset(KeyName) - VERSIONED:
        with pytest.raises(KeyMissingError):
            add_version(own_file, name=name)


def test_a_file_from_before_versions_opens_what_it_sealed(own_file: Path) -> None:
    sealed = Vault(FileKeyStore(own_file)).seal(HOUSEHOLD, PHONE)
    content = json.loads(own_file.read_text())
    own_file.write_text(json.dumps(content | {name: content[name]["1"] for name in ("lookup", "opt_out")}))
    vault = Vault(FileKeyStore(own_file))
    assert (_open(vault, sealed), vault.hash_phone(PHONE)) == (PHONE, sealed.hashes)


def test_a_gateway_holds_only_what_it_needs(key_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "gateway.json"
    copy_key_file(key_file, target=target, names=frozenset({KeyName.LOOKUP, KeyName.OPT_OUT}))
    gateway = Vault(FileKeyStore(target))
    assert gateway.opt_out_hash(PHONE) == Vault(FileKeyStore(key_file)).opt_out_hash(PHONE)
    with pytest.raises(KeyMissingError):
        gateway.seal(HOUSEHOLD, PHONE)
    with pytest.raises(KeyMissingError):
        gateway.customer_hash("K1")
    with pytest.raises(KeyMissingError):
        copy_key_file(target, target=tmp_path / "more.json", names=frozenset(KeyName))


def test_a_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    create_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_key_file(path)
    assert path.read_bytes() == before
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="exposed"):
        FileKeyStore(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "syntax"),
        ("[]", "syntax"),
        ('{"lookup": "%%%"}', "syntax"),
        ('{"lookup": 5}', "syntax"),
        ('{"unknown": "AAAA"}', "syntax"),
        ('{"lookup": "AAAA"}', "length"),
        ('{"kek": {"one": "AAAA"}}', "syntax"),
        (None, "missing"),
    ],
)
def test_a_bad_key_file_is_refused(tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "keys.json"
    if content is not None:
        path.touch(mode=0o600)
        path.write_text(content)
    with pytest.raises(KeyFileError) as caught:
        FileKeyStore(path)
    assert caught.value.reason == reason


def test_settings_refuse_to_start_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEOPLE_URL", raising=False)
    with pytest.raises(ValidationError):
        PeopleSettings()
    monkeypatch.setenv("PEOPLE_URL", "postgresql+psycopg://field_intake:secret@localhost/people")
    assert "secret" not in repr(PeopleSettings())


def test_production_takes_plain_keys_only_when_somebody_says_so(
    own_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_FILE", str(own_file))
    for name in ("MODE", "KEY_STORE", "KEY_FILE_ACCEPTED"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValidationError, match="KEY_FILE_ACCEPTED"):
        KeySettings()
    monkeypatch.setenv("KEY_FILE_ACCEPTED", "true")
    assert KeySettings().open_store().find_versions(KeyName.KEK) == (1,)
    monkeypatch.delenv("KEY_FILE_ACCEPTED")
    monkeypatch.setenv("MODE", "demo")
    assert KeySettings().open_store().find_versions(KeyName.KEK) == (1,)
