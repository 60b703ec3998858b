"""Prometheus counters of the web process: requests by route and status. No figure of a release, no person."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counters of one application. With PROMETHEUS_MULTIPROC_DIR set they are summed over all web processes."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    refused_releases: Counter
    reads_on_primary: Counter
    # Finding the counter of some labels costs more than counting: each is looked up once.
    _found: dict[tuple[str, str, int], tuple[Counter, Histogram]] = field(default_factory=dict)

    @classmethod
    def make(cls) -> Metrics:
        """Return counters at zero."""
        registry = CollectorRegistry()
        labels = ("method", "route", "status")
        requests = Counter("fieldreach_http_requests", "Requests answered.", labels, registry=registry)
        seconds = Histogram(
            "fieldreach_http_request_seconds",
            "Time to answer, in seconds.",
            ("route",),
            buckets=BUCKETS_S,
            registry=registry,
        )
        refused = Counter(
            "fieldreach_releases_refused",
            "Releases not served since their digest or signature is wrong.",
            registry=registry,
        )
        on_primary = Counter(
            "fieldreach_reads_on_primary",
            "Reads that went to the primary since no replica answered, or none had it yet.",
            registry=registry,
        )
        return cls(registry, requests, seconds, refused, on_primary)

    def count_refused_release(self, release_id: str) -> None:
        """Count a release that is not served."""
        del release_id
        self.refused_releases.inc()

    def count_read_on_primary(self) -> None:
        """Count a read that a replica should have answered."""
        self.reads_on_primary.inc()

    def count(self, *, method: str, route: str, status: int, duration_s: float) -> None:
        """Count one answered request."""
        found = self._found.get((method, route, status))
        if found is None:
            found = self.requests.labels(method, route, str(status)), self.seconds.labels(route)
            self._found[method, route, status] = found
        requests, seconds = found
        requests.inc()
        seconds.observe(duration_s)

    def render(self) -> bytes:
        """Return the text format that Prometheus reads."""
        if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
        return generate_latest(together)
