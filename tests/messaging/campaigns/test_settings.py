"""Settings: the defaults of the specification, and what production refuses."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from messaging.campaigns.clock_time import ClockTime
from messaging.campaigns.segments import count_utf16_units
from messaging.campaigns.settings import MessagingRules, Mode


def test_defaults_are_those_of_the_specification() -> None:
    rules = MessagingRules()
    assert rules.mode is Mode.PRODUCTION
    assert not rules.is_demo
    assert (str(rules.sending_opens), str(rules.sending_closes)) == ("09:00", "20:00")
    assert [str(slot) for slot in rules.done_slots] == ["09:00", "15:00"]
    assert rules.broadcast_quotas == (50, 100, 200, 500, 1000)
    assert (rules.actor_broadcasts_per_day, rules.actor_recipients_per_day) == (3, 1000)
    assert (rules.actor_invitations_per_day, rules.actor_invitations_per_week) == (10, 50)
    assert rules.organisation_messages_per_day == 20_000
    assert (rules.text_units_min, rules.text_units_max, rules.segments_max) == (5, 58, 2)


def test_the_environment_of_the_demo_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"MODE": "demo", "SENDING_OPENS": "00:00", "SENDING_CLOSES": "24:00", "DONE_EVERY_S": "60"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DONE_SLOTS", '["10:00", "16:30"]')
    rules = MessagingRules()
    assert rules.is_demo
    assert rules.sending_closes == ClockTime(1440)
    assert rules.done_slots == (ClockTime(600), ClockTime(990))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENDING_OPENS", "08:59"),
        ("SENDING_CLOSES", "20:01"),
        ("DONE_EVERY_S", "60"),
        ("HELD_OUT_SHARE", "0.049"),
        ("DONE_SLOTS", '["09:00", "14:59"]'),
        ("DONE_SLOTS", '["00:30", "09:00", "20:00"]'),
    ],
)
def test_production_refuses_a_wider_window_and_shorter_slots(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match="production"):
        MessagingRules()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENDING_OPENS", "9:00"),
        ("SENDING_OPENS", "21:00"),
        ("SENDING_CLOSES", "24:01"),
        ("DONE_SLOTS", '["15:00", "09:00"]'),
        ("DONE_SLOTS", "[]"),
        ("MESSAGE_SIGNATURE", "【青禾】"),
        ("TEXT_UNITS_MAX", "140"),
        ("BROADCAST_QUOTA_SHARE", "0.6"),
        ("AUDIENCE_NEED_MIN", "199"),
    ],
)
def test_values_that_make_no_sense_refuse_to_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("MODE", "demo")
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        MessagingRules()


def test_the_suffix_names_only_an_opt_out_that_works() -> None:
    assert MessagingRules(carrier_inbound=True).suffix == "拒收请回复R"
    assert "R" not in MessagingRules(carrier_inbound=False).suffix


def test_the_longest_text_stays_in_one_segment_by_default() -> None:
    rules = MessagingRules()
    assert count_utf16_units(rules.signature + rules.suffix) + rules.text_units_max <= 70
