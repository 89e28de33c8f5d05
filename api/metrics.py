"""Counters for an operator's monitoring, in the Prometheus text format."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one running service; each has its own registry, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "beatplan_requests", "Requests answered.", ("operation", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "beatplan_request_seconds", "Time to answer.", ("operation",), buckets=QUICK, registry=self.registry
        )
        self.repair_seconds = Histogram(
            "beatplan_repair_seconds", "Time to repair a day.", buckets=QUICK, registry=self.registry
        )
        self.listeners = Gauge("beatplan_event_listeners", "Streams of live events.", registry=self.registry)

    def text(self) -> bytes:
        """All counters in the Prometheus text format."""
        return generate_latest(self.registry)


class CountRequests:
    """Counts every request by its operation and status; addresses that are no operation count as `none`."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, counted and timed."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            operation = scope.get("state", {}).get("operation", "none")
            self.metrics.requests.labels(operation, str(status)).inc()
            self.metrics.seconds.labels(operation).observe(time.perf_counter() - began)
