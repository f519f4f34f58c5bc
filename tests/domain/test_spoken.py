"""Promises in what agents write: found where one is made, and nowhere else."""

import time as stopwatch
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from omnibot.domain.spoken import recognise

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)  # a Monday
PROMISES = {
    # English
    "We call you by 17:00.": "06-01 17:00",
    "We'll call you back by 5 pm": "06-01 17:00",
    "we will call you at 5:30 p.m. today.": "06-01 17:30",
    "I'll get back to you tomorrow before noon.": "06-02 12:00",
    "I will get back to you within two hours.": "06-01 11:00",
    "Within two hours.": "06-01 11:00",
    "I'll let you know in 30 minutes.": "06-01 09:30",
    "You will hear from us within half an hour.": "06-01 09:30",
    "Don't worry, I'll answer you within an hour!": "06-01 10:00",
    "We will send you the spare part by Friday.": "06-05 18:00",
    "By Friday at the latest.": "06-05 18:00",
    "Sure, by 5pm.": "06-01 17:00",
    "My colleague will call you tomorrow morning.": "06-02 12:00",
    "A technician will contact you the day after tomorrow at 10:15.": "06-03 10:15",
    "I’ll email you by next Monday.": "06-08 18:00",
    "We are going to reply by end of day.": "06-01 18:00",
    "I'll follow up on Wednesday afternoon.": "06-03 18:00",
    "You'll get an answer by 5 June.": "06-05 18:00",
    "We will have an answer by June 30th.": "06-30 18:00",
    "Thank you for waiting. I will update you by 14.30.": "06-01 14:30",
    "We ring you this evening.": "06-01 21:00",
    "I promise you an answer by 2026-06-03.": "06-03 18:00",
    "I'll be in touch within the next three days.": "06-04 09:00",
    "We will fix it within 24 hours.": "06-02 09:00",
    # Chinese
    "I will write to you by 17:30.": "06-01 17:30",
    "Someone will call you by 5 pm.": "06-01 17:00",
    "I'll report back by tomorrow noon.": "06-02 12:00",
    "We'll have someone call you by 17:00": "06-01 17:00",
    "The technician will be with you on Tuesday at 10:00.": "06-02 10:00",
    "Our technician comes on Tuesday at 9:00": "06-02 09:00",
    "I'll speak to you tomorrow at 3pm": "06-02 15:00",
    "The dealer will contact you within two days.": "06-03 09:00",
    "I will look into it and write by 17:30": "06-01 17:30",
    "You'll get your full refund by Friday": "06-05 18:00",
    "We will refund the money within 3 days.": "06-04 09:00",
    "I'll call her by 17:00": "06-01 17:00",
    "We visit the customer tomorrow at 10:00": "06-02 10:00",
    "明天下午三点前给您答复": "06-02 15:00",
    "我们今天下午5点前给您回电话。": "06-01 17:00",
    "周五之前": "06-05 18:00",
    "好的，周五之前。": "06-05 18:00",
    "我会在两小时内回复您": "06-01 11:00",
    "半小时内给您打电话。": "06-01 09:30",
    "30分钟内联系您": "06-01 09:30",
    "24小时之内给您处理好": "06-02 09:00",
    "一个半小时内": None,  # "一个" and "半": rare enough to be missed
    "我明天上午给您打电话": "06-02 12:00",
    "后天中午之前通知您结果": "06-03 12:00",
    "下周一答复您": "06-08 18:00",
    "本周五17:30前给您一个答复": "06-05 17:30",
    "星期三下午两点半给你回电": "06-03 14:30",
    "师傅今晚八点联系您": "06-01 20:00",
    "6月5日前给您寄新的配件": "06-05 18:00",
    "三天内一定帮您解决": "06-04 09:00",
    "最迟明天": None,  # no deadline word: it may be anything
    "最迟明天上午十点前": "06-02 10:00",
    "我们会在今天下班前给您反馈": "06-01 18:00",
    "您好，稍等，我十分钟内给您消息。": "06-01 09:10",
    "客服主管将于明日下午四点一刻致电您": "06-02 16:15",
    "师傅周二上午九点上门": "06-02 09:00",
    "后天上午10点师傅会上门维修": "06-03 10:00",
    "24小时内回电": "06-02 09:00",
    "三天内给您退款": "06-04 09:00",
    "我今天下午五点前给客户打电话": "06-01 17:00",
}
NO_PROMISES = [
    "Shall we call you by 17:00?",
    "Can you call us before 5 pm?",
    "Please reply by Friday.",
    "You can call us until 17:00.",
    "We called you yesterday at 17:00.",
    "We usually answer within two hours.",
    "If it does not work, I'll call you by 17:00.",
    "I'll try to get back to you by 5 pm.",
    "We cannot call you by 17:00.",
    "We won't get back to you before Friday.",
    "I hope we can fix it by tomorrow.",
    "Our shop opens at 9:00.",
    "The offer ends by Friday at midnight.",
    "I'll call you at 8:00.",  # that is over, or tomorrow: who knows
    "I'll call you at 5.",  # morning or afternoon
    "We will call you on Monday or Tuesday.",
    "I'll get back to you soon.",
    "I'll call you once it has arrived on Friday.",
    "Your order was shipped on 30 May.",
    "> I'll call you by 17:00",
    "We will reply within two business days.",
    "The repair took two days.",
    "He said he would call by 17:00.",
    "See you tomorrow!",
    "The customer will contact you within two days.",
    "Someone called you at 17:00 yesterday.",
    "You will have the option to return it until Friday.",
    "You will get a discount by Friday.",
    "I will be away and out of office until Friday.",
    "The delivery comes on Tuesday at 9:00.",
    "预计三天内给您答复",
    "客户明天下午三点前给我们答复",
    "The customer calls us tomorrow at 10:00.",
    "您可以周二上午九点上门",
    "商场三天内前门关闭",
    "I will be on holiday until Friday.",
    "您明天下午三点前能答复我们吗？",
    "请您在周五之前回复我们",
    "请在明天之前提供照片",
    "您可以在下午五点前联系我们",
    "我们昨天下午三点给您打过电话",
    "如果明天还不行，我下午三点给您打电话",
    "我尽量明天上午给您答复",
    "我们无法在周五之前给您答复",
    "我们三点给您打电话",  # night or afternoon
    "商场周五之前打折",
    "我们一般两小时内回复您",
    "两个工作日内答复您",
    "明天下午三点见",
    "马上给您答复",
    "周三或者周四给您答复",
    "需要您明天之前给您的经销商打电话确认",
    "上周五给您回复了",
    "是否需要我明天上午给您打电话",
]


