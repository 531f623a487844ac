"""Prometheus metrics: requests here, and what the house counts about itself when it is asked."""

from collections.abc import Callable, Iterator

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

registry = CollectorRegistry()
_requests = Counter(
    "hall_requests_total", "Requests by route and status.", ["method", "route", "status"], registry=registry
)
_seconds = Histogram(
    "hall_request_seconds",
    "How long a request took.",
    ["route"],
    registry=registry,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STREAMS = "/api/v1/live"
_labelled: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def observe(request: web.Request, status: int, seconds: float) -> None:
    """Count one request under its route's pattern, never under the address as typed."""
    resource = request.match_info.route.resource
    method = request.method if request.method in _METHODS else "other"
    key = (method, resource.canonical if resource else "unknown", status)
    labelled = _labelled.get(key)
    if labelled is None:
        labelled = _labelled[key] = (_requests.labels(*map(str, key)), _seconds.labels(key[1]))
    labelled[0].inc()
    if key[1] != _STREAMS:
        labelled[1].observe(seconds)


class HouseCollector(Collector):
    """Figures read when Prometheus asks: name → (help, function)."""

    def __init__(self, figures: dict[str, tuple[str, Callable[[], float]]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield one gauge for each figure."""
        for name, (words, read) in self._figures.items():
            yield GaugeMetricFamily(name, words, value=read())


def exposition(figures: dict[str, tuple[str, Callable[[], float]]]) -> bytes:
    """The text that Prometheus reads."""
    own = CollectorRegistry()
    own.register(HouseCollector(figures))
    return generate_latest(registry) + generate_latest(own)
