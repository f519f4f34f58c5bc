"""The short form that ends a case, in one message or part by part: "cause: … / solution: … / prevention: …". Pure."""

import re
from collections.abc import Mapping

from omnibot.domain.dealers.dealer_case import Report
from omnibot.domain.regex import regex

PARTS = ("cause", "solution", "prevention")
PHOTOS = "photos"

_LABELS = {
    "cause": "cause|reason|故障原因|原因",
    "solution": "solution|fix|处理结果|处理|處理|解决|解決",
    "prevention": "prevention|预防措施|预防|預防",
}
_LABEL = regex(
    r"(?:\A|(?<=[\s/／;；,，。.|]))\s*(?:"
    + "|".join(f"(?P<{part}>{words})" for part, words in _LABELS.items())
    + r")\s*[:：]",
    re.IGNORECASE,
)


def parse(text: str) -> dict[str, str]:
    """The parts that a text names, by their names; empty where it names none."""
    found = list(_LABEL.finditer(text))
    parts = {}
    for number, label in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        said = text[label.end() : end].strip().strip("/／;；|").strip()
        if said and label.lastgroup:
            parts[label.lastgroup] = said
    return parts


def report(said: Mapping[str, str], photos: int) -> Report:
    """What is there so far, as a report; what is not there is empty."""
    return Report(**{part: said.get(part, "") for part in PARTS}, photos=photos)
