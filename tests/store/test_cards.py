"""What a group's card remembers of the messages that it is on the platform."""

from sqlalchemy.engine import Connection

from omnibot.domain.group import GroupRole
from omnibot.domain.language import Language
from omnibot.domain.message import Address
from omnibot.store import cards, groups
from omnibot.store.cards import Card
from omnibot.store.transactions import Store
from tests.office import MONDAY

STAFF = Address(channel="telegram", chat="-1001")


def made(tx: Connection) -> Card:
    groups.register(tx, address=STAFF, role=GroupRole.STAFF, language=Language.EN, by=None, now=MONDAY)
    [group] = groups.in_force(tx, GroupRole.STAFF)
    card = cards.open_for(tx, group, "conversation:1", now=MONDAY)
    cards.posted(tx, card.id, external_id="m1", replaced=None, opened="", heads="")
    return card


def stands_at(tx: Connection, card: Card) -> str | None:
    current = cards.get(tx, card.id)
    assert current is not None
    return current.external_id


async def test_an_edit_that_arrives_late_does_not_keep_a_card_from_being_posted_again(store: Store) -> None:
    def late(tx: Connection) -> tuple[str | None, str | None]:
        card = made(tx)
        cards.post_again(tx, card.id)  # while the platform still edits it
        cards.posted(tx, card.id, external_id="m1", replaced="m1", opened="", heads="")
        waiting = stands_at(tx, card)
        cards.posted(tx, card.id, external_id="m2", replaced=None, opened="", heads="")
        return waiting, stands_at(tx, card)

    assert await store.run(late) == (None, "m2")


async def test_an_edit_that_became_a_new_message_is_the_card(store: Store) -> None:
    def edited(tx: Connection) -> str | None:
        card = made(tx)
        cards.posted(tx, card.id, external_id="m2", replaced="m1", opened="", heads="")
        return stands_at(tx, card)

    assert await store.run(edited) == "m2"
