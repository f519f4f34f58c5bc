"""One-time codes work once, in time, and for what they were made."""

from datetime import timedelta
from functools import partial

from omnibot.domain.code import CodePurpose
from omnibot.store import codes
from omnibot.store.transactions import Store
from tests.office import MONDAY

HOUR = timedelta(hours=1)


async def test_a_code_is_redeemed_once(store: Store) -> None:
    code = codes.new_code()
    made = partial(codes.add, code=code, purpose=CodePurpose.LINK_CONTACT, subject="7", made_by=None, now=MONDAY)
    await store.run(partial(made, until=MONDAY + HOUR))
    redeem = partial(codes.redeem, code=code, now=MONDAY)
    assert await store.run(partial(redeem, purposes=(CodePurpose.STAFF_GROUP,))) is None
    found = await store.run(partial(redeem, purposes=(CodePurpose.STAFF_GROUP, CodePurpose.LINK_CONTACT)))
    assert found == codes.Redeemed(purpose=CodePurpose.LINK_CONTACT, subject="7", made_by=None)
    assert await store.run(partial(redeem, purposes=(CodePurpose.LINK_CONTACT,))) is None


async def test_a_code_expires(store: Store) -> None:
    code = codes.new_code()
    made = partial(codes.add, code=code, purpose=CodePurpose.LINK_CONTACT, subject="7", made_by=None, now=MONDAY)
    await store.run(partial(made, until=MONDAY + HOUR))
    late = partial(codes.redeem, code=code, purposes=(CodePurpose.LINK_CONTACT,), now=MONDAY + HOUR)
    assert await store.run(late) is None
