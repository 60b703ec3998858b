"""Actors, audiences and requests as the tests of campaigns need them, and a queue that remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from messaging.campaigns.broadcasts import request_broadcast
from messaging.campaigns.idempotency import KeyedRequest, check_key
from messaging.campaigns.rule_import import import_rules
from messaging.campaigns.settings import MessagingRules, Mode
from messaging.campaigns.values import Actor, Audience, BroadcastRequest, BroadcastView, Requested
from privacy.release.values import Category

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

SHINAN = 370202
RULES = MessagingRules(mode=Mode.PRODUCTION)
HONEST = "老小区冰箱以旧换新，到店最高补贴2000元"
DOUBTFUL = "冰箱以旧换新，欢迎扫码预约上门"
CERTAIN = "冰箱以旧换新，加我微信聊"
HEADER = "term,class,verdict,exceptions\n"
ROUTE = "POST /v1/yingxiaobao/broadcasts"


@dataclass(slots=True)
class RecordingJobQueue:
    """Remembers whom it was asked to wake for."""

    woken: list[UUID] = field(default_factory=list)

    def wake(self, *, campaign_id: UUID) -> None:
        """Remember the campaign."""
        self.woken.append(campaign_id)


def make_actor() -> Actor:
    return Actor(uuid4(), "salesperson", frozenset({SHINAN}))


def make_request(
    *,
    body: str = HONEST,
    quota: int = 100,
    need: float = 4000.0,
    leaf_ids: tuple[int, ...] = (3, 1, 2),
    districts: frozenset[int] = frozenset({SHINAN}),
) -> BroadcastRequest:
    audience = Audience(
        leaf_ids=leaf_ids,
        city_code=370200,
        district_adcodes=districts,
        category=Category.REFRIGERATOR,
        release_id="2026-11-370200",
        need=need,
        need_sd=20.0,
    )
    return BroadcastRequest(audience, quota, body)


@dataclass(frozen=True, slots=True)
class Desk:
    """One salesperson's way to ask: who, when, and with which rules."""

    sessions: sessionmaker[Session]
    clock: Callable[[], datetime]
    queue: RecordingJobQueue
    actor: Actor
    operator: sessionmaker[Session]
    settings: MessagingRules = RULES

    def ask(
        self, request: BroadcastRequest | None = None, *, key: str | None = "key-00001", body: bytes = b"{}"
    ) -> Requested[BroadcastView]:
        """Request a broadcast."""
        return request_broadcast(
            self.sessions,
            actor=self.actor,
            request=request or make_request(),
            keyed=KeyedRequest(self.actor.account_id, ROUTE, check_key(key), sha256(body).digest()),
            clock=self.clock,
            queue=self.queue,
            settings=self.settings,
        )


def add_rules(desk: Desk, row: str) -> int:
    """Make one row the next version of the operator's rules; returns its number."""
    return import_rules(desk.operator, source=f"{HEADER}{row}\n", now=desk.clock(), settings=RULES).number
