"""The reply in an HTML mail: the elements in which mail programs wrap the quoted mail are taken out before it is read as text."""

import re
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from lxml import html as parser

from omnibot.adapters.email import html as markup
from omnibot.adapters.email import reply
from omnibot.adapters.email.reply import Split

# Elements that hold a quoted mail, by the program that writes them.
_QUOTES = (
    "//blockquote",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' gmail_quote ')]",
    "//*[contains(@class, 'yahoo_quoted') or contains(@class, 'protonmail_quote') or contains(@class, 'zmail_extra')]",
    "//*[contains(@class, 'moz-cite-prefix') or contains(@class, 'OutlookMessageHeader') or contains(@class, 'tutanota_quote')]",
    "//*[@id='OLK_SRC_BODY_SECTION' or @id='isReplyContent' or @id='isForwardContent' or @id='reply-intro']",
    "//*[contains(@class, 'ntes-mailmaster-quote') or contains(@class, 'mail_quote') or contains(@class, 'cite_block')]",
    "//includetail",
)
# Elements after which everything is the quoted mail.
_HEADS = (
    "//*[@id='appendonsend' or @id='divRplyFwdMsg' or @id='stopSpelling' or @id='mail-editor-reference-message-container']",
    "//*[contains(@style, 'border-top:solid #') and contains(@style, '1.0pt')]",
    "//*[contains(@style, 'border-top: solid #') or contains(@style, 'border-top:1pt solid')]",
    "//*[contains(@style, 'BORDER-TOP: #b5c4df 1pt solid') or contains(@style, 'border-top-color: rgb(229, 229, 229)')]",
    "//hr[following::text()[normalize-space()][position() <= 2][contains(., 'From:') or contains(., 'Von:')"
    " or contains(., 'De :') or contains(., '发件人') or contains(., 'Date:')]]",
)


def split(html: str) -> Split:
    """The person's words and the rest. Where taking the quotes out leaves nothing, the whole text is looked at."""
    whole = markup.to_text(html)
    if markup.is_excessive(html):
        return reply.split(whole)
    remaining = _without_quotes(html)
    if remaining is None:
        return reply.split(whole)
    found = reply.split(markup.to_text(remaining))
    if not found.reply:
        return reply.split(whole)
    return Split(found.reply, _rest(whole, found.reply))


def _without_quotes(html: str) -> str | None:
    """The HTML without the elements that hold quotes; None if there are none or it cannot be read."""
    # A declared encoding makes lxml refuse text that is decoded already.
    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", html)
    try:
        tree = parser.document_fromstring(source)
    except (etree.LxmlError, ValueError):
        return None
    found = False
    for path in _HEADS:
        for element in tree.xpath(path)[:1]:
            found = True
            _remove_from_here(element)
    for path in _QUOTES:
        for element in tree.xpath(path):
            found = True
            if element.getparent() is not None:
                element.drop_tree()
    return str(etree.tostring(tree, encoding="unicode", method="html")) if found else None


def _remove_from_here(element: Any) -> None:
    """The element and everything after it in the mail."""
    current: Any = element
    is_first = True
    while current is not None and current.getparent() is not None and current.tag != "body":
        parent = current.getparent()
        assert parent is not None
        current.tail = None
        for sibling in list(current.itersiblings()):
            parent.remove(sibling)
        if is_first:
            parent.remove(current)
        is_first, current = False, parent


def _rest(whole: str, kept: str) -> str:
    """The lines of the whole text that are not the reply, in their order."""
    mine = [line.strip() for line in kept.split("\n") if line.strip()]
    rest = []
    for line in whole.split("\n"):
        if mine and line.strip() == mine[0]:
            mine.pop(0)
        else:
            rest.append(line)
    return "\n".join(rest).strip()
