"""What is measured while the process runs. Kept here in plain numbers, because every request adds to them; prometheus_client
writes them down when `/metrics` is asked for, and is loaded then."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

Labels = tuple[str, ...]


class Gauge:
    """A number that is set, or one per combination of label values."""

    def __init__(self, name: str, help: str, labels: tuple[str, ...] = ()) -> None:
        self.name, self.help = name, help
        self._labels = labels
        self._values: dict[Labels, float] = {}

    def set(self, value: float, **labels: str) -> None:
        self._values[tuple(labels[label] for label in self._labels)] = value

    def collect(self) -> Iterator[Any]:
        """As prometheus_client's registry asks for it."""
        from prometheus_client.core import GaugeMetricFamily

        family = GaugeMetricFamily(self.name, self.help, labels=self._labels)
        for labels, value in self._values.items():
            family.add_metric(labels, value)
        yield family


class Histogram:
    """How long something took, counted in buckets; one row of counts per combination of label values."""

    def __init__(self, name: str, help: str, labels: tuple[str, ...], *, buckets: tuple[float, ...]) -> None:
        """`buckets`: upper bounds in seconds, rising."""
        self.name, self.help = name, help
        self._labels = labels
        self._bounds = buckets
        self._rows: dict[Labels, list[float]] = {}  # a count per bucket, one for everything above, and the sum

    def observe(self, labels: Labels, seconds: float) -> None:
        row = self._rows.get(labels)
        if row is None:
            row = self._rows[labels] = [0.0] * (len(self._bounds) + 2)
        row[bisect_left(self._bounds, seconds)] += 1
        row[-1] += seconds

    def collect(self) -> Iterator[Any]:
        """As prometheus_client's registry asks for it: buckets count everything up to their bound."""
        from prometheus_client.core import HistogramMetricFamily

        family = HistogramMetricFamily(self.name, self.help, labels=self._labels)
        for labels, (*counts, total) in self._rows.items():
            buckets: list[Any] = []
            below = 0.0
            for bound, count in zip((*self._bounds, float("inf")), counts, strict=True):
                below += count
                buckets.append(("+Inf" if bound == float("inf") else str(bound), below))
            family.add_metric(labels, buckets, total)
        yield family
