"""`python -m benchmarks.auditing`: what the chain of the audit costs the sender, claims and whole messages.

Starts a durable PostgreSQL of its own below `.run/`, with fsync on. Each round sends one batch with the audit and one
without, in turn, over the same connections; both take every other step. Prints median (min-max) round by round.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import click
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session, sessionmaker

from messaging.campaigns.settings import MessagingRules
from messaging.delivery.claiming import Gate, claim
from messaging.delivery.draining import drain
from messaging.delivery.finishing import Finish
from messaging.delivery.models import Message, MessageState, Run, RunState
from messaging.delivery.ports import Accepted, CarrierRecord, InboundSms, OutgoingSms, TakenSms
from messaging.delivery.sending import Desk
from messaging.delivery.values import Timings
from messaging.delivery.valve import ValveLimits
from privacy.audit.recording import Act, Recorder
from privacy.audit.values import Actor, AuditKey
from privacy.people.caps import CapLimits
from privacy.people.errors import KeyName
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.models import ConsentEntry, DataKey, Household, Phone
from privacy.people.vault import Vault
from stack.cluster import Cluster
from stack.databases import create, get_passwords
from stack.paths import get_run_dir, remove_run_dir

_NAME = "bench-audit"
_LATENCY_S = 0.05


class _NoRecorder(Recorder):
    """Opens the same transaction and writes nothing."""

    @contextmanager
    def begin(self, sessions: sessionmaker[Session], /) -> Iterator[Act]:
        with sessions.begin() as session:
            yield Act(session, self.actor)


class _SlowSender:
    """Takes every message after the usual time of a carrier. Nothing here is ever in doubt, so nothing is looked up."""

    def send(self, sms: OutgoingSms) -> Accepted:
        del sms
        time.sleep(_LATENCY_S)
        return Accepted(f"SM{uuid4().hex}")

    def find_sent(self, *, phone: str, text: str, token: UUID, since: datetime) -> list[CarrierRecord]:
        raise NotImplementedError

    def find_status(self, taken: TakenSms, /) -> CarrierRecord | None:
        raise NotImplementedError

    def find_inbound(self, *, since: datetime, before: datetime | None) -> list[InboundSms]:
        raise NotImplementedError


@contextmanager
def _start() -> Iterator[tuple[sessionmaker[Session], sessionmaker[Session], Vault, Recorder]]:
    """Give sessions of the superuser and of the sender, a vault and the sender's recorder."""
    run_dir = get_run_dir(_NAME)
    cluster, passwords = Cluster.at(run_dir, "people"), get_passwords(run_dir)
    key_file = run_dir / "keys.json"
    if not key_file.exists():
        create_key_file(key_file)
    keys = FileKeyStore(key_file)
    cluster.start()
    try:
        create(cluster, database="people", name="people", passwords=passwords)
        sender_url = cluster.url(role="field_sender", password=passwords["field_sender"])
        engines = create_engine(cluster.url()), create_engine(sender_url, pool_size=64)
        admin, sender = (sessionmaker(engine, expire_on_commit=False) for engine in engines)
        yield admin, sender, Vault(keys), Recorder(AuditKey(keys.get_key(KeyName.AUDIT)), Actor.SENDER)
        for engine in engines:
            engine.dispose()
    finally:
        cluster.stop()
        remove_run_dir(_NAME)


def _make_person(number: int, household_id: UUID, vault: Vault) -> tuple[dict[str, Any], dict[str, Any]]:
    phone = f"+86154{number:08}"
    sealed = vault.seal(household_id, phone)
    its = {"household_id": household_id}
    phone_row = its | {"ciphertext": sealed.ciphertext, "seal_version": sealed.seal_version}
    return phone_row | sealed.hashes._asdict(), its | sealed.key._asdict()


