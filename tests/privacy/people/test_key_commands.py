"""The commands about key files: what they write, and what they refuse lest a key be lost or invented."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from privacy.people.commands import keys
from privacy.people.errors import KeyName
from privacy.people.keys import FileKeyStore, copy_key_file, create_key_file

ROOT = Path(__file__).parents[3]


def test_the_commands_create_and_copy(tmp_path: Path) -> None:
    path, target = str(tmp_path / "keys.json"), str(tmp_path / "part.json")
    runner = CliRunner()
    assert runner.invoke(keys, ["create", path]).exit_code == 0
    assert runner.invoke(keys, ["create", path]).exit_code == 1
    copied = runner.invoke(keys, ["copy", path, target, "--key", "lookup"])
    assert (copied.exit_code, list(json.loads((tmp_path / "part.json").read_text()))) == (0, ["lookup"])
    assert runner.invoke(keys, ["copy", target, path + "2", "--key", "kek"]).exit_code == 1


def test_a_share_is_made_again_only_when_asked_and_never_in_the_place_of_other_keys(tmp_path: Path) -> None:
    whole, share, signing = (str(tmp_path / name) for name in ("keys.json", "share.json", "signing.json"))
    runner = CliRunner()
    runner.invoke(keys, ["create", whole])
    runner.invoke(keys, ["create", signing, "--key", "signing"])
    copy = ["copy", whole, share, "--key", "lookup", "--key", "audit"]
    assert runner.invoke(keys, copy).exit_code == 0
    runner.invoke(keys, ["renew", whole, "lookup"])
    refused = runner.invoke(keys, copy)
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    assert FileKeyStore(Path(share)).find_versions(KeyName.LOOKUP) == (1,)
    assert runner.invoke(keys, [*copy, "--replace"]).exit_code == 0
    assert FileKeyStore(Path(share)).find_versions(KeyName.LOOKUP) == (2, 1)
    assert Path(share).stat().st_mode & 0o777 == 0o600
    before = Path(whole).read_bytes(), Path(signing).read_bytes()
    for source, target, said in (
        (whole, whole, "every key"),
        (share, whole, "every key"),
        (whole, signing, "not one of"),
    ):
        kept = runner.invoke(keys, ["copy", source, target, "--key", "audit", "--replace"])
        assert (kept.exit_code, said in kept.output) == (1, True)
    assert before == (Path(whole).read_bytes(), Path(signing).read_bytes())


def test_nothing_is_invented_for_a_share(tmp_path: Path) -> None:
    whole, share = tmp_path / "keys.json", tmp_path / "share.json"
    create_key_file(whole)
    copy_key_file(whole, target=share, names=frozenset({KeyName.SIGNING, KeyName.AUDIT}))
    before = share.read_bytes()
    refused = CliRunner().invoke(keys, ["add", str(share)])
    assert (refused.exit_code, "this file is a share" in refused.output) == (1, True)
    assert share.read_bytes() == before


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
    people_url = "postgresql+psycopg://nobody@localhost/people"
    environment = {"PATH": os.environ["PATH"], "MODE": "test", "PEOPLE_URL": people_url}
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
