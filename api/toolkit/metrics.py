"""Counters for operators, in a registry of their own (one for each application)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from clearance.errors import Unavailable
from register.collections import OpenCounts

COUNTED_EVERY = timedelta(minutes=1)
"""How old the numbers may be that the database is asked for."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """What ``/metrics`` shows; no label ever holds a number, code, token or address."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "mohr_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "mohr_http_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._issued = Counter(
            "mohr_clearances_issued", "Clearances issued.", ("kind",), registry=self._registry
        )
        self._verdicts = Counter(
            "mohr_verdicts", "Verdicts reached.", ("way", "outcome"), registry=self._registry
        )

        self._collections = Gauge(
            "mohr_collections_open",
            "Collections of premium whose clearance is not issued, as of the last minute.",
            ("state",),
            registry=self._registry,
        )
        self._counted_at: datetime | None = None

    def count_collections(self, count: Callable[[], OpenCounts], *, now: datetime) -> None:
        """Renew the numbers of running clocks if they are older than ``COUNTED_EVERY``.

        However often it is called, the database is asked no more often. While it does not answer,
        the numbers stay as they are.
        """
        if self._counted_at is not None and now - self._counted_at < COUNTED_EVERY:
            return
        self._counted_at = now
        try:
            counts = count()
        except Unavailable:
            return
        self._collections.labels("in_time").set(counts.open - counts.overdue)
        self._collections.labels("overdue").set(counts.overdue)

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request under its route's template."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def clearance_issued(self, kind: str) -> None:
        """Count one clearance; repetitions of a request do not count."""
        self._issued.labels(kind).inc()

    def verdict_reached(self, way: str, outcome: str) -> None:
        """Count one verdict by its outcome and its way in.

        ``way`` is ``file``, ``token``, ``code`` or ``digest``.
        """
        self._verdicts.labels(way, outcome).inc()

    def exposition(self) -> bytes:
        """Return all values in Prometheus' text format."""
        return generate_latest(self._registry)
