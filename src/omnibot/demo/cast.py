"""Who plays in the demo: the customers, the service team and two dealers of each language, and the chats they are in."""

from dataclasses import dataclass
from enum import StrEnum

from omnibot.domain.access import Role

SERVICE_ADDRESS = "service@hausmark.example"


class Side(StrEnum):
    """Which part of the house somebody belongs to, as the page groups them."""

    CUSTOMERS = "customers"
    TEAM = "team"
    DEALERS = "dealers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on a platform, by the platform's id: a number on Telegram, an address for mail."""

    id: str
    name: str
    platform: str = "telegram"
    email: str = ""  # of the account, where it is one of the team
    role: Role = Role.AGENT  # of that account

    @property
    def private_chat(self) -> str:
        return f"D{self.id[1:]}" if self.platform == "slack" else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Pane:
    """A chat with the people in it. Without an id, it is each one's own chat with the bot."""

    id: str
    side: Side
    platform: str
    name: str = ""  # of a group
    chat: str = ""
    people: tuple[Person, ...] = ()
    is_forum: bool = False
    dealer: str = ""  # whose group it is

    def person(self, id: str) -> Person:
        """Raises LookupError."""
        found = next((person for person in self.people if person.id == id), None)
        if found is None:
            raise LookupError(id)
        return found

    def chat_of(self, person: Person) -> str:
        return self.chat or person.private_chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """All that a page shows."""

    language: str
    panes: tuple[Pane, ...]
    visitor: str  # the operator's own number of the customer in the web chat

    def pane(self, id: str) -> Pane:
        """Raises LookupError."""
        found = next((pane for pane in self.panes if pane.id == id), None)
        if found is None:
            raise LookupError(id)
        return found

    def of(self, side: Side) -> tuple[Pane, ...]:
        return tuple(pane for pane in self.panes if pane.side is side)

    @property
    def first_agent(self) -> Person:
        return self.of(Side.TEAM)[0].people[0]


def _cast(
    language: str,
    *,
    customers: tuple[Person, Person, Person],
    visitor: str,
    agents: tuple[tuple[Person, ...], tuple[Person, Person]],
    team: tuple[str, str, str, str],
    dealers: tuple[tuple[str, str, tuple[Person, Person]], tuple[str, str, tuple[Person, Person]]],
) -> Cast:
    """`agents` on Telegram, the admin first, and on Slack; `team`: chat and name of the group there, then of the channel here;
    `dealers`: name, chat and people, one on Telegram and one on Slack."""
    telegram, slack, mail = customers
    on_telegram, on_slack = agents
    (north, north_chat, north_people), (south, south_chat, south_people) = dealers
    customer, staff, partner = Side.CUSTOMERS, Side.TEAM, Side.DEALERS
    return Cast(
        language=language,
        visitor=visitor,
        panes=(
            Pane(id="telegram", side=customer, platform="telegram", people=(telegram,)),
            Pane(id="slack", side=customer, platform="slack", people=(slack,)),
            Pane(id="email", side=customer, platform="email", people=(mail,)),
            Pane(id="web", side=customer, platform="web"),
            Pane(
                id="team-telegram",
                side=staff,
                platform="telegram",
                chat=team[0],
                name=team[1],
                people=on_telegram,
                is_forum=True,
            ),
            Pane(id="team-slack", side=staff, platform="slack", chat=team[2], name=team[3], people=on_slack),
            Pane(id="team-private", side=staff, platform="telegram", people=on_telegram + on_slack),
            Pane(
                id="dealer-north",
                side=partner,
                platform="telegram",
                chat=north_chat,
                name=north,
                people=north_people,
                dealer=north,
            ),
            Pane(
                id="dealer-south",
                side=partner,
                platform="slack",
                chat=south_chat,
                name=south,
                people=south_people,
                dealer=south,
            ),
            Pane(id="dealer-private", side=partner, platform="telegram", people=north_people + south_people),
        ),
    )


def _slack(id: str, name: str, email: str = "") -> Person:
    return Person(id=id, name=name, platform="slack", email=email)


_ADA, _GRACE = "ada@hausmark.example", "grace@hausmark.example"
_ANNA, _XIAOAN = "anna@hausmark.example", "xiaoan@hausmark.example"

CASTS = {
    "en": _cast(
        "en",
        customers=(
            Person(id="7", name="Mia"),
            _slack("U1", "Jonas"),
            Person(id="elena@home.example", name="Elena Rossi", platform="email"),
        ),
        visitor="C-1003",
        agents=(
            (
                Person(id="11", name="Ada", email=_ADA, role=Role.ADMIN),
                Person(id="12", name="Grace", email=_GRACE),
                Person(id="15", name="Lena", email="lena@hausmark.example", role=Role.SUPERVISOR),
                Person(id="16", name="Sven", email="sven@hausmark.example", role=Role.SUPERVISOR),
            ),
            (_slack("U11", "Ada", _ADA), _slack("U12", "Grace", _GRACE)),
        ),
        team=("-1001000001", "Hausmark service", "C0SERVICE", "#service"),
        dealers=(
            ("Nordlicht", "-1001000002", (Person(id="21", name="Ben"), Person(id="22", name="Clara"))),
            ("Südwerk", "C0SUEDWERK", (_slack("U31", "Dora"), _slack("U32", "Emil"))),
        ),
    ),
    "zh-Hans": _cast(
        "zh-Hans",
        customers=(
            Person(id="8", name="王芳"),
            _slack("U2", "李强"),
            Person(id="chenjing@home.example", name="陈静", platform="email"),
        ),
        visitor="C-2003",
        agents=(
            (
                Person(id="13", name="安娜", email=_ANNA, role=Role.ADMIN),
                Person(id="14", name="小安", email=_XIAOAN),
                Person(id="17", name="林峰", email="linfeng@hausmark.example", role=Role.SUPERVISOR),
                Person(id="18", name="周航", email="zhouhang@hausmark.example", role=Role.SUPERVISOR),
            ),
            (_slack("U13", "安娜", _ANNA), _slack("U14", "小安", _XIAOAN)),
        ),
        team=("-1001000011", "豪思迈客服", "C0KEFU", "#客服"),
        dealers=(
            ("申城维修", "-1001000012", (Person(id="23", name="张伟"), Person(id="24", name="刘洋"))),
            ("浦江家电", "C0PUJIANG", (_slack("U33", "赵敏"), _slack("U34", "孙磊"))),
        ),
    ),
}
