"""Prometheus metrics of the origin. Labels come from fixed sets only, never from requests."""

from collections.abc import Callable, Iterator

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from origin.counters import KINDS, Counters
from origin.sending import Account, Sender


class OriginCollector(Collector):
    """Reads the counters when Prometheus asks; `gauges` are named figures with their meaning."""

    def __init__(self, counters: Counters, gauges: dict[str, tuple[str, Callable[[], float]]]) -> None:
        self._counters = counters
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        sent = CounterMetricFamily("origin_response_bytes", "Bytes that left the origin.", labels=["kind"])
        for kind in KINDS:
            sent.add_metric([kind], getattr(self._counters.total, kind))
        yield sent
        seeders = CounterMetricFamily("origin_seeder_response_bytes", "Those of them that went to seeders.")
        seeders.add_metric([], self._counters.total.to_seeders)
        yield seeders
        for name, (meaning, value) in self._gauges.items():
            yield GaugeMetricFamily(name, meaning, value=value())


class Metrics:
    """The page that Prometheus reads."""

    def __init__(self, registry: CollectorRegistry, sender: Sender) -> None:
        self._registry = registry
        self._sender = sender

    def add_routes(self, app: web.Application) -> None:
        """Mount /metrics."""
        app.router.add_get("/metrics", self.page)

    async def page(self, request: web.Request) -> web.StreamResponse:
        """All metrics of the registry, in Prometheus' text format."""
        response = web.StreamResponse(headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})
        await self._sender.send(request, response, generate_latest(self._registry), Account())
        return response
