"""`/dealers`: partner organisations, what they can do, and how well they keep their promises."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy.engine import Connection

from omnibot.clock import Clock
from omnibot.domain.access import Role
from omnibot.domain.code import CodePurpose, spelled
from omnibot.domain.dealers.dealer import CAPACITY, Dealer, Profile
from omnibot.domain.dealers.dealer_case import Stage, is_settled
from omnibot.domain.group import GroupRole
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.problem import Problem
from omnibot.store import audit, codes, dealer_cases, dealers, groups, members
from omnibot.store.transactions import Store
from omnibot.web.api.endpoint import Call, Endpoint, Nothing, cut, required
from omnibot.web.api.view import Cursor, Limit, ShortText

ONE_WAY_CHAT = "group"  # such an account is one group
CODE_VALID = timedelta(hours=1)
WITH_DEALER = tuple(stage for stage in Stage if not is_settled(stage))

Word = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Words = Annotated[list[Word], Meta(max_length=500)]
Interval = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)")]
Intervals = Annotated[list[Interval], Meta(max_length=10)]
Capacity = Annotated[int, Meta(ge=0, le=100_000)]
Timezone = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_+/-]*$(?!\n)")]


class Hours(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A weekday without intervals is closed; no intervals at all are always open."""

    mon: Intervals = []
    tue: Intervals = []
    wed: Intervals = []
    thu: Intervals = []
    fri: Intervals = []
    sat: Intervals = []
    sun: Intervals = []


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    limit: Limit = 50
    cursor: Cursor | None = None


class DealerView(Struct, frozen=True, kw_only=True):
    id: int
    name: str
    regions: list[str]
    postcodes: list[str]
    products: list[str]
    skills: list[str]
    language: str
    capacity: int
    timezone: str
    hours: dict[str, list[str]]
    open_cases: int
    retired_at: datetime | None


class MemberView(Struct, frozen=True, kw_only=True):
    id: int
    name: str | None
    channel: str


class GroupView(Struct, frozen=True, kw_only=True):
    id: int
    channel: str
    chat: str


class DealerDetail(Struct, frozen=True, kw_only=True):
    dealer: DealerView
    members: list[MemberView]
    groups: list[GroupView]


class DealerPage(Struct, frozen=True):
    items: list[DealerView]
    next_cursor: str | None


class NewDealer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A list that is empty excludes nothing; no hours are always open."""

    name: ShortText
    regions: Words = []
    postcodes: Words = []
    products: Words = []
    skills: Words = []
    language: Language = Language.EN
    capacity: Capacity = CAPACITY
    timezone: Timezone = "UTC"
    hours: Hours = Hours()


class DealerChange(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays. `retired`: gets no more cases; those it has stay."""

    name: ShortText | UnsetType = UNSET
    regions: Words | UnsetType = UNSET
    postcodes: Words | UnsetType = UNSET
    products: Words | UnsetType = UNSET
    skills: Words | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    capacity: Capacity | UnsetType = UNSET
    timezone: Timezone | UnsetType = UNSET
    hours: Hours | UnsetType = UNSET
    retired: bool | UnsetType = UNSET


