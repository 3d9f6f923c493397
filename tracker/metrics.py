"""The tracker's counters as Prometheus reads them. They are read from the core when asked for, not kept twice."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tracker.tracker import Tracker


class TrackerCollector(Collector):
    """Counters and gauges of one tracker. Labels come from fixed sets, never from what peers send."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def collect(self) -> Iterable[Metric]:
        tracker, tally = self._tracker, self._tracker.tally
        yield _gauge("tracker_connections", "Open connections, joined or not", len(tracker.links))
        yield _gauge("tracker_peers", "Peers that have joined", len(tracker.members.peers))
        yield _gauge("tracker_items", "Items that somebody watches", len(tracker.members.items))
        yield _gauge("tracker_pairs", "Introductions under way", len(tracker.pairs))
        yield _counter("tracker_announces", "Announces by result", ("result",), _single(tally.announces))
        yield _counter("tracker_signals", "Offers, answers and candidates", ("kind", "result"), tally.signals.items())
        yield _counter("tracker_refusals", "Refused requests by reason", ("reason",), _single(tally.refusals))
        yield _counter("tracker_stun", "STUN requests by result", ("result",), _single(tally.stun))
        clipped = tracker.telemetry.clipped
        yield _counter("tracker_reports_clipped", "Reports that claimed more than is believed", (), [((), clipped)])


def _gauge(name: str, text: str, value: int) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _single(counts: Counter[str]) -> Iterable[tuple[tuple[str], int]]:
    return (((label,), count) for label, count in counts.items())


def _counter(name: str, text: str, labels: tuple[str, ...], counts: Iterable[tuple[tuple[str, ...], int]]) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in counts:
        family.add_metric(values, count)
    return family
