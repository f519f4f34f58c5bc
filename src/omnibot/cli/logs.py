"""Structured logs: JSON lines with the fields that were asked for; never what people wrote, never a secret."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# A second net below the rule that secrets and texts are not logged at all (RELIABILITY, "Secrets in logs").
_SECRETS = re.compile(
    r"omb_[\w-]{8,}|Bearer\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=password=)\S+|(?<=://)[^\s/@]+:[^\s/@]+(?=@)"
)


def set_up_logs(level: str) -> None:
    """Everything goes to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s", stream=sys.stderr)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank out what looks like a secret in any field."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _SECRETS.sub("[removed]", value)
    return event
