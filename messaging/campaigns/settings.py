"""The numbers of accepting, checking and timing a message, each with its default, read once from the environment.

Household caps stand in `privacy.people.caps`, the numbers of the outbox in `messaging.delivery.settings`.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from messaging.campaigns.clock_time import ClockTime

_Clock = Annotated[ClockTime, BeforeValidator(ClockTime.parse)]

# What the promise to households allows: a message in the day, and a `done` that tells nothing by its time.
_EARLIEST_OPENING = ClockTime(9 * 60)
_LATEST_CLOSING = ClockTime(20 * 60)
_SHORTEST_SLOT_MIN = 6 * 60
_DAY_MIN = 24 * 60
_QUOTAS = (50, 100, 200, 500, 1000)
# The control group of outcomes, and what makes a message that does not come say nothing.
_SMALLEST_HELD_OUT_SHARE = 0.05

_UNITS_ALONE = 70
_UNITS_A_PART = 67
_SEGMENTS_OF_AN_INVITATION = 2

LINK_BLANK = "/t/" + 22 * "·"
"""The path of an invitation's page with its code left blank: only the sender's side knows the code, and fills it in."""

_SUFFIX_INBOUND = "拒收请回复R"
_SUFFIX_IN_APP = "App内退订"


class Mode(StrEnum):
    """What the installation is for; only outside production may the promises to households be shortened."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class MessagingRules(BaseSettings):
    """Every number of messaging.md sections A, B3, B5 and C. Units are UTF-16 code units."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    mode: Mode = Mode.PRODUCTION

    message_signature: str = Field(default="青禾", min_length=2, max_length=8, pattern=r"^[\u4e00-\u9fffA-Za-z0-9]+$")
    carrier_inbound: bool = False
    text_units_min: int = Field(default=5, ge=1)
    text_units_max: int = Field(default=58, ge=5)
    text_chars_max: int = Field(default=500, ge=70, le=500)
    segments_max: int = Field(default=2, ge=1, le=2)
    gateway_public_url: str = Field(default="", max_length=60, pattern=r"^(https?://[A-Za-z0-9.:/_-]+)?$")

    sending_opens: Annotated[_Clock, NoDecode] = ClockTime(9 * 60)
    sending_closes: Annotated[_Clock, NoDecode] = ClockTime(20 * 60)
    opening_jitter_s: int = Field(default=600, ge=0)
    done_slots: tuple[_Clock, ...] = Field(default=(ClockTime(9 * 60), ClockTime(15 * 60)), min_length=1)
    done_every_s: int | None = Field(default=None, ge=1)
    send_rate_per_s: float = Field(default=10.0, gt=0)
    campaign_expires_h: int = Field(default=48, ge=1)

    broadcast_quotas: tuple[int, ...] = _QUOTAS
    broadcast_quota_share: float = Field(default=0.5, gt=0, le=0.5)
    audience_need_min: int = Field(default=200, ge=200)
    held_out_share: float = Field(default=0.05, ge=0, le=0.5)
    actor_broadcasts_per_day: int = Field(default=3, ge=0)
    actor_recipients_per_day: int = Field(default=1000, ge=0)
    actor_invitations_per_day: int = Field(default=10, ge=0)
    actor_invitations_per_week: int = Field(default=50, ge=0)
    organisation_messages_per_day: int = Field(default=20_000, ge=0)
    talk_units_max: int = Field(default=300, ge=60, le=500)
    talk_messages_per_day: int = Field(default=20, ge=1)
    quota_lock_timeout_ms: int = Field(default=3000, ge=1)

    idempotency_kept_h: int = Field(default=48, ge=1)
    duplicate_window_min: int = Field(default=10, ge=0)
    review_expires_h: int = Field(default=24, ge=1)

    @property
    def is_demo(self) -> bool:
        """Whether screens must say that hours and slots are not those of production."""
        return self.mode is Mode.DEMO

    @property
    def suffix(self) -> str:
        """Return how to opt out: only the way that works with the carrier in use."""
        return _SUFFIX_INBOUND if self.carrier_inbound else _SUFFIX_IN_APP

    @property
    def link(self) -> str:
        """Return where an invitation is answered, with the place of its code left blank; empty without an address."""
        return f" {self.gateway_public_url.rstrip('/')}{LINK_BLANK} " if self.gateway_public_url else ""

    @property
    def signature(self) -> str:
        """Return the signature as it stands before the text, with its brackets."""
        return f"【{self.message_signature}】"

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.sending_opens >= self.sending_closes:
            raise ValueError("the sending window must open before it closes")
        if self.text_units_min > self.text_units_max:
            raise ValueError("the shortest text must not be longer than the longest")
        if list(self.done_slots) != sorted(set(self.done_slots)) or self.done_slots[-1].minutes >= _DAY_MIN:
            raise ValueError("the done slots must rise through one day")
        return self

    @field_validator("broadcast_quotas")
    @classmethod
    def _check_quotas(cls, quotas: tuple[int, ...]) -> tuple[int, ...]:
        if not quotas or list(quotas) != [quota for quota in _QUOTAS if quota in quotas]:
            raise ValueError(f"quotas are some of {_QUOTAS}, rising")
        return quotas

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        longest = len(self.signature) + self.text_units_max + len(self.suffix)
        if longest > (_UNITS_ALONE if self.segments_max == 1 else _UNITS_A_PART * self.segments_max):
            raise ValueError("signature, longest text and suffix do not fit the segments")
        if self.gateway_public_url and longest + len(self.link) > _UNITS_A_PART * _SEGMENTS_OF_AN_INVITATION:
            raise ValueError("an invitation with the longest text and its link does not fit two segments")
        return self

    @model_validator(mode="after")
    def _check_production(self) -> Self:
        if self.mode is not Mode.PRODUCTION:
            return self
        if self.sending_opens < _EARLIEST_OPENING or self.sending_closes > _LATEST_CLOSING:
            raise ValueError("production sends between 09:00 and 20:00 only")
        if self.done_every_s is not None or self._shortest_slot_min() < _SHORTEST_SLOT_MIN:
            raise ValueError("production shows done at fixed slots at least six hours apart")
        if self.held_out_share < _SMALLEST_HELD_OUT_SHARE:
            raise ValueError("production holds out a twentieth of each audience at least")
        return self

    def _shortest_slot_min(self) -> int:
        minutes = [slot.minutes for slot in self.done_slots]
        return min(later - earlier for earlier, later in pairwise([*minutes, minutes[0] + _DAY_MIN]))
