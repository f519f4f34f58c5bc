"""The list of promises, page after page: nothing twice and nothing left out, whatever is kept in between."""

from tests.office import Office


async def test_pages_of_promises_go_on_where_the_last_one_ended(office: Office) -> None:
    agent = await office.agent("Ada")
    visitors = [await office.visitor() for _ in range(5)]
    for visitor in visitors:
        await visitor.says("talk to a person")
    await office.settled()
    seen: list[int] = []
    cursor = ""
    for _ in range(6):
        page = await agent.get(f"/promises?limit=2{cursor}")
        seen += [one["promise"]["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        await agent.takes(visitors[0]) if len(seen) == 2 else None
        await agent.replies(visitors[0], "Hello") if len(seen) == 2 else None  # one of the first page is kept
    assert len(seen) == len(set(seen)) == 5
