"""Alive, ready, measured: what an orchestrator asks, again and again."""

from collections.abc import Callable

from omnibot.clock import Clock
from omnibot.exchange import JSON, Answer, Call, Route
from omnibot.flow.desk import Desk
from omnibot.web import metrics

_PLAIN = (("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),)


def routes(
    desk: Desk,
    clock: Clock,
    *,
    channels: list[str],
    count_own: Callable[[], None],
    is_ready: Callable[[], bool],
) -> list[Route]:
    """`channels` by name; `count_own` sets the gauges that only this process knows."""

    async def healthz(call: Call) -> Answer:
        return Answer(200, b'{"status": "ok"}', JSON)

    async def readyz(call: Call) -> Answer:
        await desk.store.read(lambda tx: tx.exec_driver_sql("SELECT 1").scalar())
        if not is_ready():
            return Answer(503, b'{"status": "stopping"}', JSON)
        # Without Redis everything still arrives, later: that is no reason to take us out of the balancer.
        return Answer(200, b'{"status": "degraded"}' if desk.doorbell.is_degraded else b'{"status": "ok"}', JSON)

    async def show_metrics(call: Call) -> Answer:
        return Answer(200, await metrics.render(desk.store, clock.now(), channels, count_own), _PLAIN)

    handlers = {"/healthz": healthz, "/readyz": readyz, "/metrics": show_metrics}
    return [Route("GET", path, handler) for path, handler in handlers.items()]
