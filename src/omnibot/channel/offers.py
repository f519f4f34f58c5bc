"""What a channel may offer besides, where its platform has it. The core asks with `isinstance`, never for a platform's name."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol, runtime_checkable

from omnibot.channel.inbound import InboundMessage
from omnibot.domain.form_sheet import Sheet
from omnibot.domain.language import Language
from omnibot.domain.message import Address, Choice
from omnibot.domain.value import dataclass


@runtime_checkable
class ShowsTyping(Protocol):
    """What a channel offers besides where its platform can show that somebody writes."""

    async def show_typing(self, address: Address) -> None:
        """Show it for some seconds. Whatever it raises is ignored."""


@runtime_checkable
class Whispers(Protocol):
    """What a channel offers besides where its platform lets one person of a group be told something."""

    def can_whisper(self, to: InboundMessage) -> bool:
        """Whether it can; otherwise it has to be said aloud. Pure."""

    async def whisper(self, to: InboundMessage, text: str) -> None:
        """Tell whoever said or pressed this, and nobody else, in at most 200 characters; an empty text only takes note of
        a press. A courtesy: where it fails, nobody is told, and nothing is raised."""


@runtime_checkable
class ShowsHome(Protocol):
    """What a channel offers besides where its platform has a page of us for each person."""

    async def show_home(self, sender: str, text: str, choices: tuple[Choice, ...] = ()) -> None:
        """Put this, in our Markdown, on a person's page, with buttons. A courtesy: nothing is raised."""


# What cannot be taken of what was written on a page: the form, the words by question, and the writer's language give the
# problems by question.
Judge = Callable[[str, Mapping[str, str], Language], Mapping[str, str]]


@runtime_checkable
class ShowsForms(Protocol):
    """What a channel offers besides where its platform can show a page of questions to somebody who has just done something.
    What is sent from it is an `InboundMessage` with `form_answer.filled` as its choice."""

    def judge_by(self, judge: Judge) -> None:
        """Whom to ask before a page is taken. Called once, before anything comes in."""

    async def show_form(self, to: InboundMessage, sheet: Sheet) -> None:
        """Show it to whoever did this (`to.press`). A courtesy: where it fails, nothing is raised."""


@runtime_checkable
class NamesGroups(Protocol):
    """What a channel offers besides whose groups people name by an address: a URL that is a secret."""

    async def fault(self, url: str) -> "AddressFault | None":
        """What is wrong with the address; None where it can be one. Tells nobody anything. Raises Misconfigured."""


class AddressFaultKind(StrEnum):
    """What people have to mend."""

    NO_ADDRESS = "no-address"  # there is no "system://" in front
    UNKNOWN_SYSTEM = "unknown-system"
    WRONG_FORM = "wrong-form"  # the system is known, the rest does not fit it
    THIS_MACHINE = "this-machine"  # it would speak to whoever sits before the server


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFault:
    """Nothing of the address is in it but the system's name."""

    kind: AddressFaultKind
    system: str = ""  # as people call it; of an unknown one the likeliest that is meant, or nothing
    example: str = ""  # how its addresses look
    page: str = ""  # where that is described


@runtime_checkable
class Invites(Protocol):
    """What a channel offers besides where a link opens it with a code already said: "continue on ..."."""

    @property
    def label(self) -> str:
        """What people call the platform."""

    async def invitation(self, code: str) -> str:
        """The link. Whoever follows it says the code in a chat of his own. Raises ChannelError."""


class InstallOutcome(StrEnum):
    """What came of an installation."""

    DONE = "done"
    DENIED = "denied"  # by whoever was asked on the platform
    STALE = "stale"  # it was begun elsewhere or too long ago, or is over
    ELSEWHERE = "elsewhere"  # the account works in another place on the platform
    REFUSED = "refused"  # by the platform
    UNAVAILABLE = "unavailable"  # the platform does not answer


@dataclass(frozen=True, slots=True)
class Installed:
    """How it ended; `reason` is the platform's word where it refuses."""

    outcome: InstallOutcome
    reason: str = ""


class Installs(Protocol):
    """An account that gets its credentials on the platform, where somebody agrees. Whoever calls this has made sure that an
    admin asks; `browser` tells his browser from all others, `return_to` is where the platform sends him back."""

    async def begin(self, *, browser: str, return_to: str) -> str:
        """Where to send him. Good for some minutes and once; a later one ends it."""

    async def finish(self, *, browser: str, return_to: str, answer: Mapping[str, str]) -> Installed:
        """He is back with the platform's answer, the parameters of the address."""

    async def revision(self) -> str:
        """Something else after each installation, in whatever process."""


@runtime_checkable
class OffersInstallation(Protocol):
    """What a connection offers besides where its account can be installed."""

    def installs(self) -> Installs | None:
        """None where the credentials stand in the settings."""
