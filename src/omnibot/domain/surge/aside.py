"""What is answered beside the bot's own work, whoever has the conversation: ratings, waits, incidents. Pure."""

from omnibot.domain.conversation import BotState
from omnibot.domain.rating import Rate, Said, rate
from omnibot.domain.surge.call_back import CallBack, pressed
from omnibot.domain.surge.incident import TellIncident
from omnibot.domain.surge.wait import HowLong, TellWait

Aside = Rate | CallBack | TellWait | TellIncident
# As explanations and outcomes store them.
NAMES: dict[type, str] = {
    Rate: "rate",
    CallBack: "call_back",
    TellWait: "tell_wait",
    TellIncident: "tell_incident",
}


def decide(bot: BotState, choice: str | None, said: Said | None, command: object) -> Rate | CallBack | TellWait | None:
    """What the words or the button ask for, of these; None for anything else."""
    if isinstance(command, HowLong):
        return TellWait()
    return rate(bot, choice, said) or pressed(choice)
