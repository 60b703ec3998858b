"""What `messages status` shows, for Prometheus: exact figures of the people side, for operators only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from messaging.delivery.status import DeliveryStatus, get_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric
    from sqlalchemy.orm import Session, sessionmaker

    from messaging.delivery.ports import Clock


class StatusCollector(Collector):
    """Counts at each scrape; without the database it says only that it could not."""

    def __init__(self, sessions: sessionmaker[Session], *, clock: Clock) -> None:
        """Keep the people database's sessions; nothing is asked yet."""
        self._sessions = sessions
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        """Return every gauge of one moment."""
        is_up = GaugeMetricFamily("fieldreach_people_up", "Whether the people database answers.")
        try:
            with self._sessions() as session:
                status = get_status(session, now=self._clock())
        except SQLAlchemyError:
            is_up.add_metric([], 0)
            return [is_up]
        is_up.add_metric([], 1)
        return [is_up, *_get_states(status), *_get_valve(status)]


def _get_states(status: DeliveryStatus) -> Iterable[Metric]:
    labels = ["state", "reason"]
    counts = GaugeMetricFamily("fieldreach_messages", "Messages by state.", labels=labels)
    ages = GaugeMetricFamily("fieldreach_messages_oldest_seconds", "How long the oldest is in it.", labels=labels)
    for row in status.states:
        counts.add_metric([row.state, row.reason or ""], row.messages)
        ages.add_metric([row.state, row.reason or ""], row.oldest_age_s)
    runs = GaugeMetricFamily("fieldreach_campaigns", "Campaigns by state.", labels=["state"])
    for state, count in status.runs:
        runs.add_metric([state], count)
    return [counts, ages, runs]


def _get_valve(status: DeliveryStatus) -> Iterable[Metric]:
    view = status.valve
    paused = GaugeMetricFamily("fieldreach_valve_paused", "Whether nothing may leave, and why.", labels=["reason"])
    paused.add_metric([view.pause_reason or ""], view.is_paused)
    doubt = GaugeMetricFamily("fieldreach_results_in_doubt_share", "Share in doubt of the latest results.")
    doubt.add_metric([], view.in_doubt / view.results if view.results else 0)
    slots = GaugeMetricFamily("fieldreach_cap_slots_held", "Slots that frequency caps hold.")
    slots.add_metric([], status.slots_held)
    return [paused, doubt, slots]


@contextmanager
def serve_metrics(collector: Collector, *, address: str, port: int) -> Iterator[int]:
    """Answer scrapes in a thread while the block runs; port 0 serves none. Gives the port."""
    if port == 0:
        yield 0
        return
    registry = CollectorRegistry()
    registry.register(collector)
    server, thread = start_http_server(port, addr=address, registry=registry)
    try:
        yield port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
