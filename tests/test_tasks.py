"""A cancelled task ends, also one that swallows its cancellation once."""

import asyncio

from omnibot.tasks import cancel


async def test_a_loop_that_swallows_a_cancellation_ends_all_the_same() -> None:
    swallowed = 0

    async def loop() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed += 1

    task = asyncio.create_task(loop())
    await asyncio.sleep(0)
    await cancel([task])
    assert task.cancelled()
    assert swallowed == 1


async def test_tasks_that_have_ended_or_failed_do_no_harm() -> None:
    async def fail() -> None:
        raise ValueError

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    await cancel([task])
    await cancel([])
    assert isinstance(task.exception(), ValueError)
