"""What a time zone is called beside a time of day: by its key in English, 北京时间 in Chinese."""

from zoneinfo import ZoneInfo

from omnibot.texts import Words, mark

# Those where Chinese readers are likely; any other is called by its key.
_NAMED = {
    "Asia/Shanghai": mark("Asia/Shanghai"),
    "Asia/Hong_Kong": mark("Asia/Hong_Kong"),
    "Asia/Taipei": mark("Asia/Taipei"),
    "Asia/Macau": mark("Asia/Macau"),
    "Asia/Urumqi": mark("Asia/Urumqi"),
    "Asia/Singapore": mark("Asia/Singapore"),
    "Asia/Kuala_Lumpur": mark("Asia/Kuala_Lumpur"),
    "Asia/Tokyo": mark("Asia/Tokyo"),
    "Asia/Seoul": mark("Asia/Seoul"),
    "Asia/Bangkok": mark("Asia/Bangkok"),
    "Asia/Dubai": mark("Asia/Dubai"),
    "Australia/Sydney": mark("Australia/Sydney"),
    "Europe/London": mark("Europe/London"),
    "Europe/Paris": mark("Europe/Paris"),
    "Europe/Berlin": mark("Europe/Berlin"),
    "Europe/Vienna": mark("Europe/Vienna"),
    "Europe/Zurich": mark("Europe/Zurich"),
    "Europe/Amsterdam": mark("Europe/Amsterdam"),
    "Europe/Brussels": mark("Europe/Brussels"),
    "Europe/Madrid": mark("Europe/Madrid"),
    "Europe/Rome": mark("Europe/Rome"),
    "Europe/Warsaw": mark("Europe/Warsaw"),
    "America/New_York": mark("America/New_York"),
    "America/Chicago": mark("America/Chicago"),
    "America/Los_Angeles": mark("America/Los_Angeles"),
    "America/Toronto": mark("America/Toronto"),
    "America/Vancouver": mark("America/Vancouver"),
}


def zone_name(words: Words, zone: ZoneInfo) -> str:
    found = _NAMED.get(zone.key)
    return words(found) if found is not None else zone.key
