"""Settings that must refuse to start, and the defaults that the specification names."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from messaging.delivery.settings import GatewaySettings, OutboxSettings, SenderSettings, TwilioSettings, load
from messaging.delivery.values import Timings
from messaging.delivery.valve import ValveLimits

TWILIO = {
    "twilio_account_sid": "AC" + "1" * 32,
    "twilio_auth_token": "token",
    "twilio_from": "+861069000000",
    "gateway_public_url": "https://gateway.example",
}
DOUBLE = {"mode": "demo", "twilio_api_base": "http://127.0.0.1:9000/"}


def test_the_defaults_are_those_of_the_specification() -> None:
    settings = OutboxSettings.model_validate({})
    assert settings.timings == Timings()
    assert settings.valve_limits == ValveLimits()
    assert settings.timings.lease == timedelta(seconds=90)
    assert (settings.connect_timeout_s, settings.read_timeout_s, settings.send_rate_per_s) == (3, 35, 10)


def test_twilio_in_production_and_the_double_outside() -> None:
    assert TwilioSettings.model_validate(TWILIO).twilio_api_base == "https://api.twilio.com"
    assert TwilioSettings.model_validate(TWILIO | DOUBLE).twilio_api_base == "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    "changes",
    [
        {"twilio_api_base": "http://127.0.0.1:9000"},
        {"twilio_api_base": "https://api.twilio.com.example"},
        {"mode": "demo"},
        {"mode": "test", "twilio_api_base": "https://api.dublin.ie1.twilio.com"},
        {"gateway_public_url": "http://gateway.example"},
        {"gateway_public_url": "gateway.example"},
        {"twilio_from": ""},
        {"twilio_messaging_service_sid": "MG" + "1" * 32},
        {"twilio_account_sid": "AC12"},
    ],
)
def test_anything_else_refuses_to_start(changes: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        TwilioSettings.model_validate(TWILIO | changes)
    assert "token" not in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"lease_s": 40},
        {"first_listing_s": 60},
        {"next_listing_s": 30},
        {"mode": "test", "lease_s": 3},
        {"sender_connections": 0},
        {"send_rate_per_s": 0},
    ],
)
def test_times_that_break_the_order_of_events_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OutboxSettings.model_validate(changes)


def test_production_never_prints_messages() -> None:
    urls = {"serving_url": "a", "people_url": "b", "redis_url": "c"}
    with pytest.raises(ValidationError):
        SenderSettings.model_validate(urls | {"carrier": "console"})
    assert SenderSettings.model_validate(urls | {"carrier": "console", "mode": "demo"}).carrier == "console"


def test_a_missing_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SERVING_URL", "PEOPLE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValidationError, match="people_url"):
        load(SenderSettings)


def test_the_gateway_takes_receipts_in_production_over_https_only() -> None:
    settings = TWILIO | {"people_url": "postgresql+psycopg://people.example/people"}
    assert GatewaySettings.model_validate(settings).gateway_public_url == "https://gateway.example"
    plain = settings | {"gateway_public_url": "http://gateway.example"}
    assert GatewaySettings.model_validate(plain | {"mode": "demo"})
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate(plain)
