"""HTML mail as safe HTML and as text. Nothing in it may run, reach out, or hide (docs/decisions/0015).

nh3 (ammonia) parses as browsers do and keeps only what is listed here. No style, class or id survives: what a mail looks
like is not worth what CSS can do. Pictures stay only where they came with the mail (`cid:`).
"""

import re
from html import escape, unescape
from urllib.parse import urlsplit

import nh3

# Inscriptis ships no types.
from inscriptis import get_text  # type: ignore[import-untyped]
from inscriptis.css_profiles import CSS_PROFILES  # type: ignore[import-untyped]
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]

LENGTH = 1_000_000  # characters that are looked at
# More markup than any mail for people has; beyond it only the words are kept. Both parsers take time in the square of these.
TAGS = 20_000
DEPTH = 400
ENTITIES = 20_000

_ALLOWED = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt",
    "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small",
    "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "*": {"dir", "lang"},
}
_DROPPED = {
    "script", "style", "title", "head", "template", "noscript", "iframe", "object", "embed", "svg", "math", "form", "select",
    "textarea", "xmp", "noembed", "noframes", "plaintext",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_TAG = re.compile(r"<[^>]{0,20000}>?")
_OPEN_OR_CLOSE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
# Never closed, or closed by the next one of their kind.
_VOID = {
    "br",
    "hr",
    "img",
    "meta",
    "link",
    "input",
    "col",
    "area",
    "base",
    "wbr",
    "p",
    "li",
    "td",
    "th",
    "tr",
    "dt",
    "dd",
    "option",
}
_HIDDEN = re.compile(r"<(script|style|title|head)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_CONTENT_ID = re.compile(r"cid:[\w.@%$+=~-]{1,200}", re.IGNORECASE)
_CONFIG = ParserConfig(css=CSS_PROFILES["relaxed"], display_images=False, display_links=False)


def to_safe(html: str) -> str:
    """What may be shown in a page of ours."""
    if is_excessive(html):
        return f"<pre>{escape(_words(html))}</pre>"
    return nh3.clean(
        html[:LENGTH],
        tags=_ALLOWED,
        attributes=_ATTRIBUTES,
        clean_content_tags=_DROPPED,
        url_schemes=_SCHEMES,
        attribute_filter=_attribute,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    ).strip()


def _attribute(tag: str, name: str, value: str) -> str | None:
    """A value that may stay; None takes the attribute away."""
    if name == "src":
        return value if _CONTENT_ID.fullmatch(value.strip()) else None
    if name == "href":
        return value if _is_link(value) else None
    return value[:300]


def _is_link(url: str) -> bool:
    """Whole addresses only: a relative one would point into our own console."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https", "mailto", "tel") and bool(parts.netloc or parts.path)


def is_excessive(html: str) -> bool:
    return len(html) > LENGTH or html.count("<") > TAGS or html.count("&") > ENTITIES or _depth(html) > DEPTH


def _depth(html: str) -> int:
    """How deep the elements stand in each other at most, as far as they are closed."""
    depth = deepest = 0
    for found in _OPEN_OR_CLOSE.finditer(html):
        if found[2].lower() not in _VOID:
            depth = max(0, depth - 1) if found[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def to_text(html: str) -> str:
    """The words of the mail, laid out in lines."""
    if is_excessive(html):
        return _words(html)
    # nh3 drops what is not for people and closes what was left open; inscriptis lays out the rest.
    if not html.strip():
        return ""
    flat = nh3.clean(html, tags=_ALLOWED, attributes={}, clean_content_tags=_DROPPED - {"form"}, link_rel=None)
    text = get_text(f"<html><body>{flat}</body></html>", _CONFIG) if flat.strip() else ""
    lines = (line.replace("\u00a0", " ").strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _words(html: str) -> str:
    """Without any parser: for markup that would cost too much."""
    visible = _HIDDEN.sub(" ", html[: 2 * LENGTH])
    return " ".join(unescape(_TAG.sub(" ", visible)).split())
