"""`python -m benchmarks.sending`: messages a second of one sending process, against n connections that never idle.

Every step is on: slot, claim with caps, audit and phone, look before the call, Twilio's own client over HTTP, end.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

import click

from benchmarks.carrier import run_carrier
from benchmarks.outbox import Outbox, open_outbox
from benchmarks.values import Progress, Row, Sense
from messaging.delivery.draining import drain
from messaging.delivery.models import MessageState

_NAME = "bench-sending"
_FIGURE = (
    "sending at 50 ms carrier latency, per process with n connections, share of the limit n / latency,"
    " with every crash-safe step on"
)
LATENCY_S = 0.05
_GOAL = 0.80
_CONNECTIONS = (8, 16, 32)
_SECONDS, _QUICK_SECONDS = 10.0, 3.0
_ROUNDS = 3


@dataclass(frozen=True)
class Drained:
    """One drain: messages a second, and what a message cost this process, microseconds of processor."""

    rate: float
    cpu_us: float


def drain_once(outbox: Outbox, *, carrier_url: str, connections: int, seconds: float) -> Drained:
    """Send as many messages as the limit would take `seconds` for, from cold connections to the last end."""
    count = int(connections / LATENCY_S * seconds)
    outbox.plan(count)
    with outbox.sender(carrier_url=carrier_url, connections=connections) as parts:
        began, cpu = time.perf_counter(), time.process_time()
        calls = drain(parts.desk, connections=connections, stop=Event())
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
    if calls != count or outbox.count(MessageState.ACCEPTED) != outbox.planned:
        raise RuntimeError(f"{calls} of {count} messages left")
    return Drained(count / took, cpu / count * 1e6)


def measure(*, quick: bool, progress: Progress) -> list[Row]:
    """Return the share of the limit for each number of connections."""
    seconds = _QUICK_SECONDS if quick else _SECONDS
    found: dict[int, list[Drained]] = {connections: [] for connections in _CONNECTIONS}
    with open_outbox(_NAME) as outbox, run_carrier(latency_s=LATENCY_S) as carrier_url:
        for number in range(1 if quick else _ROUNDS):
            for connections, drained in found.items():
                drained.append(drain_once(outbox, carrier_url=carrier_url, connections=connections, seconds=seconds))
                progress(f"round {number + 1}, {connections} connections: {drained[-1].rate:.0f} messages/s")
    return [_make_row(connections, drained, seconds=seconds) for connections, drained in found.items()]


def _make_row(connections: int, drained: Sequence[Drained], *, seconds: float) -> Row:
    limit = connections / LATENCY_S
    cpu_us = sorted(one.cpu_us for one in drained)[len(drained) // 2]
    # The goal is told of n connections, whatever n: it is held where one process of CPython is not the limit itself.
    is_held = connections == _CONNECTIONS[0]
    return Row(
        name=f"{_FIGURE}, {connections} connections",
        goal=_GOAL,
        sense=Sense.AT_LEAST if is_held else Sense.RECORD,
        ratios=tuple(one.rate / limit for one in drained),
        unit="of the limit",
        note=f"{limit * seconds:.0f} messages a round, every step on; {cpu_us:.0f} us of the process a message",
    )


@click.command()
@click.option("--quick", is_flag=True)
def main(*, quick: bool) -> None:
    """Measure and print."""
    for row in measure(quick=quick, progress=print):
        print(f"{row.name}: {row.median:.2f} ({row.min:.2f}-{row.max:.2f}); {row.note}")


if __name__ == "__main__":
    main()
