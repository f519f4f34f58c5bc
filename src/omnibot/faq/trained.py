"""Trained models in files, so that a server learns once per version of its knowledge base, and in a process of its own:
numpy and scipy stay out of the server, but for one that asks sentence encoders, whose second opinion is a file beside the first.
Run as `python -m omnibot.faq.trained KNOWLEDGE_BASE FILE [--semantic [VOCABULARY]]`.
"""

import json
import mmap
import os
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnibot.faq import entry, meanings
from omnibot.faq.entry import KnowledgeBase
from omnibot.faq.model import Model
from omnibot.faq.rows import DenseRows
from omnibot.faq.vocabulary import Vocabulary

if TYPE_CHECKING:
    from omnibot.faq.encoder import Encoder
    from omnibot.faq.second_opinion import SecondOpinion

# Raise it whenever training or what is stored changes: older files are then left alone.
FORMAT = 4
SEMANTIC = "--semantic"


def file_for(knowledge_base: KnowledgeBase, folder: Path) -> Path:
    """Where the model of this version of the knowledge base is kept."""
    return folder / f"faq-{knowledge_base.version}-{FORMAT}.model"


def second_of(file: Path) -> Path:
    """Where the second opinion beside a model is kept."""
    return file.with_suffix(".second")


def save(model: Model, file: Path) -> None:
    """Write a trained model; whoever reads meanwhile sees the whole file or none."""
    _write(model, file, {}, [])


def save_second(opinion: "SecondOpinion", file: Path, *, encoder: str) -> None:
    """What the words and an encoder's vectors teach together. Vectors of another `encoder` cannot be compared with it."""
    vectors = [memoryview(part.tobytes()) for part in (opinion.centre, opinion.towards)]
    _write(opinion.second, file, {"encoder": encoder}, vectors)


def _write(model: Model, file: Path, named: dict[str, str], after: Sequence[memoryview]) -> None:
    assert isinstance(model.rows, DenseRows)
    vocabulary = model.vocabulary
    head = named | {
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
        for part in after:
            out.write(part)
    written.replace(file)


def load(file: Path) -> Model | None:
    """The model in a file; the weights stay there until they are needed. None where there is none that can be read."""
    found = _read(file)
    return found[1] if found else None


def load_second(first: Model, file: Path, encoder: "Encoder") -> "SecondOpinion | None":
    """The second opinion in a file; None where there is none that can be read, or it is another encoder's."""
    import numpy as np

    from omnibot.faq.encoder import DIMENSIONS
    from omnibot.faq.second_opinion import SecondOpinion

    found = _read(file)
    if found is None or found[0].get("encoder") != encoder.name:
        return None
    _, second, after = found
    if len(after) != 4 * 2 * DIMENSIONS * (1 + second.rows.entries):
        return None
    vectors = np.frombuffer(after, dtype=np.float32)
    centre, towards = vectors[: 2 * DIMENSIONS], vectors[2 * DIMENSIONS :].reshape(2 * DIMENSIONS, second.rows.entries)
    return SecondOpinion(encode=encoder, first=first, second=second, centre=centre, towards=towards)


def _read(file: Path) -> tuple[dict[str, Any], Model, memoryview] | None:
    """The head, the model, and what stands after it."""
    try:
        with file.open("rb") as opened:
            line = opened.readline()
            head = json.loads(line)
            general = meanings.words()
            squares = array("f")
            squares.fromfile(opened, len(head["keys"]) + len(general))
            mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        start, entries = len(line) + 4 * len(squares), head["entries"]
        end = start + 2 * entries * len(squares)
        weights = memoryview(mapped)[start:end].cast("H")
        if len(weights) != entries * len(squares):
            return None
        model = Model(
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
        return head, model, memoryview(mapped)[end:]
    except (OSError, ValueError, KeyError, EOFError):
        return None


def main(arguments: list[str]) -> int:
    """Train on a knowledge base and keep the model; what is too large to train on is left alone."""
    from omnibot.faq import head
    from omnibot.faq.index import phrasings

    knowledge_base, file = entry.load(Path(arguments[0])), Path(arguments[1])
    texts = phrasings(knowledge_base)
    if not head.is_trainable(texts):
        return 0
    if SEMANTIC not in arguments:
        save(head.train(texts), file)
        return 0
    from omnibot.faq.encoder import Encoder

    vocabulary = arguments[arguments.index(SEMANTIC) + 1 :]
    encoder = Encoder(Path(vocabulary[0]) if vocabulary else None)
    opinion = head.train_with_encoder(texts, encoder)
    # The first one last: who finds it finds both.
    save_second(opinion, second_of(file), encoder=encoder.name)
    save(opinion.first, file)
    return 0


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)  # customers need the processor more
    raise SystemExit(main(sys.argv[1:]))
