"""`python -m benchmarks.auditing`: what the chain of the audit costs the sender, claims and whole messages.

Each round takes one batch with the audit and one without, in turn; both take every other step, over a PostgreSQL of
their own with fsync on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

import click
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.carrier import run_carrier
from benchmarks.outbox import Outbox, open_outbox
from benchmarks.sending import LATENCY_S
from benchmarks.values import Progress, Row, Sense
from messaging.delivery.claiming import claim_many
from messaging.delivery.draining import drain
from messaging.delivery.sending import Desk
from privacy.audit.recording import Act, Recorder

_NAME = "bench-audit"
_CONNECTIONS = 8
_AT_ONCE = 4
_BATCH, _QUICK_BATCH = 600, 120
_ROUNDS, _QUICK_ROUNDS = 5, 1


class _NoRecorder(Recorder):
    """Opens the same transaction and writes nothing."""

    @contextmanager
    def begin(self, sessions: sessionmaker[Session], /) -> Iterator[Act]:
        with sessions.begin() as session:
            yield Act(session, self.actor)


def _claim_all(desk: Desk) -> None:
    def claim_line(_: int) -> None:
        while claim_many(desk.sessions, gate=desk.gate, now=desk.clock(), most=_AT_ONCE).claims:
            pass

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        list(pool.map(claim_line, range(_CONNECTIONS)))


def _send_all(desk: Desk) -> None:
    drain(desk, connections=_CONNECTIONS, stop=Event())


_WORK = {"claims alone": _claim_all, "slot, claim, call and end": _send_all}


def _time(outbox: Outbox, desk: Desk, what: str, *, batch: int) -> float:
    outbox.plan(batch)
    began = time.perf_counter()
    _WORK[what](desk)
    return time.perf_counter() - began


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Return the rates with the audit over those without, for the record."""
    batch = _QUICK_BATCH if quick else _BATCH
    found: dict[str, list[float]] = {what: [] for what in _WORK}
    with (
        open_outbox(_NAME) as outbox,
        run_carrier(latency_s=LATENCY_S) as carrier_url,
        outbox.sender(carrier_url=carrier_url, connections=_CONNECTIONS) as parts,
    ):
        recorder = parts.desk.gate.recorder
        silent = replace(parts.desk.gate, recorder=_NoRecorder(recorder.key, recorder.actor))
        desks = {True: parts.desk, False: replace(parts.desk, gate=silent)}
        for number in range(_QUICK_ROUNDS if quick else _ROUNDS):
            for what, ratios in found.items():
                order = (True, False) if number % 2 else (False, True)
                took = {on: _time(outbox, desks[on], what, batch=batch) for on in order}
                ratios.append(took[False] / took[True])
                progress(f"round {number + 1}, {what}: {ratios[-1]:.2f} of the rate without the audit")
    return [
        Row(
            name=f"{what} with the audit, over the same without",
            goal=1.0,
            sense=Sense.RECORD,
            ratios=tuple(ratios),
            unit="×",
            note=f"{batch} messages a round, {_CONNECTIONS} connections",
        )
        for what, ratios in found.items()
    ]


@click.command()
@click.option("--quick", is_flag=True)
def main(*, quick: bool) -> None:
    """Measure claims alone, then whole messages with a carrier that takes 50 ms."""
    for row in measure(quick=quick, progress=print):
        print(f"{row.name}: {row.median:.2f} ({row.min:.2f}-{row.max:.2f}); {row.note}")


if __name__ == "__main__":
    main()
