"""The page behind a link in a dealer's group that cannot answer: how the case stands, and what can be done about it."""

from functools import partial

from aiohttp import web

from omnibot.clock import Clock
from omnibot.domain.dealers.dealer_press import Action
from omnibot.domain.message import Author
from omnibot.flow.dealers import answer_by_link
from omnibot.flow.dealers.answer_by_link import Answer, Answered
from omnibot.flow.dealers.case_card import LABELS
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce
from omnibot.store.transactions import ALONE
from omnibot.texts import Texts
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import mark

TEXTS = {
    Action.DECLINE: mark("Why not?"),
    Action.PLAN: mark("What will you do, and when?"),
    Action.TIMES: mark("When can you come? For example: Tue 9-11; Wed 14:00-16:00"),
    Action.DONE: mark("What have you done about it?"),
}
LONGEST = 2_000  # characters of one field


class AnswerPages:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock, screens: Screens) -> None:
        self._desk = desk
        self._clock = clock
        self._screens = screens
        self._texts = Texts("console")

    def routes(self) -> list[web.AbstractRouteDef]:
        one = "/answer/{link:[0-9a-f-]{10,120}}"
        return [web.get(one, self.show), web.post(one, self.take)]

    async def show(self, request: web.Request) -> web.Response:
        return await self._show(request.match_info["link"])

    async def take(self, request: web.Request) -> web.Response:
        form = {key: str(value)[:LONGEST].replace("\0", "") for key, value in (await request.post()).items()}
        if form.get("action") not in list(Action):
            raise web.HTTPBadRequest
        given = Answer(
            action=Action(form["action"]),
            name=form.get("name", "")[:100],
            text=form.get("text", ""),
            cause=form.get("cause", ""),
            prevention=form.get("prevention", ""),
        )
        link, now = request.match_info["link"], self._clock.now()
        doing = partial(answer_by_link.answer, desk=self._desk, link=link, given=given, now=now)
        done = await self._desk.store.run(doing, lock=ALONE)
        if done is not None and done.said and done.conversation_id is not None:
            announce(self._desk, done.conversation_id, list(done.said))
        return await self._show(link, done)

    async def _show(self, link: str, done: Answered | None = None) -> web.Response:
        now = self._clock.now()
        seen = await self._desk.store.read(partial(answer_by_link.look, desk=self._desk, link=link, now=now))
        language = seen.group.language if seen else self._desk.staff_language
        response = self._screens.show_to(
            language,
            self._texts.of(language),
            "answer.html.j2",
            status=200 if seen or done else 404,
            seen=seen,
            done=done,
            action_words=self._desk.texts.of(language),
            labels=LABELS,
            texts=TEXTS,
            author=Author.SYSTEM,
        )
        response.headers["Referrer-Policy"] = "no-referrer"  # the address is the key
        return response
