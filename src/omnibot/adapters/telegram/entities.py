"""The text of a message with its entities, as neutral Markdown. Offsets on the wire count UTF-16 units."""

from omnibot.adapters.telegram.wire import Entity

READ = 500  # entities of one message; Telegram keeps about 100, and a forged million must not hold us up
_MARKS = {"bold": "**", "italic": "*", "code": "`"}


def to_markdown(text: str, entities: tuple[Entity, ...]) -> str:
    """Bold, italic, code, links and quotations as Markdown; other formatting is dropped, the words never are.

    What the person typed is not escaped: it has to arrive as it was written. Entities that point outside the text are
    skipped.
    """
    wide = text.encode("utf-16-le", "surrogatepass")
    length = len(wide) // 2
    if not entities:
        return cut(wide, 0, length)
    at: dict[int, tuple[list[str], list[str]]] = {}  # position → marks that close there, marks that open there
    for entity in sorted(entities[:READ], key=lambda entity: (entity.offset, -entity.length)):
        end = entity.offset + entity.length
        if not 0 <= entity.offset < end <= length:
            continue
        opening, closing = _marks(entity, cut(wide, entity.offset, end))
        if opening:
            at.setdefault(entity.offset, ([], []))[1].append(opening)
            at.setdefault(end, ([], []))[0].insert(0, closing)  # the inner one, opened later, closes first
    pieces, last = [], 0
    for position in sorted(at):
        closing_marks, opening_marks = at[position]
        pieces += [cut(wide, last, position), *closing_marks, *opening_marks]
        last = position
    pieces.append(cut(wide, last, length))
    return "".join(pieces)


def covered(text: str, entities: tuple[Entity, ...]) -> list[tuple[Entity, str]]:
    """Each entity with the words that it covers."""
    wide = text.encode("utf-16-le", "surrogatepass")
    return [(entity, cut(wide, entity.offset, entity.offset + entity.length)) for entity in entities[:READ]]


def cut(wide: bytes, start: int, end: int) -> str:
    """A stretch of UTF-16 text; half a character at an end becomes a mark."""
    return wide[2 * max(start, 0) : 2 * max(end, 0)].decode("utf-16-le", "replace")


def _marks(entity: Entity, words: str) -> tuple[str, str]:
    """What to write before and after the words; nothing where they stay plain."""
    if entity.type in _MARKS:
        # `** x **` would not be bold; a person's stray space is not worth moving.
        return (_MARKS[entity.type],) * 2 if words == words.strip() else ("", "")
    if entity.type == "pre":
        return f"```{entity.language}\n", "\n```"
    if entity.type == "text_link" and entity.url and entity.url != words:
        return "[", f"]({entity.url})"
    if entity.type in ("blockquote", "expandable_blockquote") and "\n" not in words:
        return "> ", ""
    return "", ""
