"""The numbers of the outbox, and where sender and gateway find what they need; a missing value refuses to start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from messaging.campaigns.settings import MessagingRules, Mode
from messaging.campaigns.text import compose
from messaging.delivery.aliyun_template import Template
from messaging.delivery.values import Timings
from messaging.delivery.valve import ValveLimits
from privacy.groups import GroupSettings

TWILIO_API = "https://api.twilio.com"
ALIYUN_API = "https://dysmsapi.aliyuncs.com"
_MARGIN_S = 5.0


Settings = TypeVar("Settings", bound=BaseSettings)


def load(settings: Callable[..., Settings], /) -> Settings:
    """Read settings from the environment alone. Raises pydantic's ValidationError, which names what is missing."""
    return settings()


class Carrier(StrEnum):
    """Which adapter stands behind the port."""

    TWILIO = "twilio"
    ALIYUN = "aliyun"
    CONSOLE = "console"


def _check_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an address is http(s)://host[:port][/path]")
    return url.rstrip("/")


class _FromEnvironment(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    mode: Mode = Mode.PRODUCTION


class OutboxSettings(_FromEnvironment):
    """Every number of messaging.md section D. Lengths are in seconds unless the name says otherwise."""

    sender_connections: int = Field(4, ge=1, le=64)
    send_rate_per_s: float = Field(10.0, gt=0)
    lease_s: float = Field(90, gt=0)
    connect_timeout_s: float = Field(3, gt=0)
    read_timeout_s: float = Field(35, gt=0)
    minimum_validity_s: float = Field(5, ge=1)
    retry_s: float = Field(5, gt=0)
    longest_retry_s: float = Field(300, gt=0)
    resends_in_doubt: int = Field(1, ge=0, le=5)
    first_listing_s: float = Field(120, ge=0)
    next_listing_s: float = Field(60, ge=0)
    listing_patience_s: float = Field(24 * 3600, gt=0)
    first_poll_s: float = Field(30 * 60, gt=0)
    poll_patience_s: float = Field(48 * 3600, gt=0)
    tick_s: float = Field(1, gt=0)
    inbound_listing_s: float = Field(60, gt=0)
    inbound_overlap_s: float = Field(600, ge=0)
    longest_inbound_pause_s: float = Field(900, gt=0)
    inquiries_per_tick: int = Field(20, ge=1)
    expansion_batch: int = Field(1_000, ge=1)
    breaker_consecutive: int = Field(10, ge=1)
    breaker_window: int = Field(50, ge=1)
    breaker_share: float = Field(0.2, gt=0, le=1)
    breaker_rest_s: float = Field(60, gt=0)
    drain_for_s: float = Field(60, gt=0, le=120)
    idle_before_own_drain_s: float = Field(3, ge=0)

    @model_validator(mode="after")
    def _check_lease(self) -> Self:
        if self.lease_s < self.connect_timeout_s + self.read_timeout_s + 2 * _MARGIN_S and self.mode is Mode.PRODUCTION:
            raise ValueError("the lease must outlive the timeouts of a call")
        if self.lease_s <= self.connect_timeout_s + self.read_timeout_s:
            raise ValueError("the lease must be longer than a call")
        return self

    @model_validator(mode="after")
    def _check_production(self) -> Self:
        if self.mode is Mode.PRODUCTION and (self.first_listing_s < 120 or self.next_listing_s < 60):  # noqa: PLR2004 - messaging.md D
            raise ValueError("production waits 120 s before the first listing and 60 s between two")
        return self

    @property
    def timings(self) -> Timings:
        """Return the times as the steps of the outbox take them."""
        return Timings(
            lease=timedelta(seconds=self.lease_s),
            call=timedelta(seconds=self.connect_timeout_s + self.read_timeout_s),
            minimum_validity=timedelta(seconds=self.minimum_validity_s),
            retry=timedelta(seconds=self.retry_s),
            longest_retry=timedelta(seconds=self.longest_retry_s),
            first_listing=timedelta(seconds=self.first_listing_s),
            next_listing=timedelta(seconds=self.next_listing_s),
            listing_patience=timedelta(seconds=self.listing_patience_s),
            first_poll=timedelta(seconds=self.first_poll_s),
            poll_patience=timedelta(seconds=self.poll_patience_s),
        )

    @property
    def valve_limits(self) -> ValveLimits:
        """Return the rate and the breaker's numbers."""
        return ValveLimits(
            rate_per_s=self.send_rate_per_s,
            consecutive=self.breaker_consecutive,
            window=self.breaker_window,
            share=self.breaker_share,
            rest_s=self.breaker_rest_s,
        )


class TwilioSettings(_FromEnvironment):
    """How to reach Twilio in production, and outside it only the double that speaks like it."""

    twilio_account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    twilio_auth_token: SecretStr
    twilio_from: str = Field("", pattern=r"^(\+[1-9][0-9]{4,14}|[0-9A-Za-z ]{1,11})?$")
    twilio_messaging_service_sid: str = Field("", pattern=r"^(MG[0-9a-fA-F]{32})?$")
    twilio_api_base: str = TWILIO_API
    carrier_proxy: str = ""
    gateway_public_url: str

    @field_validator("twilio_api_base", "gateway_public_url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return _check_address(url)

    @model_validator(mode="after")
    def _check_sender(self) -> Self:
        if bool(self.twilio_from) == bool(self.twilio_messaging_service_sid):
            raise ValueError("exactly one of TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID")
        return self

    @model_validator(mode="after")
    def _check_base(self) -> Self:
        host = urlsplit(self.twilio_api_base).hostname or ""
        if self.mode is Mode.PRODUCTION and self.twilio_api_base != TWILIO_API:
            raise ValueError("production sends through Twilio itself only")
        if self.mode is not Mode.PRODUCTION and (host == "twilio.com" or host.endswith(".twilio.com")):
            raise ValueError("outside production nothing is sent through Twilio")
        if self.mode is Mode.PRODUCTION and not self.gateway_public_url.startswith("https://"):
            raise ValueError("production takes receipts over https only")
        return self


class AliyunSettings(_FromEnvironment):
    """How to reach Aliyun's SMS in production, and outside it only the double that speaks like it.

    `aliyun_template_body` is the body of the approved template, letter by letter: what we send is checked against it.
    """

    aliyun_access_key_id: str = Field(pattern=r"^[0-9A-Za-z]{8,128}$")
    aliyun_access_key_secret: SecretStr = Field(min_length=1)
    aliyun_sign_name: str = Field(min_length=2, max_length=12)
    aliyun_template_code: str = Field(pattern=r"^SMS_[0-9]{1,20}$")
    aliyun_template_body: str = Field(max_length=500)
    aliyun_variable_chars: int = Field(35, ge=1, le=500)
    aliyun_api_base: str = ALIYUN_API
    carrier_proxy: str = ""
    rules: MessagingRules = Field(default_factory=MessagingRules)

    @property
    def template(self) -> Template:
        """Return the template under the signature."""
        return Template.parse(
            self.aliyun_template_body, sign_name=self.aliyun_sign_name, most_chars=self.aliyun_variable_chars
        )

    @field_validator("aliyun_api_base")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return _check_address(url)

    @model_validator(mode="after")
    def _check_base(self) -> Self:
        host = urlsplit(self.aliyun_api_base).hostname or ""
        if self.mode is Mode.PRODUCTION and self.aliyun_api_base != ALIYUN_API:
            raise ValueError("production sends through Aliyun itself only")
        if self.mode is not Mode.PRODUCTION and (host == "aliyuncs.com" or host.endswith(".aliyuncs.com")):
            raise ValueError("outside production nothing is sent through Aliyun")
        return self

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        """Refuse a template that could not carry every text that the rules let through, or an opt-out nobody hears."""
        if self.rules.carrier_inbound:
            raise ValueError("Aliyun's replies are not heard: CARRIER_INBOUND must be false")
        for units in (self.rules.text_units_min, self.rules.text_units_max):
            if self.template.fit(compose("好" * units, settings=self.rules).text) is None:
                raise ValueError("the template does not render signature, every text and suffix as they are composed")
        return self


class SenderSettings(GroupSettings, _FromEnvironment):
    """Where the sender's worker and pump find both databases and Redis, and which carrier they use.

    With METRICS_PORT the pump answers Prometheus on METRICS_ADDRESS: exact figures, for operators' eyes only.
    """

    serving_url: SecretStr
    redis_url: SecretStr
    carrier: Carrier = Carrier.TWILIO
    metrics_address: str = "127.0.0.1"
    metrics_port: int = Field(0, ge=0, le=65535)

    @model_validator(mode="after")
    def _check_carrier(self) -> Self:
        if self.mode is Mode.PRODUCTION and self.carrier is Carrier.CONSOLE:
            raise ValueError("production does not print messages")
        return self


class GatewaySettings(GroupSettings, _FromEnvironment):
    """What the gateway trusts: one account, its current and its previous token, under one public address."""

    gateway_public_url: str
    twilio_account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    twilio_auth_token: SecretStr
    twilio_auth_token_previous: SecretStr = SecretStr("")
    gateway_answer_within_s: float = Field(0.8, gt=0)
    gateway_connections: int = Field(4, ge=1)

    @model_validator(mode="after")
    def _check_address(self) -> Self:
        if self.mode is Mode.PRODUCTION and not self.gateway_public_url.startswith("https://"):
            raise ValueError("production takes receipts over https only")
        return self

    @property
    def auth_tokens(self) -> tuple[str, ...]:
        """Return the tokens that a signature may be made with."""
        tokens = (self.twilio_auth_token, self.twilio_auth_token_previous)
        return tuple(token.get_secret_value() for token in tokens if token.get_secret_value())
