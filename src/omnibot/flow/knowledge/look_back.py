"""What customers asked the bot and what became of it, read from the transcripts. `questions` is pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from omnibot.domain import decision as decisions
from omnibot.domain.asked import Asked, Fate
from omnibot.domain.command import No, recognise
from omnibot.domain.knowledge import Quality
from omnibot.domain.language import detect
from omnibot.domain.message import Author, Message
from omnibot.domain.triage import Explanation
from omnibot.faq.normalize import normalise
from omnibot.store import transcripts
from omnibot.store.transactions import Store
from omnibot.store.transcripts import Transcript

# More conversations than this are not read at once: the newest count.
MOST_CONVERSATIONS = 5_000
# Shorter replies ("One moment please") answer nothing. Chinese says as much in a third of the characters.
SUBSTANTIAL, SUBSTANTIAL_CHINESE = 40, 14


async def look_back(store: Store, now: datetime, *, days: int) -> list[Asked]:
    """Every question of the last days, the newest conversation first."""
    since = now - timedelta(days=days)
    found = await store.read(lambda tx: transcripts.recent(tx, since, most=MOST_CONVERSATIONS))
    return [asked for transcript in found for asked in questions(transcript)]


def questions(transcript: Transcript) -> list[Asked]:
    """The questions of one conversation, in order."""
    reader = _Reader(transcript)
    for line in transcript.messages:
        reader.read(line)
    return reader.questions


def quality(asked: Iterable[Asked]) -> dict[str, Quality]:
    """What became of each entry's answers."""
    found: dict[str, Quality] = {}
    for one in asked:
        if one.entry_id is None:
            continue
        before = found.get(one.entry_id, Quality())
        found[one.entry_id] = Quality(
            shown=before.shown + 1,
            helped=before.helped + (one.fate is Fate.HELPED),
            did_not_help=before.did_not_help + (one.fate is Fate.DID_NOT_HELP),
            led_to_human=before.led_to_human + one.led_to_human,
            marked_wrong=before.marked_wrong + one.is_marked_wrong,
        )
    return found


class _Reader:
    """Reads a transcript line by line."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._waiting: list[Message] = []  # what the customer said and the bot has not answered yet
        self._first_of_episode = 0  # questions from here on are what people answer next
        agents = {line.author_name for line in transcript.messages if line.author is Author.AGENT}
        self._names = tuple(sorted(filter(None, {*agents, transcript.contact_name})))
        self.questions: list[Asked] = []

    def read(self, line: Message) -> None:
        why = self._transcript.explanations.get(line.seq)
        if line.author is Author.CUSTOMER:
            if line.deleted_at is None:
                self._waiting.append(line)
        elif line.author is Author.AGENT:
            self._hear_person(line)
        elif why is not None and self._waiting:
            self._judge(line, self._waiting.pop(0), why)

    def _judge(self, line: Message, said: Message, why: Explanation) -> None:
        best = why.candidates[0][0] if why.candidates else None
        match why.decision:
            case "answer" if why.features == ("pressed",) and self.questions:
                self._end(entry_id=best, fate=Fate.ANSWERED)
                self._note_mark(line)
            case "answer":
                self._add(said, Fate.ANSWERED, entry_id=best)
                self._note_mark(line)
            case "suggest":
                self._add(said, Fate.OFFERED)
            case "acknowledge" if self.questions and self.questions[-1].entry_id:
                self._end(fate=Fate.HELPED)
            case "ask_again" if self.questions:
                self._end(fate=Fate.DID_NOT_HELP)
            case "hand_off" if why.faq_version:
                self._add(said, Fate.UNANSWERED, led_to_human=True)
            case "hand_off" if self.questions:
                if said.chosen == decisions.DID_NOT_HELP or isinstance(recognise(normalise(said.text)), No):
                    self._end(fate=Fate.DID_NOT_HELP)
                self._end(led_to_human=True)

    def _hear_person(self, line: Message) -> None:
        self._waiting.clear()  # what is said to people is no question to the bot
        for place in range(self._first_of_episode, len(self.questions)):
            asked = self.questions[place]
            if asked.fate is Fate.HELPED or not (asked.is_open or place == len(self.questions) - 1):
                continue
            asked = replace(asked, led_to_human=True, replies=asked.replies + 1)
            if asked.reply is None and _is_substantial(line.text):
                asked = replace(asked, reply=line.text)
            self.questions[place] = asked

    def _add(self, said: Message, fate: Fate, *, entry_id: str | None = None, led_to_human: bool = False) -> None:
        if self.questions and self.questions[-1].replies:
            self._first_of_episode = len(self.questions)  # people have answered what was before
        self.questions.append(
            Asked(
                conversation_id=said.conversation_id,
                seq=said.seq,
                text=said.text,
                language=detect(said.text, hint=self._transcript.language),
                at=said.at,
                fate=fate,
                entry_id=entry_id,
                led_to_human=led_to_human,
                names=self._names,
            )
        )

    def _end(self, **changed: object) -> None:
        """The newest question ended so. Where several waited for people, each of them led there."""
        self.questions[-1] = replace(self.questions[-1], **changed)  # type: ignore[arg-type]  # fields of Asked

    def _note_mark(self, line: Message) -> None:
        if line.seq in self._transcript.wrong:
            self._end(is_marked_wrong=True)


def _is_substantial(text: str) -> bool:
    wide = sum(character >= "\u2e80" for character in text)
    return len(text) - wide >= SUBSTANTIAL or wide >= SUBSTANTIAL_CHINESE


def distinct(asked: Iterable[Asked]) -> Iterator[tuple[Asked, int]]:
    """Each question once, the newest of those that are written alike, with how often it was asked."""
    alike: dict[str, list[Asked]] = {}
    for one in asked:
        alike.setdefault(normalise(one.text).rstrip(" ?!.。"), []).append(one)
    for key, same in alike.items():
        if key:
            yield max(same, key=lambda one: (one.at, one.conversation_id)), len(same)
