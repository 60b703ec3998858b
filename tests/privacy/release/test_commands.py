"""What a person at the terminal is shown of releases and of the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from inspect import signature
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from monthly import publish as publish_command
from privacy.people.commands import keys
from privacy.people.errors import KeyName
from privacy.people.keys import create_key_file
from privacy.release.commands import ledger, release
from privacy.release.errors import ReleaseError
from privacy.release.ledger_queries import find_charges
from privacy.release.plan import DRAWN_MONTHLY
from privacy.release.showing import find_year_costs
from stack.test_services import TestServices
from tests.conftest import FakeClock
from tests.privacy.release.publishing import publish, store_city
from tests.privacy.release.worlds import RecordingNoise
from tests.released import TRUSTED

RELEASE = "2026-11-370200"


@pytest.fixture
def runner(
    own_services: TestServices,
    people_owner: Engine,
    people: sessionmaker[Session],
    serving: sessionmaker[Session],
    clock: FakeClock,
) -> CliRunner:
    """Give a command line that reads the serving database; one month is published."""
    store_city(people_owner)
    publish(people, serving, noise=RecordingNoise(), clock=clock)
    return CliRunner(env={"SERVING_URL": own_services.url("serving", role="field_web")})


def test_releases_are_listed_and_one_tells_how_it_was_made(runner: CliRunner) -> None:
    listed = runner.invoke(release, ["show"])
    assert (listed.exit_code, RELEASE in listed.output, "yes" in listed.output) == (0, True, True)
    shown = runner.invoke(release, ["show", RELEASE], env={"RELEASE_PUBLIC_KEYS": TRUSTED})
    assert shown.exit_code == 0
    words = ["(4.0, 1e-09)", "good", "code sha256", "370203", "need, freezer", *map(str, DRAWN_MONTHLY)]
    assert [word for word in words if word not in shown.output] == []
    unchecked = runner.invoke(release, ["show", RELEASE])
    assert "RELEASE_PUBLIC_KEYS is not set" in unchecked.output
    missing = runner.invoke(release, ["show", "2026-12-370200"])
    assert (missing.exit_code, "no release 2026-12-370200 is stored" in missing.output) == (1, True)


def test_every_figure_of_a_product_is_shown_with_its_margin(runner: CliRunner) -> None:
    shown = runner.invoke(release, ["show", RELEASE, "--product", "pain_points"])
    assert shown.exit_code == 0
    assert "all ± 46" in shown.output  # 1.96 x 23.4
    assert "freezer/door_seal" in shown.output


def test_no_figure_is_cut_where_there_is_no_terminal(runner: CliRunner, own_services: TestServices) -> None:
    for part in (["show", RELEASE], ["show", RELEASE, "--product", "active_users"]):
        assert "…" not in runner.invoke(release, part, env={"COLUMNS": "40"}).output
    people = {"PEOPLE_URL": own_services.url("people", role="field_release"), "COLUMNS": "40"}
    shown = runner.invoke(ledger, [], env=people).output
    assert (shown.count("stored"), "…" in shown) == (len(DRAWN_MONTHLY), False)


@pytest.mark.parametrize("kind", ReleaseError.__subclasses__())
def test_an_error_says_in_words_what_is_wrong(kind: type[ReleaseError]) -> None:
    day, moment = date(2026, 11, 1), datetime(2026, 11, 2, tzinfo=UTC)
    samples = {
        "city_code": 370200, "month": day, "last_month": day, "drop_month": None, "release_id": RELEASE,
        "drop_id": "nov", "rho_asked": 0.1, "rho_left": 0.0, "releases": (RELEASE,), "now": moment,
        "last_charge": moment, "rule": "rule", "reason": "missing", "product": "topics",
    }  # fmt: skip
    said = str(kind(**{name: samples[name] for name in signature(kind).parameters}))
    assert not any(mark in said for mark in ("(", "{", "=", kind.__name__))
    assert said[0].islower() or said[0].isdigit()


def test_verify_says_what_it_has_checked(runner: CliRunner, own_services: TestServices) -> None:
    assert runner.invoke(release, ["verify"]).output == f"{RELEASE}: ok (figures)\n"
    signed = runner.invoke(release, ["verify", RELEASE], env={"RELEASE_PUBLIC_KEYS": TRUSTED})
    assert signed.output == f"{RELEASE}: ok (figures, signature)\n"
    every = {"RELEASE_PUBLIC_KEYS": TRUSTED, "PEOPLE_URL": own_services.url("people", role="field_release")}
    assert runner.invoke(release, ["verify"], env=every).output == f"{RELEASE}: ok (figures, signature, ledger)\n"
    missing = runner.invoke(release, ["verify", "2026-12-370200"])
    assert (missing.exit_code, "no release 2026-12-370200 is stored" in missing.output) == (1, True)


def test_an_unsigned_release_passes_only_when_it_may(runner: CliRunner, serving_owner: Engine) -> None:
    with serving_owner.begin() as connection:
        connection.execute(text("UPDATE released.releases SET signature = NULL"))
    trusted = {"RELEASE_PUBLIC_KEYS": TRUSTED}
    refused = runner.invoke(release, ["verify"], env=trusted)
    assert (refused.exit_code, "missing" in refused.output) == (1, True)
    allowed = runner.invoke(release, ["verify", "--allow-unsigned"], env=trusted)
    assert (allowed.exit_code, allowed.output) == (0, f"{RELEASE}: ok (figures)\n")
    with serving_owner.begin() as connection:
        connection.execute(text("UPDATE released.releases SET signature = '\\x00'"))
    assert runner.invoke(release, ["verify", "--allow-unsigned"], env=trusted).exit_code == 1


def test_the_ledger_shows_every_product_and_the_year_against_the_promise(
    runner: CliRunner, own_services: TestServices, people: sessionmaker[Session]
) -> None:
    shown = runner.invoke(ledger, [], env={"PEOPLE_URL": own_services.url("people", role="field_release")})
    assert shown.exit_code == 0
    assert [product for product in DRAWN_MONTHLY if product not in shown.output] == []
    assert "26.7%" in shown.output
    with people() as session:
        assert find_year_costs(find_charges(session)) == {date(2026, 11, 1): pytest.approx(0.2063 * 4 / 15)}


def test_a_month_that_cannot_be_signed_is_not_charged(
    runner: CliRunner, own_services: TestServices, people: sessionmaker[Session], tmp_path: Path
) -> None:
    create_key_file(tmp_path / "keys.json", names=frozenset({KeyName.LOOKUP}))
    environment = {
        "SERVING_URL": own_services.url("serving", role="field_release"),
        "PEOPLE_URL": own_services.url("people", role="field_release"),
        "KEY_FILE": str(tmp_path / "keys.json"),
        "MODE": "test",
    }
    refused = runner.invoke(publish_command, ["2026-12", "--city", "370200"], env=environment)
    assert (refused.exit_code, "signing" in refused.output) == (1, True)
    with people() as session:
        assert len(find_charges(session)) == len(DRAWN_MONTHLY)


def test_the_public_key_is_shown_and_the_secret_one_is_not(tmp_path: Path) -> None:
    path, copied = str(tmp_path / "keys.json"), str(tmp_path / "release.json")
    runner = CliRunner()
    assert runner.invoke(keys, ["create", path]).exit_code == 0
    assert runner.invoke(keys, ["copy", path, copied, "--key", "signing"]).exit_code == 0
    shown = [runner.invoke(keys, ["public", each]).output.strip() for each in (path, copied)]
    assert shown[0] == shown[1]
    assert len(shown[0]) == 44
    assert shown[0] not in (tmp_path / "keys.json").read_text()
    assert runner.invoke(keys, ["public", copied, "--out", str(tmp_path / "public")]).exit_code == 0
    assert (tmp_path / "public").read_text().strip() == shown[0]
    only = str(tmp_path / "only.json")
    assert runner.invoke(keys, ["create", only, "--key", "lookup"]).exit_code == 0
    assert runner.invoke(keys, ["public", only]).exit_code == 1