def _plan(admin: sessionmaker[Session], vault: Vault, *, first: int, count: int) -> None:
    """Plan one message each to `count` new households."""
    now = datetime.now(UTC)
    text = f"batch {first}"
    run = {
        "campaign_id": uuid4(), "initiator_id": uuid4(), "city_code": 370200, "category": 0, "leaf_ids": [7],
        "quota": count, "final_text": text, "text_sha256": hashlib.sha256(text.encode()).digest(),
        "state": RunState.RUNNING, "expanded": count, "starts_at": now, "expires_at": now + timedelta(hours=9),
    }  # fmt: skip
    made = [_make_person(first + number, uuid4(), vault) for number in range(count)]
    people, keys = [person for person, _ in made], [key for _, key in made]
    ids = [person["household_id"] for person in people]
    home = {"city_code": 370200, "leaf_id": 7, "push_consent": True}
    consent = {"purpose": "push_info", "granted": True, "policy_version": "1", "source": "bench", "at": now}
    message = {
        "campaign_id": run["campaign_id"], "state": MessageState.PLANNED, "attempt": 0, "not_before": now,
        "absences": 0, "resends": 0, "changed_at": now,
    }  # fmt: skip
    with admin.begin() as session:
        session.execute(insert(Run), [run])
        session.execute(insert(Household), [home | {"household_id": each} for each in ids])
        session.execute(insert(ConsentEntry), [consent | {"household_id": each} for each in ids])
        session.execute(insert(Phone), people)
        session.execute(insert(DataKey), keys)
        session.execute(
            insert(Message),
            [
                message
                | {
                    "message_id": uuid4(),
                    "household_id": person["household_id"],
                    "lookup_hash": person["lookup_hash"],
                    "token": uuid4(),
                }
                for person in people
            ],
        )


def _make_desk(sender: sessionmaker[Session], vault: Vault, recorder: Recorder) -> Desk:
    rules = MessagingRules.model_validate({"mode": "test", "sending_opens": "00:00", "sending_closes": "24:00"})
    gate = Gate(vault, recorder, rules, CapLimits(), Timings(), draw_jitter=lambda: 0.0)
    finish = Finish(timings=Timings(), valve=ValveLimits(rate_per_s=100_000.0))
    return Desk(sender, _SlowSender(), lambda: datetime.now(UTC), gate, finish)


def _claim_all(desk: Desk, *, connections: int) -> None:
    def claim_line(_: int) -> None:
        while claim(desk.sessions, gate=desk.gate, now=desk.clock()) is not None:
            pass

    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(claim_line, range(connections)))


def _report(name: str, found: dict[bool, list[float]], *, limit: float | None = None) -> None:
    ratios = [audited / bare for audited, bare in zip(found[True], found[False], strict=True)]
    rates = " ".join(f"{'with' if on else 'without'} {statistics.median(found[on]):.0f}/s" for on in (True, False))
    print(f"{name}: {rates}; with / without {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    if limit:
        for on in (True, False):
            share = statistics.median(found[on]) / limit
            print(f"   share of n / latency {'with' if on else 'without'} the audit: {share:.2f}")


@click.command()
@click.option("--connections", default=8, show_default=True, help="Claims, and calls, at the same time.")
@click.option("--batch", default=600, show_default=True, help="Messages of one batch.")
@click.option("--rounds", default=5, show_default=True)
def main(*, connections: int, batch: int, rounds: int) -> None:
    """Measure claims alone, then claim, call and finish with a carrier that takes 50 ms."""
    claims: dict[bool, list[float]] = {True: [], False: []}
    messages: dict[bool, list[float]] = {True: [], False: []}
    with _start() as (admin, sender, vault, recorder):
        desks = {
            True: _make_desk(sender, vault, recorder),
            False: _make_desk(sender, vault, _NoRecorder(recorder.key, recorder.actor)),
        }
        first = 0
        for number in range(rounds):
            for on in (True, False) if number % 2 else (False, True):
                for rates in (claims, messages):
                    _plan(admin, vault, first=first, count=batch)
                    first += batch
                    began = time.perf_counter()
                    if rates is claims:
                        _claim_all(desks[on], connections=connections)
                    else:
                        drain(desks[on], connections=connections, stop=Event())
                    rates[on].append(batch / (time.perf_counter() - began))
            print(f"round {number + 1}: {claims[True][-1]:.0f} claims/s, {claims[False][-1]:.0f} without", flush=True)
    _report(f"claims over {connections} connections", claims)
    _report(f"messages over {connections} connections", messages, limit=connections / _LATENCY_S)


if __name__ == "__main__":
    main()
