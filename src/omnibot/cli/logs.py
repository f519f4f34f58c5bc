"""How logs are written: JSON lines with the fields that were asked for; never what people wrote, never a secret."""

import logging
import re
import sys
from datetime import UTC, datetime

import msgspec

# A second net below the rule that secrets and texts are not logged at all (RELIABILITY, "Secrets in logs").
_SECRETS = re.compile(
    r"omb_[\w-]{8,}|Bearer\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=password=)\S+|(?<=://)[^\s/@]+:[^\s/@]+(?=@)"
)


def set_up_logs(level: str) -> None:
    """Everything goes to standard error; of libraries only the name, for their words may carry values."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("omnibot").setLevel(level.upper())


class JsonLines(logging.Formatter):
    """One JSON object a line: event, level, timestamp and the event's fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", None)
        line: dict[str, object] = {
            "event": record.name if fields is None else record.msg,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            **(fields or {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode({key: redact(value) for key, value in line.items()}, enc_hook=str).decode()


def redact(value: object) -> object:
    """Blank out what looks like a secret."""
    return _SECRETS.sub("[removed]", value) if isinstance(value, str) else value
