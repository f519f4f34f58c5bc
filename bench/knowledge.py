"""A knowledge base of any size, and questions about it: invented words, so that entries are as different as real ones."""

import json
import random
from pathlib import Path

SYLLABLES = ("ba", "ko", "mi", "ter", "lon", "su", "ra", "ven", "di", "por", "ka", "nel", "tos", "gri", "fu", "lam")
PHRASINGS = 5


def write(path: Path, phrasings: int, *, seed: int = 1) -> list[str]:
    """Write entries with that many phrasings in all; returns a question for each entry."""
    chance = random.Random(seed)
    vocabulary = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(max(400, phrasings // 2))]
    questions, entries = [], []
    for n in range(phrasings // PHRASINGS):
        topic = chance.sample(vocabulary, 4)
        lines = [
            f"how do i {' '.join(chance.sample(topic, 3))} with my {chance.choice(vocabulary)}"
            for _ in range(PHRASINGS)
        ]
        questions.append(lines[1])
        entries.append(
            {
                "id": f"e{n}",
                "language": "en",
                "question": lines[0],
                "phrasings": lines[1:],
                "answer": f"Do **this** {n}.",
            }
        )
    path.write_text("\n".join(json.dumps(entry) for entry in entries))
    return questions
