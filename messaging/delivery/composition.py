"""The parts of the sender, put together from the environment."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from messaging.campaigns.settings import MessagingRules
from messaging.delivery.claiming import Gate
from messaging.delivery.clock import DatabaseClock
from messaging.delivery.console_sender import ConsoleSmsSender
from messaging.delivery.expansion import Draw
from messaging.delivery.finishing import Finish
from messaging.delivery.orders import Stores
from messaging.delivery.pools import create_pool
from messaging.delivery.ports import Clock, SmsSender
from messaging.delivery.reconcile import Inquiry
from messaging.delivery.sending import Desk
from messaging.delivery.settings import AliyunSettings, Carrier, OutboxSettings, SenderSettings, TwilioSettings, load
from messaging.delivery.twilio_sender import TwilioSmsSender
from messaging.delivery.values import Timeouts
from privacy.audit.recording import Act, Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.groups import Group
from privacy.people.caps import CapLimits
from privacy.people.errors import KeyName
from privacy.people.handles import Handles
from privacy.people.keys import KeyStore
from privacy.people.settings import KeySettings
from privacy.people.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATEMENT_TIMEOUT_MS = 30_000


@dataclass(frozen=True, slots=True)
class SenderParts:
    """Everything that the worker and the pump use."""

    outbox: OutboxSettings
    engine: Engine
    stores: Stores
    desk: Desk
    draw: Draw
    inquiry: Inquiry
    handles: Handles


def build_sender(group_name: str | None = None) -> SenderParts:
    """Put the sender of one group together.

    Raises pydantic's ValidationError, GroupError, KeyFileError or KeyMissingError.
    """
    settings, outbox, rules = load(SenderSettings), load(OutboxSettings), load(MessagingRules)
    group = settings.get_group(group_name)
    # Lock, tick, orders, talk, report, inquiry, inbound list and clock, claims and ends, besides the lines that send.
    connections = outbox.sender_connections + 10
    people = create_pool(group.url, connections=connections, statement_timeout_ms=_STATEMENT_TIMEOUT_MS)
    serving = create_pool(settings.serving_url, connections=3, statement_timeout_ms=_STATEMENT_TIMEOUT_MS)
    number = settings.groups.index(group) + 1
    clock = DatabaseClock(people)
    sender = _build_carrier(settings, outbox, clock=clock)
    sessions = sessionmaker(people, expire_on_commit=False)
    keys = load(KeySettings).open_store()
    gate = _build_gate(keys, outbox=outbox, rules=rules)
    return SenderParts(
        outbox=outbox,
        engine=people,
        stores=Stores(serving=sessionmaker(serving), people=sessions, cities=group.cities, number=number),
        desk=Desk(
            sessions=sessions,
            sender=sender,
            clock=clock,
            gate=gate,
            finish=Finish(timings=outbox.timings, valve=outbox.valve_limits),
        ),
        draw=Draw(batch=outbox.expansion_batch, rules=rules, draw_jitter=gate.draw_jitter),
        inquiry=Inquiry(
            sessions=sessions,
            sender=sender,
            vault=gate.vault,
            recorder=gate.recorder,
            clock=clock,
            timings=outbox.timings,
            resends_in_doubt=outbox.resends_in_doubt,
        ),
        handles=Handles(keys),
    )


def _build_gate(keys: KeyStore, *, outbox: OutboxSettings, rules: MessagingRules) -> Gate:
    keys.find_versions(KeyName.KEK)
    return Gate(
        vault=Vault(keys),
        recorder=_build_recorder(keys, actor=Actor.SENDER),
        rules=rules,
        caps=CapLimits(),
        timings=outbox.timings,
        draw_jitter=secrets.SystemRandom().random,
    )


def _build_recorder(keys: KeyStore, *, actor: Actor) -> Recorder:
    return Recorder(AuditKey(keys.get_key(KeyName.AUDIT)), actor)


def _build_carrier(settings: SenderSettings, outbox: OutboxSettings, *, clock: Clock) -> SmsSender:
    if settings.carrier is Carrier.CONSOLE:
        return ConsoleSmsSender()
    timeouts = Timeouts(connect_s=outbox.connect_timeout_s, read_s=outbox.read_timeout_s)
    connections = outbox.sender_connections + 2
    if settings.carrier is Carrier.ALIYUN:
        # A process that opens numbers loads no client but that of its own carrier.
        from messaging.delivery.aliyun_sender import AliyunSmsSender  # noqa: PLC0415

        return AliyunSmsSender(load(AliyunSettings), timeouts=timeouts, connections=connections, clock=clock)
    return TwilioSmsSender(load(TwilioSettings), timeouts=timeouts, connections=connections, clock=clock)


@contextmanager
def _open_people(group: Group) -> Iterator[sessionmaker[Session]]:
    engine = create_pool(group.url, connections=1, statement_timeout_ms=_STATEMENT_TIMEOUT_MS)
    try:
        yield sessionmaker(engine)
    finally:
        engine.dispose()


@contextmanager
def open_people_session(group: Group) -> Iterator[Session]:
    """Open one transaction on a people database, for commands that only look."""
    with _open_people(group) as sessions, sessions.begin() as session:
        yield session


@contextmanager
def open_operator_act(group: Group) -> Iterator[Act]:
    """Open one transaction on a people database in which an operator turns something."""
    recorder = _build_recorder(load(KeySettings).open_store(), actor=Actor.OPERATOR)
    with _open_people(group) as sessions, recorder.begin(sessions) as act:
        yield act
