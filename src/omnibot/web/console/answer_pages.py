"""The page behind a link in a dealer's group that cannot answer: how the case stands, and what can be done about it."""

from functools import partial
from urllib.parse import quote, unquote

from aiohttp import web

from omnibot.clock import Clock
from omnibot.domain.dealers.dealer_case import Stage
from omnibot.domain.dealers.dealer_press import Action
from omnibot.domain.message import Author
from omnibot.flow.dealers import answer_by_link
from omnibot.flow.dealers.answer_by_link import NEEDS_TEXT, Answer, Answered, Linked, Over
from omnibot.flow.dealers.case_card import LABELS
from omnibot.flow.desk import Desk
from omnibot.flow.say import announce
from omnibot.texts import Texts
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import mark
from omnibot.web.console.visit import language_of

TEXTS = {
    Action.DECLINE: mark("Why not?"),
    Action.PLAN: mark("What will you do, and when?"),
    Action.TIMES: mark("When can you come?"),
    Action.DONE: mark("What have you done about it?"),
    Action.ASK_HQ: mark("What do you want to know?"),
}
HINTS = {
    Action.ACCEPT: mark("You are then told who the customer is."),
    Action.DECLINE: mark("The next dealer is asked."),
    Action.PLAN: mark("The customer is asked whether it suits."),
    Action.TIMES: mark("For example: Tue 9-11; Wed 14:00-16:00. The customer picks one."),
    Action.DONE: mark("The customer is asked whether it is done."),
    Action.NO_SHOW: mark("The customer is asked for another time."),
    Action.UNDO: mark("The offer stands again, with the time for the answer that it had."),
    Action.ON_SITE: mark("The customer hears it."),
    Action.ASK_HQ: mark("Our team reads it. The answer comes to your group."),
}
WAITING = (Stage.PROPOSED, Stage.REPORTED)  # for the customer
LONGEST = 2_000  # characters of one field
NAME = "omnibot_name"  # the cookie that spares people typing their name each time
REMEMBERED = 180 * 24 * 3600  # seconds


class AnswerPages:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock, screens: Screens) -> None:
        self._desk = desk
        self._clock = clock
        self._screens = screens
        self._texts = Texts("console")

    def routes(self) -> list[web.AbstractRouteDef]:
        one = "/answer/{link:[0-9a-f-]{1,120}}"
        return [web.get(one, self.show), web.post(one, self.take)]

    async def show(self, request: web.Request) -> web.Response:
        return await self._show(request, None, None)

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
        doing = partial(
            answer_by_link.answer,
            desk=self._desk,
            link=request.match_info["link"],
            given=given,
            now=self._clock.now(),
        )
        done = await self._desk.store.run(doing)
        if done is not None and done.said and done.conversation_id is not None:
            announce(self._desk, done.conversation_id, list(done.said))
        return await self._show(request, given, done)

    async def _show(self, request: web.Request, given: Answer | None, done: Answered | None) -> web.Response:
        """`given` is what was sent and `done` what became of it; what was not done stands in its form again."""
        link, now = request.match_info["link"], self._clock.now()
        seen = await self._desk.store.read(partial(answer_by_link.look, desk=self._desk, link=link, now=now))
        language = seen.group.language if seen else language_of(request, None)
        response = self._screens.show_to(
            language,
            self._texts.of(language),
            "answer.html.j2",
            status=_status(seen, done),
            seen=seen,
            actions=seen.actions if isinstance(seen, Linked) else (),
            waits=isinstance(seen, Linked) and seen.case.stage in WAITING,
            over=seen if isinstance(seen, Over) else None,
            done=done,
            kept=given if given and done and not done.is_done else None,
            name=given.name if given else unquote(request.cookies.get(NAME, ""))[:100],
            action_words=self._desk.texts.of(language),
            labels=LABELS,
            texts=TEXTS,
            hints=HINTS,
            needs_text=NEEDS_TEXT,
            author=Author.SYSTEM,
        )
        response.headers["Referrer-Policy"] = "no-referrer"  # the address is the key
        if given and given.name.strip():
            is_https = self._desk.public_url.startswith("https:")
            response.set_cookie(
                NAME,
                quote(given.name.strip()),
                path="/answer",
                max_age=REMEMBERED,
                httponly=True,
                secure=is_https,
                samesite="Strict",
            )
        return response


def _status(seen: Linked | Over | None, done: Answered | None) -> int:
    if isinstance(seen, Linked) or done is not None:
        return 200
    return 410 if isinstance(seen, Over) else 404
