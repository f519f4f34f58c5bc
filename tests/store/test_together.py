"""What is known of contacts that are taken together is read as one, and stays each one's own."""

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from omnibot.domain.contact import Proof
from omnibot.domain.conversation import Conversation
from omnibot.domain.fact import PHONE, TIER, Fact, Source
from omnibot.domain.form import Filling
from omnibot.store import contacts, facts, fillings, links, together
from omnibot.store.transactions import Store
from tests.office import MONDAY
from tests.store.conftest import open_conversation

LATER = MONDAY + timedelta(minutes=1)


def learn(tx: Connection, contact_id: int, key: str, value: str, at: datetime, source: Source = Source.STAFF) -> None:
    facts.learn(tx, [Fact(contact_id=contact_id, key=key, value=value, source=source, at=at)])


def merge(tx: Connection, into: Conversation, other: Conversation) -> None:
    links.merge(tx, into.contact_id, other.contact_id, proof=Proof.STAFF, by_id=None, now=MONDAY)


def part(tx: Connection, owner: Conversation, place: Conversation) -> tuple[int, list[tuple[str, str]]] | None:
    address = place.address
    return links.give_back(tx, address.channel, address.chat, owner=owner.contact_id, by_id=None, now=LATER)


def told(tx: Connection, contact_id: int) -> dict[str, str]:
    return {one.key: one.value for one in facts.of_contact(tx, contact_id)}


async def test_the_newest_word_counts_while_they_are_together(store: Store) -> None:
    def body(tx: Connection) -> None:
        a, b = open_conversation(tx, "a"), open_conversation(tx, "b")
        one, two = a.contact_id, b.contact_id
        learn(tx, one, PHONE, "1", MONDAY)
        learn(tx, two, PHONE, "2", LATER)
        learn(tx, two, TIER, "vip", MONDAY)
        merge(tx, a, b)
        assert told(tx, one) == {PHONE: "2", TIER: "vip"}
        assert contacts.tiers(tx, [one]) == {one: "vip"}
        assert facts.of_contacts(tx, [one], PHONE) == {one: "2"}
        learn(tx, one, PHONE, "1", LATER + timedelta(minutes=1), Source.CUSTOMER)  # said again, and meant
        assert told(tx, one)[PHONE] == "1"
        assert part(tx, a, b) == (two, [("push", "b")])
        assert (told(tx, one), told(tx, two)) == ({PHONE: "1"}, {PHONE: "2", TIER: "vip"})
        assert contacts.tiers(tx, [one, two]) == {two: "vip"}
        assert part(tx, a, b) is None

    await store.run(body)


async def test_what_another_system_tells_again_keeps_its_time(store: Store) -> None:
    def body(tx: Connection) -> None:
        id = contacts.add(tx, language=open_conversation(tx, "a").language, now=MONDAY).id
        learn(tx, id, PHONE, "1", MONDAY, Source.IMPORT)
        learn(tx, id, PHONE, "1", LATER, Source.IMPORT)
        assert [(one.value, one.at) for one in facts.of_contact(tx, id)] == [("1", MONDAY)]

    await store.run(body)


async def test_all_addresses_of_one_contact_go_back_together(store: Store) -> None:
    def body(tx: Connection) -> None:
        a, b, c = (open_conversation(tx, chat) for chat in "abc")
        merge(tx, b, c)
        merge(tx, a, b)  # a has all three
        assert set(tx.execute(together.people(a.contact_id)).scalars()) == {
            a.contact_id,
            b.contact_id,
            c.contact_id,
        }
        assert part(tx, a, c) == (c.contact_id, [("push", "c")])
        assert [one.chat for one in links.addresses(tx, a.contact_id)] == ["b", "a"]
        second = open_conversation(tx, "c2")
        merge(tx, c, second)
        merge(tx, a, c)
        assert together.own_contact(tx, second.address, a.contact_id) == second.contact_id
        assert together.own_contact(tx, a.address, a.contact_id) == a.contact_id

    await store.run(body)


async def test_the_other_way_round_each_is_at_home_again(store: Store) -> None:
    def body(tx: Connection) -> None:
        a, b = open_conversation(tx, "a"), open_conversation(tx, "b")
        merge(tx, a, b)
        assert links.turn_round(tx, "push", "b", owner=a.contact_id, now=LATER) == b.contact_id
        assert {one.chat for one in links.addresses(tx, b.contact_id)} == {"a", "b"}
        assert links.addresses(tx, a.contact_id) == []
        assert links.turn_round(tx, "push", "b", owner=b.contact_id, now=LATER) == b.contact_id
        assert part(tx, b, a) == (a.contact_id, [("push", "a")])

    await store.run(body)


async def test_a_form_is_whose_words_are_in_it(store: Store) -> None:
    def save(tx: Connection, of: Conversation, form: str, said_by: int, version: int | None) -> None:
        filling = Filling(form=form)
        saved = fillings.save(
            tx, of.contact_id, filling, said_by=said_by, version=version, asked=1, needless=0, now=MONDAY
        )
        assert saved

    def body(tx: Connection) -> None:
        a, b = open_conversation(tx, "a"), open_conversation(tx, "b")
        merge(tx, a, b)
        save(tx, a, "hers", a.contact_id, None)
        save(tx, a, "his", b.contact_id, None)
        save(tx, a, "his", b.contact_id, 1)
        save(tx, a, "both", a.contact_id, None)
        save(tx, a, "both", b.contact_id, 1)
        part(tx, a, b)
        begun = {
            (name, form)
            for name, of in (("a", a), ("b", b))
            for form in ("hers", "his", "both")
            if fillings.unfinished(tx, of.contact_id, form) is not None
        }
        assert begun == {("a", "hers"), ("b", "his")}

    await store.run(body)
