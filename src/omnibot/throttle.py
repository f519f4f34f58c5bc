"""How often somebody may do something: a bucket of permissions that refills evenly."""

from time import monotonic

FORGET_ABOVE = 50_000  # keys; full buckets are dropped when there are more


class Throttle:
    """`per_minute` permissions a key, all of which may be used at once."""

    def __init__(self, per_minute: int) -> None:
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._buckets: dict[object, tuple[float, float]] = {}

    def wait(self, key: object) -> float:
        """Take one permission; 0.0 if there was one, else the seconds until there will be."""
        now = monotonic()  # durations, not instants: a clock that is set must not open or shut the gate
        level, since = self._buckets.get(key, (self._capacity, now))
        level = min(self._capacity, level + (now - since) * self._per_second)
        if level < 1.0:
            return (1.0 - level) / self._per_second
        self._buckets[key] = (level - 1.0, now)
        if len(self._buckets) > FORGET_ABOVE:
            self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        full = self._capacity / self._per_second
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket[1] < full}
