"""Windows for a call-back lie in open hours, none before the wait is over; buttons say which one."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from omnibot.domain.calendar import Calendar, Hours, always_open
from omnibot.domain.surge.call_back import LENGTH, CallBack, How, button, may_pick, pressed, windows

NOW = datetime(2026, 6, 1, 9, 10, tzinfo=UTC)  # a Monday
OFFICE = Calendar(
    zone=ZoneInfo("Europe/Berlin"),
    week=(*([(Hours(opening=time(9), closing=time(12)), Hours(opening=time(13), closing=time(17, 30)))] * 5), (), ()),
)


def test_windows_begin_after_the_wait_and_follow_each_other() -> None:
    begins = windows(always_open(ZoneInfo("UTC")), NOW, timedelta(minutes=45))
    assert begins[0] == datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
    assert {later - earlier for earlier, later in pairwise(begins)} == {LENGTH}


def test_windows_lie_wholly_in_open_hours() -> None:
    begins = [begin.astimezone(OFFICE.zone) for begin in windows(OFFICE, NOW, timedelta(minutes=45))]
    assert [f"{begin:%a %H:%M}" for begin in begins] == ["Mon 13:00", "Mon 15:00", "Tue 09:00", "Tue 13:00"]


def test_only_what_lies_ahead_and_in_open_hours_may_be_picked() -> None:
    monday = datetime(2026, 6, 1, 13, 0, tzinfo=OFFICE.zone)
    assert may_pick(OFFICE, monday, NOW)
    assert not may_pick(OFFICE, monday, NOW + timedelta(hours=5))
    assert not may_pick(OFFICE, monday + timedelta(hours=10), NOW)
    assert not may_pick(OFFICE, monday + timedelta(days=14), NOW)


def test_a_button_leads_back_to_its_window() -> None:
    begin = datetime(2026, 6, 1, 11, 0, tzinfo=UTC)
    assert pressed(button(How.CALL, begin)) == CallBack(how=How.CALL, begin=begin)
    assert pressed(button(How.WRITE)) == CallBack(how=How.WRITE)
    for other in (None, "back:fax", "back:", "helped", "back:call:x"):
        assert pressed(other) in (None, CallBack(how=How.CALL))
