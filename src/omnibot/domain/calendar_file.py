"""A visit as a calendar file (RFC 5545): the same UID for the same case, so that a later file updates the entry or takes it out."""

from datetime import UTC, datetime

from omnibot.domain.booking import Booking, Stage

MEDIA_TYPE = "text/calendar"
_FOLD = 75  # octets of a line, without its end; RFC 5545, 3.1


def calendar_file(booking: Booking, *, number: str, host: str, summary: str, place: str | None, now: datetime) -> bytes:
    """`number` is the ticket's, `host` makes the UID ours. Raises ValueError where nothing was ever picked."""
    if booking.slot is None:
        raise ValueError("no time was picked")
    is_off = booking.stage is Stage.CANCELLED
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//omnibot//visits//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if is_off else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:visit-{number}@{host}",
        f"SEQUENCE:{booking.sequence}",
        f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(booking.slot.starts_at)}",
        f"DTEND:{_instant(booking.slot.ends_at)}",
        f"SUMMARY:{_text(summary)}",
        *([f"LOCATION:{_text(place)}"] if place else []),
        f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """RFC 5545, 3.3.11: these characters carry a backslash, a line end is one, too. Other controls may not stand there."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(character for character in lines if character == "\t" or character >= " ")


def _folded(line: str) -> bytes:
    """A line of at most 75 octets; it goes on behind a space, and no character is cut in two."""
    parts: list[bytes] = []
    current = b""
    for character in line:
        encoded = character.encode()
        if len(current) + len(encoded) > _FOLD:
            parts.append(current)
            current = b" "
        current += encoded
    return b"\r\n".join([*parts, current]) + b"\r\n"