class NewCode(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`member`: whoever says it in a private chat acts for the dealer. `group`: the group it is said in becomes the dealer's."""

    kind: Literal["member", "group"]


class NewGroup(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`channel`: "notify", or "notify:shop" for the account with the name "shop"."""

    channel: ShortText


class CodeView(Struct, frozen=True, kw_only=True):
    """Shown this once."""

    code: str
    valid_until: datetime


class Period(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}, kw_only=True):
    """Without dates, the last 30 days."""

    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None


class ScorecardView(Struct, frozen=True, kw_only=True):
    """Of the offers made and the promises started in that time; durations are medians in seconds."""

    offered: int
    accepted: int
    declined: int
    timed_out: int
    closed: int
    reopened: int
    no_shows: int
    promises_kept: int
    promises_broken: int
    seconds_to_answer: float | None
    seconds_to_agreement: float | None
    seconds_to_closing: float | None


class Dealers:
    """The handlers."""

    def __init__(self, store: Store, clock: Clock, one_way: frozenset[str] = frozenset()) -> None:
        """`one_way`: channels of groups that can only be told things, each of which may be a dealer's."""
        self._one_way = one_way
        self._store = store
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("GET", "/dealers", Role.AGENT, self.browse, "Dealers, the oldest first"),
            Endpoint("POST", "/dealers", Role.SUPERVISOR, self.add, "Add a dealer", status=201, conflicts=True),
            Endpoint("GET", "/dealers/{id}", Role.AGENT, self.get, "A dealer with its people and groups"),
            Endpoint("PATCH", "/dealers/{id}", Role.SUPERVISOR, self.change, "Change a dealer", conflicts=True),
            Endpoint(
                "POST",
                "/dealers/{id}/codes",
                Role.SUPERVISOR,
                self.hand_out,
                "A one-time code for a member or a group of the dealer",
                status=201,
            ),
            Endpoint(
                "POST",
                "/dealers/{id}/groups",
                Role.SUPERVISOR,
                self.register,
                "Tell the dealer of its cases in a group that cannot answer: an account under [notify]",
                status=201,
                conflicts=True,
            ),
            Endpoint("GET", "/dealers/{id}/scorecard", Role.AGENT, self.score, "How the dealer keeps its promises"),
        ]

    async def browse(self, call: Call[Nothing, ListQuery]) -> DealerPage:
        query = call.query

        def look(tx: Connection) -> tuple[list[Dealer], dict[int, int]]:
            return dealers.listing(tx, after=int(query.cursor or 0), limit=query.limit + 1), dealers.loads(tx)

        found, loads = await self._store.read(look)
        shown, more = cut(found, query.limit, lambda one: one.id)
        return DealerPage([_view(one, loads) for one in shown], more)

    async def add(self, call: Call[NewDealer, Nothing]) -> DealerDetail:
        body, now = call.body, self._clock.now()
        given = msgspec.structs.asdict(body)
        name = given.pop("name")
        profile = _profile(Profile(), given)

        def add(tx: Connection) -> DealerDetail:
            dealer = dealers.add(tx, name=name, profile=profile, now=now)
            if dealer is None:
                raise Problem(409, "another dealer has that name")
            audit.write(tx, user_id=call.user.id, action="add_dealer", subject=f"dealer:{dealer.id}", now=now)
            return _detail(tx, dealer.id)

        return await self._store.run(add)

    async def get(self, call: Call[Nothing, Nothing]) -> DealerDetail:
        return await self._store.read(partial(_detail, id=call.id()))

    async def change(self, call: Call[DealerChange, Nothing]) -> DealerDetail:
        id, now = call.id(), self._clock.now()
        given = {key: value for key, value in msgspec.structs.asdict(call.body).items() if value is not UNSET}

        def change(tx: Connection) -> DealerDetail:
            dealer = required(dealers.lock(tx, id), "dealer")
            changed = _changed(dealer, dict(given), now)
            same_name = dealers.by_name(tx, changed.name)
            if same_name is not None and same_name.id != id:
                raise Problem(409, "another dealer has that name")
            dealers.save(tx, changed)
            audit.write(tx, user_id=call.user.id, action="change_dealer", subject=f"dealer:{id}", now=now)
            return _detail(tx, id)

        return await self._store.run(change)

    async def hand_out(self, call: Call[NewCode, Nothing]) -> CodeView:
        id, now, code = call.id(), self._clock.now(), codes.new_code()
        purpose = CodePurpose.DEALER_MEMBER if call.body.kind == "member" else CodePurpose.DEALER_GROUP
        until = now + CODE_VALID

        def hand_out(tx: Connection) -> None:
            _required(tx, id)
            codes.add(tx, code, purpose, str(id), made_by=call.user.id, now=now, until=until)
            audit.write(
                tx, user_id=call.user.id, action="dealer_code", subject=f"dealer:{id}", now=now, detail=purpose.value
            )

        await self._store.run(hand_out)
        return CodeView(code=spelled(code), valid_until=until)

    async def register(self, call: Call[NewGroup, Nothing]) -> DealerDetail:
        id, now, channel = call.id(), self._clock.now(), call.body.channel
        if channel not in self._one_way:
            raise Problem(409, "no account under [notify] has that channel")

        def register(tx: Connection) -> DealerDetail:
            dealer = _required(tx, id)
            address, language = Address(channel=channel, chat=ONE_WAY_CHAT), dealer.profile.language
            groups.register(tx, address, GroupRole.DEALER, dealer_id=id, language=language, by=call.user.id, now=now)
            audit.write(
                tx, user_id=call.user.id, action="register_group", subject=f"dealer:{id}", now=now, detail=channel
            )
            return _detail(tx, id)

        return await self._store.run(register)

    async def score(self, call: Call[Nothing, Period]) -> ScorecardView:
        id, query = call.id(), call.query
        until = query.until or self._clock.now()
        since = query.since or _earlier(until)

        def look(tx: Connection) -> ScorecardView:
            _required(tx, id)
            card = dealer_cases.scorecard(tx, id, since=since, until=until)
            return msgspec.convert(card, ScorecardView, from_attributes=True)

        return await self._store.read(look)


def _earlier(until: datetime) -> datetime:
    try:
        return until - timedelta(days=30)
    except OverflowError:
        return until


def _changed(dealer: Dealer, given: dict[str, object], now: datetime) -> Dealer:
    name, retired = given.pop("name", dealer.name), given.pop("retired", dealer.retired_at is not None)
    assert isinstance(name, str)
    retired_at = (dealer.retired_at or now) if retired else None
    profile = _profile(dealer.profile, given)
    return Dealer(id=dealer.id, name=name, profile=profile, created_at=dealer.created_at, retired_at=retired_at)


def _profile(before: Profile, given: dict[str, object]) -> Profile:
    """Raises Problem."""
    changed = msgspec.to_builtins(given)
    if "hours" in changed:
        changed["hours"] = {weekday: intervals for weekday, intervals in changed["hours"].items() if intervals}
    profile = msgspec.convert({**msgspec.to_builtins(before), **changed}, Profile)
    try:
        _ = profile.calendar
    except ValueError as error:
        raise Problem(422, f"hours: {error}") from None
    return profile


def _required(tx: Connection, id: int) -> Dealer:
    return required(dealers.get(tx, id), "dealer")


def _detail(tx: Connection, id: int) -> DealerDetail:
    dealer = _required(tx, id)
    return DealerDetail(
        dealer=_view(dealer, dealers.loads(tx)),
        members=[
            MemberView(id=one.id, name=one.name, channel=one.channel) for one in members.listing(tx, dealer_id=id)
        ],
        groups=[
            GroupView(id=one.id, channel=one.address.channel, chat=one.address.chat) for one in groups.of_dealer(tx, id)
        ],
    )


def _view(dealer: Dealer, loads: dict[int, int]) -> DealerView:
    profile = dealer.profile
    return DealerView(
        id=dealer.id,
        name=dealer.name,
        regions=list(profile.regions),
        postcodes=list(profile.postcodes),
        products=list(profile.products),
        skills=list(profile.skills),
        language=profile.language.value,
        capacity=profile.capacity,
        timezone=profile.timezone,
        hours={weekday: list(intervals) for weekday, intervals in profile.hours.items()},
        open_cases=loads.get(dealer.id, 0),
        retired_at=dealer.retired_at,
    )
