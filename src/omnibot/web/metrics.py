"""What can be measured from outside: counters kept as things happen, and gauges read from the database when asked."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from omnibot.domain.conversation import Status
from omnibot.store import channels, conversation_lists, fillings, inbox, outbox
from omnibot.store.transactions import Store
from omnibot.web.gauges import Gauge, Histogram

REQUEST_SECONDS = Histogram(
    "omnibot_http_request_seconds",
    "Time until the answer to a request was ready",
    ("method", "route", "status"),
    buckets=(0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5),
)
INBOX_WAITING = Gauge("omnibot_inbox_waiting", "Events accepted and not yet received")
INBOX_OLDEST_SECONDS = Gauge(
    "omnibot_inbox_oldest_seconds", "Age of the oldest event not yet received: over 30 s is alarming"
)
OUTBOX_WAITING = Gauge("omnibot_outbox_waiting", "Messages not yet sent")
OUTBOX_OLDEST_SECONDS = Gauge("omnibot_outbox_oldest_seconds", "Age of the oldest message not yet sent")
CONVERSATIONS = Gauge("omnibot_conversations", "Conversations by status", ("status",))
STREAMS = Gauge("omnibot_webchat_streams", "Open web chat streams of this process")
RECEIVED = Gauge("omnibot_received_events", "Events this process gave an outcome since it started")
LOOP_FAILURES = Gauge(
    "omnibot_loop_failures", "How often a background loop failed since the process started", ("loop",)
)
DOORBELL_DEGRADED = Gauge("omnibot_doorbell_degraded", "1 while Redis is away and only the sweep finds work")
FAQ_PROBLEMS = Gauge("omnibot_faq_problems", "What is wrong in the FAQ files; above 0 an older version stays live")
CHANNEL_WORKING = Gauge(
    "omnibot_channel_working", "1 while the platform accepts our credentials, 0 if not", ("channel",)
)
CHANNEL_LAST_IN = Gauge("omnibot_channel_last_in_timestamp_seconds", "When something last came in", ("channel",))
CHANNEL_LAST_OUT = Gauge("omnibot_channel_last_out_timestamp_seconds", "When something last went out", ("channel",))
FORM_QUESTIONS = Gauge("omnibot_form_questions", "Questions of forms that customers were asked")
FORM_QUESTIONS_KNOWN = Gauge(
    "omnibot_form_questions_known", "Of them, those whose answer was known already: above 0 something asks twice"
)

ALL = (
    *(REQUEST_SECONDS, INBOX_WAITING, INBOX_OLDEST_SECONDS, OUTBOX_WAITING, OUTBOX_OLDEST_SECONDS, CONVERSATIONS),
    *(STREAMS, RECEIVED, LOOP_FAILURES, DOORBELL_DEGRADED, FAQ_PROBLEMS),
    *(CHANNEL_WORKING, CHANNEL_LAST_IN, CHANNEL_LAST_OUT, FORM_QUESTIONS, FORM_QUESTIONS_KNOWN),
)


async def render(store: Store, now: datetime, channel_names: list[str], count_own: Callable[[], None]) -> bytes:
    """`/metrics`; `count_own` sets the gauges that only this process knows."""
    waiting, oldest = await store.read(inbox.backlog)
    INBOX_WAITING.set(waiting)
    INBOX_OLDEST_SECONDS.set((now - oldest).total_seconds() if oldest else 0)
    waiting, oldest = await store.read(outbox.backlog)
    OUTBOX_WAITING.set(waiting)
    OUTBOX_OLDEST_SECONDS.set((now - oldest).total_seconds() if oldest else 0)
    counts = await store.read(conversation_lists.counts)
    for status in Status:
        CONVERSATIONS.set(counts[status], status=status.value)
    for line in await store.read(partial(channels.listing, names=channel_names)):
        # Until somebody has looked, a channel is neither well nor ill.
        if line.is_working is not None:
            CHANNEL_WORKING.set(int(line.is_working), channel=line.name)
        if line.last_in:
            CHANNEL_LAST_IN.set(line.last_in.timestamp(), channel=line.name)
        if line.last_out:
            CHANNEL_LAST_OUT.set(line.last_out.timestamp(), channel=line.name)
    asked, known = await store.read(fillings.counts)
    FORM_QUESTIONS.set(asked)
    FORM_QUESTIONS_KNOWN.set(known)
    count_own()
    return _text()


def _text() -> bytes:
    """Ours, and what prometheus_client knows of the process itself."""
    from prometheus_client import PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, *ALL):
        registry.register(collector)
    return generate_latest(registry)
