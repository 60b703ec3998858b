"""Whoever asks is shown what is held, in words; the commands take a phone from nowhere but their input."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, text

from messaging.delivery.household_commands import household
from messaging.delivery.models import MessageState
from privacy.people.consent import record_opt_out
from privacy.people.errors import KeyName
from privacy.people.keys import FileKeyStore, add_version, copy_key_file
from privacy.people.models import DataKey, Drop
from privacy.people.vault import Vault
from tests.messaging.delivery.held import count_rows, erase_person, export_person, fill, find_carriers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.messaging.delivery.world import Person, World


@pytest.fixture
def filled(world: World) -> Iterator[Person]:
    """Give somebody about whom every table knows something."""
    person = fill(world)
    yield person
    erase_person(world, person)


def test_an_export_shows_what_is_held_and_no_inner_number(world: World, filled: Person) -> None:
    person = filled
    held = export_person(world, person)
    assert held is not None
    assert [(each["text"][:4], each["state"]) for each in held["texts"]] == [
        ("【青禾】", MessageState.DELIVERED), ("【青禾】", MessageState.ACCEPTED),
    ]  # fmt: skip
    assert held["core.purchases"] == [
        {"purchase_id": held["core.purchases"][0]["purchase_id"], "category": "refrigerator", "model": "BCD-500",
         "bought_on": world.clock().date().isoformat()}
    ]  # fmt: skip
    assert held["core.consents"][0]["granted"] is True
    assert held["vault.phones"] == {"rows": 1, "held_as": "encrypted or hashed"}
    with world.admin() as session:
        assert {*find_carriers(session), "delivery.receipts"} <= held.keys()
    written = json.dumps(held, ensure_ascii=False)
    assert str(person.household_id) not in written
    assert person.phone not in written
    assert "\\\\x" not in written


def test_an_export_is_told_and_one_of_nobody_says_so(world: World) -> None:
    person = world.add_household()
    export_person(world, person)
    with world.admin() as session:
        told = text("SELECT action, actor FROM audit.entries WHERE subject = :id")
        assert session.execute(told, {"id": str(person.household_id)}).all() == [("household_exported", "eraser")]
    assert export_person(world, replace(person, phone="+8615400000001")) is None


def test_after_an_erasure_an_export_says_that_and_the_refusal(world: World) -> None:
    person = world.add_household()
    hashes = world.vault.hash_phone(person.phone)
    with world.admin.begin() as session:
        record_opt_out(session, opt_out_hash=hashes.opt_out_hash, version=1, source="inbound", at=world.clock())
    erase_person(world, person)
    at = world.clock().isoformat()
    refusal = {"source": "inbound", "at": at}
    assert export_person(world, person) == {"exported_at": at, "erased_at": at, "opt_outs": [refusal]}


def test_the_commands_take_the_phone_from_standard_input_and_print_none(
    world: World, key_file: Path, tmp_path: Path
) -> None:
    person = world.add_household()
    url = world.services.url("people", role="field_eraser")
    runner = CliRunner(env={"MODE": "test", "PEOPLE_URL": url, "KEY_FILE": str(key_file)})
    out = tmp_path / "held.json"
    asked = f"{person.phone}\n"
    exported = runner.invoke(household, ["export", "--out", str(out)], input=asked)
    assert (exported.exit_code, out.stat().st_mode & 0o777) == (0, 0o600)
    assert "core.households" in json.loads(out.read_text())
    aborted = runner.invoke(household, ["erase"], input=asked + "n\n")
    assert aborted.exit_code == 1
    first, second = (runner.invoke(household, ["erase", "--yes"], input=asked) for _ in range(2))
    assert first.output.startswith("erased ")
    assert second.output.startswith("nothing is held")
    for said in (exported, aborted, first, second):
        assert person.phone.removeprefix("+86") not in said.output
    assert runner.invoke(household, ["erase", "--yes"], input="none\n").exit_code == 1
    assert runner.invoke(household, ["erase", person.phone], input="").exit_code == 2


def test_an_answer_that_cannot_be_written_is_not_looked_for_and_nobody_leaves_no_file(
    world: World, key_file: Path, tmp_path: Path
) -> None:
    person, there, new = world.add_household(), tmp_path / "there.json", tmp_path / "new.json"
    there.write_text("kept")
    url = world.services.url("people", role="field_eraser")
    runner = CliRunner(env={"MODE": "test", "PEOPLE_URL": url, "KEY_FILE": str(key_file)})
    refused = runner.invoke(household, ["export", "--out", str(there)], input=f"{person.phone}\n")
    assert (refused.exit_code, there.read_text()) == (1, "kept")
    with world.admin() as session:
        told = text("SELECT count(*) FROM audit.entries WHERE subject = :id")
        assert session.scalar(told, {"id": str(person.household_id)}) == 0
    nobody = runner.invoke(household, ["export", "--out", str(new)], input="+8615400000001\n")
    assert (nobody.exit_code, "nothing is held" in nobody.output, new.exists()) == (1, True, False)


def test_nobody_is_erased_while_a_drop_is_half_in(world: World, key_file: Path) -> None:
    person, keyless = world.add_household(), world.add_household()
    drop = {"drop_id": "half", "manifest_sha256": b"", "month": world.clock().date(), "progress": {}}
    with world.admin.begin() as session:
        session.execute(delete(DataKey).where(DataKey.household_id == keyless.household_id))
        session.add(Drop(**drop, state="loading", started_at=world.clock()))
    runner = CliRunner(
        env={
            "MODE": "test",
            "PEOPLE_URL": world.services.url("people", role="field_eraser"),
            "KEY_FILE": str(key_file),
        }
    )
    for command, typed in ((["erase", "--yes"], f"{person.phone}\n"), (["erase-keyless"], "y\n")):
        refused = runner.invoke(household, command, input=typed)
        assert (refused.exit_code, "a drop is half in" in refused.output) == (1, True)
    for one in (person, keyless):
        assert count_rows(world, one.household_id)["core.households"] == 1
    with world.admin.begin() as session:
        session.execute(delete(Drop).where(Drop.drop_id == "half"))
    assert runner.invoke(household, ["erase-keyless"], input="y\n").exit_code == 0


def test_after_a_restore_whoever_has_no_key_is_erased_when_somebody_says_so(world: World, key_file: Path) -> None:
    erased, other = world.add_household(), world.add_household()
    with world.admin.begin() as session:
        session.execute(delete(DataKey).where(DataKey.household_id == erased.household_id))
    url = world.services.url("people", role="field_eraser")
    runner = CliRunner(env={"MODE": "test", "PEOPLE_URL": url, "KEY_FILE": str(key_file)})
    aborted = runner.invoke(household, ["erase-keyless"], input="n\n")
    assert (aborted.exit_code, "Erase 1 households" in aborted.output) == (1, True)
    assert count_rows(world, erased.household_id)["core.households"] == 1
    assert runner.invoke(household, ["erase-keyless"], input="y\n").exit_code == 0
    assert set(count_rows(world, erased.household_id).values()) == {0}
    assert count_rows(world, other.household_id)["core.households"] == 1
    assert runner.invoke(household, ["erase-keyless"]).output == "every household has its key\n"


@pytest.mark.parametrize("name", [KeyName.LOOKUP, KeyName.OPT_OUT])
def test_a_share_without_a_key_in_use_neither_finds_nobody_nor_erases(
    world: World, key_file: Path, tmp_path: Path, name: KeyName
) -> None:
    person, renewed = world.add_household(), tmp_path / "renewed.json"
    copy_key_file(key_file, target=renewed, names=frozenset(KeyName))
    add_version(renewed, name=name)
    world.rehash(person, Vault(FileKeyStore(renewed)))
    with world.admin() as session:
        told = text("SELECT number FROM audit.head")
        before = session.scalar(told)
    url = world.services.url("people", role="field_eraser")
    for asked in (["export"], ["erase", "--yes"]):
        runner = CliRunner(env={"MODE": "test", "PEOPLE_URL": url, "KEY_FILE": str(key_file)})
        refused = runner.invoke(household, asked, input=f"{person.phone}\n")
        assert (refused.exit_code, f"key {name} 2 is not in this key file" in refused.output) == (1, True)
        with world.admin() as session:
            assert (session.scalar(told), session.scalar(text("SELECT count(*) FROM vault.erasures"))) == (before, 0)
        runner = CliRunner(env={"MODE": "test", "PEOPLE_URL": url, "KEY_FILE": str(renewed)})
        assert runner.invoke(household, asked, input=f"{person.phone}\n").exit_code == 0
        if asked[0] == "erase":
            assert set(count_rows(world, person.household_id).values()) == {0}
        with world.admin() as session:
            before = session.scalar(told)
