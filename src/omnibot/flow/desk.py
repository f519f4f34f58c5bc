"""What every flow works with, built once in `app`."""

from dataclasses import field
from datetime import timedelta

from omnibot.domain.calibration import StandingPolicy
from omnibot.domain.language import Language
from omnibot.domain.policy import Policy
from omnibot.domain.rules import NO_RULES, Rules
from omnibot.domain.value import dataclass
from omnibot.doorbell import Doorbell
from omnibot.faq.matcher import Matcher
from omnibot.files import Files
from omnibot.flow.facts import FactSource, of_contact
from omnibot.flow.knowledge.keep_knowledge import Knowledge
from omnibot.flow.surge.open_incidents import OpenIncidents
from omnibot.flow.surge.tell_wait import Stopwatch
from omnibot.store.transactions import Store
from omnibot.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    store: Store
    doorbell: Doorbell
    standing: StandingPolicy
    matcher: Matcher
    knowledge: Knowledge  # keeps `matcher` current
    texts: Texts
    files: Files
    # Channels whose clients read the transcript themselves: what is committed there is delivered, nothing is sent.
    reading_channels: frozenset[str]
    tells_reading: bool = True  # whether both sides see there how far the other has read
    facts: FactSource = of_contact  # of contacts, for the blanks of answers
    rules: Rules = NO_RULES  # who gets which case
    unowned_after: timedelta = timedelta(minutes=15)  # then a note tells staff of a ticket that nobody has
    one_way: frozenset[str] = frozenset()  # channels of groups that can only be told things
    post: str | None = None  # the channel by which anybody who has an address can be written to
    public_url: str = ""  # where links lead
    staff_language: Language = Language.EN  # of the notes that omnibot itself writes
    incidents: OpenIncidents = field(default_factory=OpenIncidents)  # what many ask at present
    stopwatch: Stopwatch = field(default_factory=Stopwatch)  # how fast the queue moves

    @property
    def policy(self) -> Policy:
        """What is decided by, from this moment on. Take it once per decision."""
        return self.standing.policy
