"""Renders templates: everything is escaped but the HTML that `texts.markup` made of a message."""

from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web
from markupsafe import Markup

from omnibot.domain.language import Language
from omnibot.domain.message import Author
from omnibot.files import SHOWN
from omnibot.texts import Words, markup
from omnibot.web.console.assets import Assets
from omnibot.web.console.icons import PATHS
from omnibot.web.console.visit import Visit

if TYPE_CHECKING:
    import jinja2

_FOLDER = Path(__file__).parent / "templates"


class Screens:
    """The templates."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets

    @cached_property
    def _templates(self) -> "jinja2.Environment":
        import jinja2  # loaded with the first page

        templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        templates.globals.update(static=self._assets.base, icon=_icon, html=_message_html, shown_types=SHOWN)
        return templates

    def show(self, visit: Visit, template: str, **values: Any) -> web.Response:
        """A page, or a part of one, for a signed-in person."""
        return self.show_to(
            visit.language,
            visit.words,
            template,
            me=visit.user,
            times=visit.times,
            labels=visit.labels,
            now=visit.now,
            news_mark=visit.news_mark,
            **values,
        )

    def show_to(
        self, language: Language, words: Words, template: str, *, status: int = 200, **values: Any
    ) -> web.Response:
        """A page for anybody."""
        text = self._templates.get_template(template).render(
            lang=language.value,
            words=words,
            script_words={sentence: words(sentence) for sentence in self._assets.sentences},
            **values,
        )
        response = web.Response(text=text, status=status, content_type="text/html")
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        response.enable_compression()
        return response


def _message_html(text: str, author: Author) -> Markup:
    return Markup(markup.to_html(text, author))  # noqa: S704 (made safe there)


@cache
def _icon(name: str) -> Markup:
    return Markup(  # noqa: S704 (our own drawings)
        f'<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">{PATHS[name]}</svg>'
    )
