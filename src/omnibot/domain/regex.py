"""Regular expressions that are compiled when the first text is held against them, not when their module is read.

A process reads two hundred of them as it starts, and its first messages need a dozen: compiling all was a fifth of the
start (docs/decisions/0039). What every message needs stays `re.compile`, for a late one costs a little more at each use.
"""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    regex = re.compile
else:

    class regex:
        """As `re.compile` takes it. It behaves as what that returns, except that `re`'s own functions do not take it."""

        def __init__(self, words: str | bytes, flags: int = 0) -> None:
            self._given = words, flags

        def __getattr__(self, name: str) -> Any:
            """Asked only for what is not there yet: afterwards, the compiled pattern's methods stand in the instance."""
            compiled = re.compile(*self._given)
            for method in _METHODS:
                setattr(self, method, getattr(compiled, method))
            return getattr(compiled, name)

    _METHODS = ("search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer")
