"""What common words mean, English and Chinese, as vectors: near in meaning is near in direction.

Made by `scripts/distil_meanings.py`. Only training reads the vectors; a trained model has a row for each of the words.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCALE = 254  # of the bytes in which the components are stored
_DATA = Path(__file__).parent / "data"


@cache
def words() -> list[str]:
    """Sorted; as many as `vectors` has rows."""
    return (_DATA / "meanings.txt").read_text(encoding="utf-8").splitlines()


def vectors() -> "NDArray[np.float32]":
    """A row for each word, of about length one or less (common words less).

    Each of the two languages has a block of dimensions: their vectors come from different encoders and cannot be compared.
    """
    import numpy as np

    stored = np.load(_DATA / "meanings.npy").astype(np.float32) / SCALE
    dimensions = stored.shape[1]
    blocks = np.zeros((len(stored), 2 * dimensions), dtype=np.float32)
    chinese = np.array([not word.isascii() for word in words()])
    blocks[~chinese, :dimensions] = stored[~chinese]
    blocks[chinese, dimensions:] = stored[chinese]
    return blocks
