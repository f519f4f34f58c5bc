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
            """Asked only for what is not there yet, which is everything before the first use."""
            compiled = re.compile(*self._given)
            for each in _ATTRIBUTES:
                setattr(self, each, getattr(compiled, each))
            self.__class__ = _Compiled
            return getattr(self, name)

    class _Compiled:
        """What a `regex` is from its first use on: Python finds attributes faster where there is no `__getattr__` that it might
        have to ask."""

    _METHODS = ("search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer")
    _ATTRIBUTES = (*_METHODS, "pattern", "flags", "groups", "groupindex")
