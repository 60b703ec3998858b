"""With a key management service the key file is worth nothing by itself, and the service is asked once a key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from click.testing import CliRunner
from pydantic import SecretStr, ValidationError

from privacy.people.commands import keys
from privacy.people.errors import KeyFileError, KeyName, KmsError
from privacy.people.keys import FileKeyStore, add_version, copy_key_file, create_key_file
from privacy.people.settings import Guard, KeySettings
from privacy.people.transit_kms import TransitKms
from privacy.people.vault import Vault
from tests.privacy.people.transit import TOKEN, Transit, run_transit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PHONE = "+8615400000001"


@pytest.fixture
def transit() -> Iterator[Transit]:
    """Give the stand-in."""
    with run_transit() as server:
        yield server


@pytest.fixture
def kms(transit: Transit) -> TransitKms:
    """Give the adapter that speaks to it."""
    return TransitKms(transit.url, token=TOKEN)


def test_a_phone_costs_the_service_nothing(transit: Transit, kms: TransitKms, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    create_key_file(path, kms=kms)
    transit.calls.clear()
    vault = Vault(FileKeyStore(path, kms=kms))
    for number in range(100):
        vault.seal(uuid4(), f"+861540000{number:04}")
    assert len(transit.calls) == len(KeyName)


def test_the_file_alone_gives_no_key(kms: TransitKms, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    create_key_file(path, kms=kms)
    content = path.read_text()
    key = FileKeyStore(path, kms=kms).get_key(KeyName.LOOKUP)
    assert content.count("vault:v1:") == len(KeyName)
    assert key.hex() not in content
    with pytest.raises(KeyFileError):
        FileKeyStore(path)


def test_one_key_does_not_pass_for_another(kms: TransitKms, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    create_key_file(path, names=frozenset({KeyName.KEK}), kms=kms)
    add_version(path, name=KeyName.KEK, kms=kms)
    content = json.loads(path.read_text())
    content["kek"] = {"1": content["kek"]["2"], "2": content["kek"]["1"]}
    path.write_text(json.dumps(content))
    with pytest.raises(KmsError, match="refused"):
        FileKeyStore(path, kms=kms)


def test_the_gateways_token_opens_the_gateways_keys_only(transit: Transit, kms: TransitKms, tmp_path: Path) -> None:
    path, share = tmp_path / "keys.json", tmp_path / "gateway.json"
    create_key_file(path, kms=kms)
    copy_key_file(path, target=share, names=frozenset({KeyName.LOOKUP, KeyName.OPT_OUT}))
    transit.allowed = {"fieldreach-lookup", "fieldreach-opt_out"}
    assert Vault(FileKeyStore(share, kms=kms)).hash_phone(PHONE).lookup_version == 1
    with pytest.raises(KmsError, match="refused"):
        FileKeyStore(path, kms=kms)


def test_what_goes_wrong_is_said_without_the_token_or_the_key(transit: Transit, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    names = frozenset({KeyName.LOOKUP})
    with pytest.raises(KmsError, match="refused") as refused:
        create_key_file(path, names=names, kms=TransitKms(transit.url, token="other-token"))  # noqa: S106 - made up
    with pytest.raises(KmsError, match="unreachable") as unreachable:
        create_key_file(path, names=names, kms=TransitKms("http://127.0.0.1:1", token="other-token"))  # noqa: S106 - made up
    assert "other-token" not in f"{refused.value!r}{unreachable.value!r}"
    assert not path.exists()


def test_the_commands_and_settings_choose_the_service(
    transit: Transit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.json"
    settings = {"KEY_STORE": "transit", "KMS_URL": transit.url, "KMS_TOKEN": TOKEN, "KEY_FILE": str(path)}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MODE", raising=False)
    for arguments in (["create", str(path)], ["renew", str(path), "kek"], ["add", str(path)]):
        assert CliRunner().invoke(keys, arguments).exit_code == 0
    assert KeySettings().open_store().find_versions(KeyName.KEK) == (2, 1)
    transit.allowed = set("x")
    refused = CliRunner().invoke(keys, ["renew", str(path), "kek"])
    assert (refused.exit_code, "key management service: refused" in refused.output) == (1, True)


@pytest.mark.parametrize(
    ("url", "token"), [("", TOKEN), ("ftp://kms", TOKEN), ("http://kms.example", TOKEN), ("https://kms.example", "")]
)
def test_a_service_is_reached_over_https_and_with_a_token(tmp_path: Path, url: str, token: str) -> None:
    with pytest.raises(ValidationError):
        KeySettings(key_store=Guard.TRANSIT, kms_url=url, kms_token=SecretStr(token), key_file=tmp_path / "keys.json")
