"""What a server has a few seconds after its first start: how a better model than the profile is learned, where it can be."""

from functools import partial
from pathlib import Path

from omnibot.faq.entry import KnowledgeBase
from omnibot.faq.index import Build, phrasings


def teacher(knowledge_base: KnowledgeBase, *, semantic: bool, vocabulary: Path | None) -> Build | None:
    """None where there is too much or too little to learn from. Raises ImportError where `semantic` is asked for without the
    extra."""
    from omnibot.faq import head  # numpy and scipy

    if not head.is_trainable(phrasings(knowledge_base)):
        return None
    if not semantic:
        return head.train
    from omnibot.faq.encoder import Encoder

    return partial(head.train_with_encoder, encode=Encoder(vocabulary))
