"""A secret that two processes make at once is one: whoever is first wins, and both go on with that."""

from omnibot.store import channels
from omnibot.store.transactions import Store


async def test_two_processes_settle_on_one_secret(database_url: str) -> None:
    stores = [Store(database_url) for _ in range(2)]
    try:
        found = [
            await store.run(lambda tx, mine=mine: channels.settle(tx, "email", "secret", mine))
            for mine, store in zip(("a", "b"), stores, strict=True)
        ]
        assert found == ["a", "a"]
    finally:
        for store in stores:
            await store.close()
