"""Questions that words leave the bot unsure of, with a sentence encoder that knows one word more than it does."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from omnibot.demo.telegram import TOKEN, fake_telegram
from omnibot.domain.language import Language
from omnibot.faq import head, index
from omnibot.faq.encoder import DIMENSIONS, Vectors
from omnibot.faq.entry import load
from omnibot.faq.second_opinion import SecondOpinion
from tests.office import Office, Opener
from tests.servers import ROOT

MONEY = frozenset({"refund", "money", "reimbursed", "zlotys"})
UNKNOWN = "zlotys for ada"


class Encoder:
    """Two directions; remembers which threads have waited for it."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.is_broken = False

    def __call__(self, texts: list[tuple[str, ...]]) -> Vectors:
        self.threads.append(threading.current_thread().name)
        if self.is_broken:
            raise RuntimeError("the model's file is damaged")
        vectors = np.zeros((len(texts), 2 * DIMENSIONS), dtype=np.float32)
        for row, words in zip(vectors, texts, strict=True):
            row[0 if MONEY.intersection(words) else 1] = 1.0
        return vectors


@pytest.fixture(scope="module")
def opinion() -> SecondOpinion:
    """What the sample teaches with it."""
    return head.train_with_encoder(index.phrasings(load(ROOT / "faq")), Encoder())


@pytest.fixture
def encoder(office: Office, opinion: SecondOpinion) -> Encoder:
    encoder = Encoder()
    office.application.desk.matcher.learn(replace(opinion, encode=encoder))
    return encoder


async def test_what_words_leave_open_is_asked_of_the_encoder_in_a_thread_of_its_own(
    office: Office, encoder: Encoder
) -> None:
    visitor = await office.visitor()
    await visitor.says(UNKNOWN)
    await visitor.hears(f"bot: {office.answer('refund', Language.EN)}")
    assert encoder.threads
    assert all(name.startswith("thinking") for name in encoder.threads), encoder.threads


async def test_a_sure_answer_does_not_wait_for_it(office: Office, encoder: Encoder) -> None:
    visitor = await office.visitor()
    await visitor.says("How do I clean the filter?")
    await visitor.hears("bot: Did that help?")
    assert not encoder.threads


async def test_whoever_tries_a_question_out_gets_its_opinion(office: Office, encoder: Encoder) -> None:
    ada = await office.agent("Ada")
    asked = await ada.post("/faq/ask", {"text": UNKNOWN})
    assert (asked["decision"], asked["candidates"][0]["entry_id"]) == ("answer", "refund")
    assert "MainThread" not in encoder.threads


async def test_people_take_over_where_it_breaks(office: Office, encoder: Encoder) -> None:
    encoder.is_broken = True
    visitor = await office.visitor()
    await visitor.says(UNKNOWN)
    await visitor.hears("system: ")


async def test_what_is_said_in_pieces_is_asked_of_it_too(open_office: Opener, opinion: SecondOpinion) -> None:
    async with fake_telegram() as telegram:
        section = {"token": TOKEN, "api_base": telegram.url, "webhook_secret": "s3cret", "mode": "webhook"}
        office = await open_office(telegram=section)
        telegram.webhook = {"url": f"{office.url}/channels/telegram/default/webhook", "secret_token": "s3cret"}
        encoder = Encoder()
        office.application.desk.matcher.learn(replace(opinion, encode=encoder))
        async with office.away():
            await telegram.say("Hello")
            await telegram.say(UNKNOWN)
            assert set(await telegram.deliver()) == {200}
        await telegram.until(lambda: bool(telegram.heard()))
        await office.settled()
        [answer] = telegram.heard()
        assert office.answer("refund", Language.EN)[:5] in answer
        assert encoder.threads
        assert all(name.startswith("thinking") for name in encoder.threads), encoder.threads