@pytest.mark.parametrize(("text", "expected"), PROMISES.items())
def test_a_promise_is_found_with_its_time(text: str, expected: str | None) -> None:
    found = recognise(text, NOW, SHANGHAI)
    assert [f"{one.due_at.astimezone(SHANGHAI):%m-%d %H:%M}" for one in found] == ([expected] if expected else [])


@pytest.mark.parametrize("text", NO_PROMISES)
def test_no_promise_is_made_up(text: str) -> None:
    assert recognise(text, NOW, SHANGHAI) == ()


def test_what_is_offered_are_the_words_of_the_sentence_that_promises() -> None:
    text = "Thank you for the photo. We call you by 17:00. Have a nice day!"
    assert [one.text for one in recognise(text, NOW, SHANGHAI)] == ["We call you by 17:00."]


def test_the_time_is_that_of_the_writers_wall() -> None:
    [here] = recognise("We call you by 17:00", NOW, SHANGHAI)
    [there] = recognise("We call you by 17:00", NOW, ZoneInfo("Europe/Berlin"))
    assert here.due_at == datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
    assert there.due_at == datetime(2026, 6, 1, 15, 0, tzinfo=UTC)


def test_a_span_counts_real_hours_over_a_change_of_the_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    [promise] = recognise("I'll call you within 4 hours", now, berlin)
    assert promise.due_at == datetime(2026, 3, 29, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["we will " * 1000, "1" * 8000, "周" * 8000, "by by by " * 900, "in a " * 2000])
def test_long_nonsense_takes_no_time(text: str) -> None:
    begin = stopwatch.perf_counter()
    recognise(text, NOW, SHANGHAI)
    assert stopwatch.perf_counter() - begin < 0.5
