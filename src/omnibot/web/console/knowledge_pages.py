"""What the bot knows: the list, one entry with its versions, the gaps, and from which score on it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from aiohttp import web
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role, User
from omnibot.domain.asked import Fate
from omnibot.domain.calibration import Calibration
from omnibot.domain.knowledge import Chosen, Content, EntryState, EntryVersion, KnownEntry, Quality, Shown
from omnibot.domain.language import Language
from omnibot.domain.policy import PRESETS
from omnibot.flow.desk import Desk
from omnibot.flow.knowledge import find_entries
from omnibot.flow.knowledge.find_gaps import DAYS, Finder, best_reply
from omnibot.flow.knowledge.replay import ChangeKind, replay
from omnibot.store import faq_calibrations, faq_entries, ratings, users
from omnibot.store.faq_gaps import GapState
from omnibot.store.ratings import Count
from omnibot.web.console import desk_view
from omnibot.web.console.desk_view import VIEWS, Counts
from omnibot.web.console.knowledge_labels import KnowledgeLabels
from omnibot.web.console.screens import Screens
from omnibot.web.console.times import mark
from omnibot.web.console.visit import Visit, Visits, is_colleague

PAGE = 50
VERSIONS = 30
REPLAY_DAYS = 30
FILTERS: dict[str, tuple[str, tuple[EntryState, ...]]] = {
    "all": (mark("All"), ()),
    "draft": (mark("Drafts"), (EntryState.DRAFT,)),
    "review": (mark("In review"), (EntryState.REVIEW,)),
    "live": (mark("Live"), (EntryState.LIVE,)),
    "retired": (mark("Retired"), (EntryState.RETIRED,)),
    "due": (mark("To review"), ()),
}
GAP_FILTERS = {
    GapState.OPEN: mark("Open"),
    GapState.DRAFTED: mark("Drafted"),
    GapState.DISMISSED: mark("Dismissed"),
}

# What the API says when a step does not fit, for the catalogue.
mark("customers get this already")
mark("only a draft can be handed in for review")
mark("it is retired already")
mark("it has no wording in any language")
mark("the answer is empty in en")
mark("the answer is empty in zh-Hans")
mark("an entry needs a question in one language at least")
mark("valid_until is before valid_from")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRead:
    """What one look at the database gave."""

    counts: Counts
    entry: KnownEntry | None
    versions: list[EntryVersion]
    team: list[User]
    rated: Count | None  # by customers whom the bot had answered with it last; in the last 30 days


class KnowledgePages:
    """The handlers."""

    def __init__(self, desk: Desk, clock: Clock, screens: Screens, visits: Visits) -> None:
        self._desk = desk
        self._screens = screens
        self._visits = visits
        self._finder = Finder(desk, clock)

    def routes(self) -> list[web.AbstractRouteDef]:
        page, fragment = self._visits.page, self._visits.fragment
        pages = {
            "": self.show_list,
            "/gaps": self.show_gaps,
            "/thresholds": self.show_thresholds,
            "/new": self.show_new,
            "/entries/{id:.+}": self.show_entry,
        }
        return [
            *(
                web.get(f"/console/knowledge{path}", page(partial(show, template="frame")))
                for path, show in pages.items()
            ),
            *(
                web.get(f"/console/fragments/knowledge{path}", fragment(partial(show, template="part")))
                for path, show in pages.items()
            ),
            web.get("/console/fragments/replay", fragment(self.show_replay)),
        ]

    async def show_list(self, visit: Visit, template: str) -> web.Response:
        query = visit.request.query
        picked = query.get("state", "all")
        picked = picked if picked in FILTERS else "all"
        language = query.get("language", "")
        search = query.get("search", "").replace("\0", "").strip()[:200]
        after = query.get("after", "").replace("\0", "")[:500]
        chosen = Chosen(
            states=FILTERS[picked][1],
            language=Language(language) if language in set(Language) else None,
            text=search or None,
            due_on=visit.now.date() if picked == "due" else None,
        )

        def look(tx: Connection) -> tuple[Counts, list[KnownEntry]]:
            found = find_entries.page(tx, self._desk.knowledge, chosen, after=after, limit=PAGE + 1)
            return desk_view.count(tx, visit.user, visit.now), found

        counts, found = await self._desk.store.read(look)
        return await self._show(
            visit,
            template,
            "knowledge",
            counts=counts,
            filters=FILTERS,
            picked=picked,
            spoken=language,
            search=search,
            after=after,
            entries=found[:PAGE],
            has_more=len(found) > PAGE,
        )

    async def show_gaps(self, visit: Visit, template: str) -> web.Response:
        wanted = visit.request.query.get("state", "")
        picked = GapState(wanted) if wanted in set(GapState) else GapState.OPEN
        counts = await self._desk.store.read(partial(desk_view.count, user=visit.user, now=visit.now))
        found = (await self._finder.current()).gaps
        return await self._show(
            visit,
            template,
            "gaps",
            counts=counts,
            filters=GAP_FILTERS,
            picked=picked,
            gaps=[gap for gap in found if gap.state is picked][:PAGE],
            best_reply=best_reply,
            badly=Fate.DID_NOT_HELP,
        )

    async def show_thresholds(self, visit: Visit, template: str) -> web.Response:
        def look(tx: Connection) -> tuple[Counts, list[Calibration]]:
            return desk_view.count(tx, visit.user, visit.now), faq_calibrations.listing(tx, limit=VERSIONS)

        counts, versions = await self._desk.store.read(look)
        standing = self._desk.standing
        return await self._show(
            visit,
            template,
            "thresholds",
            counts=counts,
            policy=standing.policy,
            settled=standing.settled.thresholds,
            presets=PRESETS,
            versions=versions,
        )

    async def show_new(self, visit: Visit, template: str) -> web.Response:
        blank = KnownEntry(
            id="", content=Content(wordings={}), state=EntryState.DRAFT, shown=Shown.FILE, owner_id=visit.user.id
        )
        return await self._show_entry(visit, template, await self._desk.store.read(self._reader(visit, "")), blank)

    async def show_entry(self, visit: Visit, template: str) -> web.Response:
        id = visit.request.match_info["id"].replace("\0", "")
        read = await self._desk.store.read(self._reader(visit, id))
        if read.entry is None:
            raise web.HTTPNotFound
        return await self._show_entry(visit, template, read, read.entry)

    async def show_replay(self, visit: Visit) -> web.Response:
        id = visit.request.query.get("entry", "").replace("\0", "")
        retires = visit.request.query.get("retire") == "1"
        entry = await self._desk.store.read(partial(find_entries.one, knowledge=self._desk.knowledge, id=id))
        if entry is None:
            raise web.HTTPNotFound
        content = None if retires else entry.content
        done = await replay(self._desk, id, content, visit.now, days=REPLAY_DAYS)
        return self._screens.show(
            visit, "parts/replay.html.j2", replay=done, kinds=list(ChangeKind), names=KnowledgeLabels(visit.words)
        )

    def _reader(self, visit: Visit, id: str) -> "partial[EntryRead]":
        return partial(_read, desk=self._desk, visit=visit, id=id)

    async def _show_entry(self, visit: Visit, template: str, read: EntryRead, entry: KnownEntry) -> web.Response:
        contents: Mapping[int, Content] = {version.n: version.content for version in read.versions}
        written = entry.content.wordings
        languages = [one for one in Language if one is not Language.ZH_HANT or one in written]
        # What is there comes first, then the reader's own: on a phone the others are far below.
        languages.sort(key=lambda one: (one not in written, one is not visit.language))
        return await self._show(
            visit,
            template,
            "entry",
            counts=read.counts,
            entry=entry,
            versions=read.versions,
            before=lambda version: contents.get(version.n - 1),
            team=read.team,
            rated=read.rated,
            languages=languages,
            from_conversation=visit.request.query.get("from", ""),
        )

    async def _show(self, visit: Visit, template: str, name: str, **values: object) -> web.Response:
        found = await self._finder.current()
        quality: dict[str, Quality] = found.quality
        return self._screens.show(
            visit,
            f"{name}.html.j2" if template == "frame" else f"parts/{name}.html.j2",
            views=VIEWS,
            place="knowledge",
            names=KnowledgeLabels(visit.words),
            quality=quality,
            unseen=Quality(),
            reader=visit.language,
            open_gaps=sum(gap.state is GapState.OPEN for gap in found.gaps),
            today=visit.now.astimezone(visit.zone).date(),
            may_publish=visit.user.may_act_as(Role.SUPERVISOR),
            **values,
        )


def _read(tx: Connection, desk: Desk, visit: Visit, id: str) -> EntryRead:
    return EntryRead(
        counts=desk_view.count(tx, visit.user, visit.now),
        entry=find_entries.one(tx, desk.knowledge, id) if id else None,
        versions=faq_entries.versions(tx, id, limit=VERSIONS) if id else [],
        team=[user for user in users.listing(tx) if is_colleague(user)],
        rated=ratings.of_entries(tx, since=visit.now - timedelta(days=DAYS), entry_ids=[id]).get(id) if id else None,
    )
