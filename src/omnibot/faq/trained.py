"""Trained models in files, so that a server learns once per version of its knowledge base, and in a process of its own:
numpy and scipy stay out of the server. Run as `python -m omnibot.faq.trained KNOWLEDGE_BASE FILE`.
"""

import json
import mmap
import os
import sys
from array import array
from pathlib import Path

from omnibot.faq import entry, meanings
from omnibot.faq.entry import KnowledgeBase
from omnibot.faq.model import Model
from omnibot.faq.rows import DenseRows
from omnibot.faq.vocabulary import Vocabulary

# Raise it whenever training or what is stored changes: older files are then left alone.
FORMAT = 3


def file_for(knowledge_base: KnowledgeBase, folder: Path) -> Path:
    """Where the model of this version of the knowledge base is kept."""
    return folder / f"faq-{knowledge_base.version}-{FORMAT}.model"


def save(model: Model, file: Path) -> None:
    """Write a trained model; whoever reads meanwhile sees the whole file or none."""
    assert isinstance(model.rows, DenseRows)
    vocabulary = model.vocabulary
    head = {
        "keys": list(vocabulary.rows),
        "words": vocabulary.frequencies,
        "entries": model.rows.entries,
        "scale": model.rows.scale,
        "unknown": model.unknown,
        "sure": model.sure,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_suffix(f".{os.getpid()}")
    with written.open("wb") as out:
        out.write(json.dumps(head).encode() + b"\n")
        out.write(array("f", model.squares).tobytes())
        out.write(memoryview(model.rows.weights).cast("B"))
    written.replace(file)


def load(file: Path) -> Model | None:
    """The model in a file; the weights stay there until they are needed. None where there is none that can be read."""
    try:
        with file.open("rb") as opened:
            line = opened.readline()
            head = json.loads(line)
            general = meanings.words()
            squares = array("f")
            squares.fromfile(opened, len(head["keys"]) + len(general))
            mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        start, entries = len(line) + 4 * len(squares), head["entries"]
        weights = memoryview(mapped)[start : start + 2 * entries * len(squares)].cast("H")
        if len(weights) != entries * len(squares):
            return None
        return Model(
            vocabulary=Vocabulary(
                {key: row for row, key in enumerate(head["keys"])},
                head["words"],
                general=general,
                first_general=len(head["keys"]),
            ),
            squares=squares,
            unknown=head["unknown"],
            sure=head["sure"],
            rows=DenseRows(entries=entries, scale=head["scale"], weights=weights),
        )
    except (OSError, ValueError, KeyError, EOFError):
        return None


def main(arguments: list[str]) -> int:
    """Train on a knowledge base and keep the model; what is too large to train on is left alone."""
    from omnibot.faq import head
    from omnibot.faq.index import phrasings

    knowledge_base = entry.load(Path(arguments[0]))
    texts = phrasings(knowledge_base)
    if head.is_trainable(texts):
        save(head.train(texts), Path(arguments[1]))
    return 0


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)  # customers need the processor more
    raise SystemExit(main(sys.argv[1:]))
