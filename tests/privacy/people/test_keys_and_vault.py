"""Keys come from a guarded file; the vault gives a phone back to nobody but the right household and key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from privacy.people.commands import keys
from privacy.people.errors import KeyFileError, KeyMissingError, KeyName, SealBrokenError
from privacy.people.keys import FileKeyStore, copy_key_file, create_key_file
from privacy.people.settings import PeopleSettings
from privacy.people.vault import SealedPhone, Vault
from tests.privacy.people.conftest import make_read

ROOT = Path(__file__).parents[3]
PHONE = "+8613800138000"
HOUSEHOLD = UUID("11111111-2222-4333-8444-555555555555")


def _open(vault: Vault, sealed: SealedPhone, *, household_id: UUID = HOUSEHOLD, **changes: bytes | int) -> str:
    stored = {"wrapped_key": sealed.wrapped_key, "ciphertext": sealed.ciphertext, "key_version": sealed.key_version}
    return vault.open(household_id, read=make_read(), **(stored | changes))  # type: ignore[arg-type]


def test_what_is_sealed_opens_and_never_looks_the_same_twice(vault: Vault) -> None:
    first, second = vault.seal(HOUSEHOLD, PHONE), vault.seal(HOUSEHOLD, PHONE)
    assert _open(vault, first) == _open(vault, second) == PHONE
    assert first.ciphertext != second.ciphertext
    assert first.wrapped_key != second.wrapped_key
    assert first.lookup_hash == second.lookup_hash == vault.lookup_hash(PHONE)
    assert PHONE.encode() not in first.ciphertext + first.wrapped_key


def test_the_five_keyed_hashes_differ(vault: Vault) -> None:
    hashes = {vault.lookup_hash(PHONE), vault.opt_out_hash(PHONE), vault.customer_hash(PHONE)}
    assert len(hashes) == 3
    assert {len(found) for found in hashes} == {32}


@pytest.mark.parametrize("column", ["wrapped_key", "ciphertext"])
def test_an_altered_byte_does_not_open(vault: Vault, column: str) -> None:
    sealed = vault.seal(HOUSEHOLD, PHONE)
    for position in (0, 12, -1):
        content = bytearray(getattr(sealed, column))
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
        _open(vault, sealed, ciphertext=sealed.wrapped_key)
    with pytest.raises(SealBrokenError):
        _open(vault, sealed, wrapped_key=b"")


def test_a_new_version_seals_and_the_old_one_still_opens(key_file: Path, tmp_path: Path) -> None:
    old = Vault(FileKeyStore(key_file)).seal(HOUSEHOLD, PHONE)
    content = json.loads(key_file.read_text())
    content["kek"]["2"] = content["bounds"]
    rotated = tmp_path / "rotated.json"
    rotated.touch(mode=0o600)
    rotated.write_text(json.dumps(content))
    vault = Vault(FileKeyStore(rotated))
    new = vault.seal(HOUSEHOLD, PHONE)
    assert (old.key_version, new.key_version) == (1, 2)
    assert _open(vault, old) == _open(vault, new) == PHONE
    with pytest.raises(SealBrokenError):
        _open(vault, new, key_version=1)
    with pytest.raises(KeyMissingError) as caught:
        _open(vault, new, key_version=3)
    assert (caught.value.name, caught.value.version) == (KeyName.KEK, 3)


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


def test_the_commands_create_and_copy(tmp_path: Path) -> None:
    path, target = str(tmp_path / "keys.json"), str(tmp_path / "part.json")
    runner = CliRunner()
    assert runner.invoke(keys, ["create", path]).exit_code == 0
    assert runner.invoke(keys, ["create", path]).exit_code == 1
    copied = runner.invoke(keys, ["copy", path, target, "--key", "lookup"])
    assert (copied.exit_code, list(json.loads((tmp_path / "part.json").read_text()))) == (0, ["lookup"])
    assert runner.invoke(keys, ["copy", target, path + "2", "--key", "kek"]).exit_code == 1


def test_a_file_of_an_earlier_version_gets_what_it_lacks_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    create_key_file(path, names=frozenset(KeyName) - {KeyName.AUDIT})
    before = json.loads(path.read_text())
    added = CliRunner().invoke(keys, ["add", str(path)])
    after = json.loads(path.read_text())
    assert (added.exit_code, "added audit" in added.output) == (0, True)
    assert before == {name: key for name, key in after.items() if name != "audit"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert len(FileKeyStore(path).get_key(KeyName.AUDIT)) == 32
    assert "nothing is missing" in CliRunner().invoke(keys, ["add", str(path)]).output
    assert json.loads(path.read_text()) == after


def test_a_command_says_which_key_is_missing_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    create_key_file(path, names=frozenset({KeyName.LOOKUP}))
    environment = {"PATH": os.environ["PATH"], "PEOPLE_URL": "postgresql+psycopg://nobody@localhost/people"}
    command = [sys.executable, "manage.py", "audit", "head"]
    for key_file, said in ((path, "key audit is not in this key file; `keys add`"), (tmp_path / "none", "missing")):
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=environment | {"KEY_FILE": str(key_file)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 2
        assert ended.stderr.startswith("KEY_FILE: ")
        assert said in ended.stderr
        assert "Traceback" not in ended.stderr


def test_settings_refuse_to_start_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEOPLE_URL", raising=False)
    with pytest.raises(ValidationError):
        PeopleSettings()
    monkeypatch.setenv("PEOPLE_URL", "postgresql+psycopg://field_intake:secret@localhost/people")
    monkeypatch.setenv("KEY_FILE", "keys.json")
    assert "secret" not in repr(PeopleSettings())
