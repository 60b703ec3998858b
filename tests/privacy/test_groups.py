"""What a process is told of city groups: one database or several, never both, and no secret in what is said of it."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from privacy.groups import GroupError, GroupSettings
from privacy.people.drop.errors import NotDirectError
from privacy.people.settings import open_directly

URL = "postgresql+psycopg://role:hidden-word@db/people"
GROUPS = {"east": {"url": URL, "cities": ["370200", 370100]}, "north": {"url": URL, "cities": [110000]}}
NAMES = ("PEOPLE_URL", "PEOPLE_DIRECT_URL", "PEOPLE_DATABASES")


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_one_database_holds_every_city_and_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEOPLE_URL", URL)
    (only,) = GroupSettings().groups
    assert (only.name, only.cities, only.holds(370200)) == (None, None, True)
    assert GroupSettings().get_group(None) == GroupSettings().get_group_of(123456) == only
    with pytest.raises(GroupError):
        GroupSettings().get_group("east")


def test_a_city_is_found_in_its_group_and_elsewhere_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEOPLE_DATABASES", json.dumps(GROUPS))
    settings = GroupSettings()
    assert [group.name for group in settings.groups] == ["east", "north"]
    assert (settings.get_group_of(370100).name, settings.get_group_of(110000).name) == ("east", "north")
    with pytest.raises(GroupError):
        settings.get_group_of(999999)
    with pytest.raises(GroupError):
        settings.get_group(None)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"PEOPLE_URL": URL, "PEOPLE_DATABASES": json.dumps(GROUPS)},
        {"PEOPLE_DIRECT_URL": URL, "PEOPLE_DATABASES": json.dumps(GROUPS)},
        {"PEOPLE_DATABASES": json.dumps(GROUPS)[:-1]},
        {"PEOPLE_DATABASES": json.dumps(GROUPS | {"south": {"url": URL, "cities": [110000]}})},
        {"PEOPLE_DATABASES": json.dumps({"East": GROUPS["east"]})},
        {"PEOPLE_DATABASES": json.dumps({"east": {"url": URL, "cities": []}})},
        {"PEOPLE_DATABASES": json.dumps({"east": {"url": URL, "cities": [1], "city": 2}})},
    ],
)
def test_what_is_not_clear_refuses_to_start_without_telling_a_password(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
) -> None:
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        GroupSettings()
    assert "hidden-word" not in str(refused.value)


def test_an_intake_goes_past_a_pooler_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEOPLE_URL", f"{URL}?pooler=transaction")
    with pytest.raises(NotDirectError):
        open_directly(GroupSettings().get_group(None))
    monkeypatch.setenv("PEOPLE_DIRECT_URL", URL)
    assert open_directly(GroupSettings().get_group(None)).url.database == "people"
