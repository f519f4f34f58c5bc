"""What customers say to the bot itself, and what only looks like it."""

import pytest

from omnibot.domain.command import (
    Command,
    Greeting,
    No,
    TalkToPerson,
    Thanks,
    WhereIsMyCase,
    Yes,
    persists,
    recognise,
)
from omnibot.domain.ticket_number import format_number, parse_number
from omnibot.faq.normalize import normalise

SAID: dict[Command, str] = {
    TalkToPerson(): """
        talk to a person | human please | can I speak with someone real | agent | representative | i want a real person
        stop bot | connect me to support | I want to talk to a persn | representitive | speak to agnet | operator!
        how can i talk to a human | i want to talk to a person about my refund | customer service | get me a manager
        let me speak to a human being | your bot is useless, give me a human | can someone call me
        i don't want to talk to a bot | Hi, can I talk to an agent please?
        转人工 | 人工客服 | 我要找真人 | 轉人工 | 叫你们客服来 | 接人工服务 | 轉接真人
        别机器人了叫个人来 | 不要机器人 | 有人吗
        帮我转人工好吗 | 转人工!!! | 转人工客服谢谢 | 客服
    """,
    WhereIsMyCase(): """
        where is my case? | status of my ticket | any news on my repair | what's happening with my case | any updates?
        wheres my tiket | how is my repair going | when will my repair be done | status
        我的工单到哪了 | 查一下进度 | 维修进度怎么样了 | 查询工单 | 我的维修怎么样了 | 我的工單到哪了
    """,
    WhereIsMyCase("100128"): """
        10012-8 | 10012 8 | case 100128 | １００１２－８ | #10012-8 | my ticket number is 10012-8 | 工单100128
        10012–8 | any news about 10012-8
    """,
    Thanks(): """
        thanks | thx | thnks | thank you so much! | thanks a lot for your help | ok thanks | 👍 | 👍🏽 | ❤️
        谢谢 | 多谢啦 | 非常感谢 | 好的谢谢 | 謝謝
    """,
    Greeting(): "hi | /start | hello there | Hello! | hey | good morning | how are you? | 你好 | 在吗 | 您好，在吗 | 客服您好",
    Yes(): "yes | yep that helped | ok | it works now | yes thanks | 是的 | 有用 | 解决了",
    No(): """
        no | nope | didn't help | that did not help | no it didn't help | 没有 | 没用 | 不行 | 还是不行 | 没有解决
    """,
}

FOR_SOMEBODY_ELSE = """
    what is a service agent fee | is your staff trained | how do I contact support | are you a real person
    i don't want to talk to a person | where is my repair manual | how can i request a repair | where can I get a repair
    what is the call-out fee | do you have staff in berlin | what is the status of my refund | how much is a repair
    thanks, but it still leaks | hi, my washer leaks | 12345678 | +49 30 1234567 | 13800138000 | 100127 | E4
    客服电话是多少 | 人工服务收费吗 | 客服几点上班 | 怎么报修
    你好，洗衣机漏水 | 我的快递到哪了 | 谢谢，但是还是漏水 | 有没有优惠
"""


def sentences(table: str) -> list[str]:
    return [sentence.strip() for line in table.strip().splitlines() for sentence in line.split("|")]


@pytest.mark.parametrize(
    ("said", "meant"), [(said, meant) for meant, table in SAID.items() for said in sentences(table)]
)
def test_a_command_is_understood_in_many_wordings(said: str, meant: Command) -> None:
    assert recognise(normalise(said)) == meant


@pytest.mark.parametrize("said", sentences(FOR_SOMEBODY_ELSE))
def test_a_question_that_only_looks_like_a_command_is_left_to_the_faq(said: str) -> None:
    assert recognise(normalise(said)) is None


@pytest.mark.parametrize("said", ["", "?!", "a" * 5_000, "人" * 161, "\u200b", "转" * 100 + "工"])
def test_empty_and_endless_texts_are_no_command(said: str) -> None:
    assert recognise(normalise(said)) is None


STORY = "my washer has a leak and the dealer has put the repair off for more than two weeks now, nobody calls back"


@pytest.mark.parametrize(
    "said",
    [
        f"{STORY}. Talk to a person",
        f"I want a human! {STORY}. {STORY}.",
        f"{STORY}, {STORY}, {STORY}. Let me speak to someone real please",
        "我的洗衣机漏水,经销商已经把维修推迟了两个多星期,一直没有人给我回电话,也没有人告诉我什么时候会来修理。转人工",
    ],
)
def test_a_story_that_begins_or_ends_with_the_wish_for_a_person_is_for_people(said: str) -> None:
    assert recognise(normalise(said)) == TalkToPerson()


@pytest.mark.parametrize(
    "said", [f"{STORY}. They told me to talk to a person in the shop on Monday.", f"{STORY}. Thanks", STORY * 9]
)
def test_a_story_without_that_wish_is_no_command(said: str) -> None:
    assert recognise(normalise(said)) is None


@pytest.mark.parametrize(
    "said",
    [
        "still leaks",
        "E4 again",
        "not fixed",
        "it came back",
        "same problem",
        "还是漏水",
        "又漏了",
        "仍然不行",
        "没解决",
        "還是漏水",
    ],
)
def test_words_for_a_lasting_problem_are_noticed(said: str) -> None:
    assert persists(normalise(said))


@pytest.mark.parametrize("said", ["thanks again", "又快又好", "all good now", "is it free", "谢谢"])
def test_praise_is_not_taken_for_a_lasting_problem(said: str) -> None:
    assert not persists(normalise(said))


@pytest.mark.parametrize(
    "said",
    [
        "我要建工单：烤箱显示E4",
        "我要建工单，烤箱显示E4",
        "帮我提交一个工单 洗衣机不排水",
        "我想開個工單，冰箱不冷",
        "麻烦给我开一张维修工单",
        "请新建工单",
        "Open a ticket: my oven shows E4",
        "please create a ticket for my dryer, it shows E4",
        "I'd like to open a support ticket about my invoice",
        "hi, can you raise a new ticket? how long is the warranty?",
        "I want to open a case",
        "My washing machine has been leaking since Monday and the floor is wet, so please open a ticket",
    ],
)
def test_a_plain_request_for_a_ticket_is_one_for_people_with_a_question_behind_it_too(said: str) -> None:
    assert recognise(normalise(said)) == TalkToPerson()


@pytest.mark.parametrize(
    "said",
    [
        "how do I open a ticket",
        "do not open a ticket",
        "怎么建工单",
        "不要建工单",
        "open the door",
        "I cannot open the case of the machine",
        "can I open the case",
        "file a complaint",
        "make a repair appointment",
        "我要报修",
        "开门",
        "想要" * 80,
        "i want to " * 16,
    ],
)
def test_what_only_sounds_like_a_request_for_a_ticket_is_none(said: str) -> None:
    assert recognise(normalise(said)) is None


def test_a_ticket_number_carries_damms_check_digit() -> None:
    assert format_number(572) == "00572-4"  # 572 and 4 are the worked example of the literature
    assert format_number(10012) == "10012-8"


def test_every_wrong_digit_and_every_swap_of_neighbours_is_noticed() -> None:
    digits = format_number(48_317).replace("-", "")
    wrong = [digits[:i] + d + digits[i + 1 :] for i in range(6) for d in "0123456789" if d != digits[i]]
    swapped = [digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(5)]
    assert parse_number(digits) == digits
    assert not any(parse_number(other) for other in wrong + swapped if other != digits)


@pytest.mark.parametrize(
    "text", ["WM100128", "+49 30 100128", "100128 12", "3.100128", "1001281001281", "order 100127"]
)
def test_other_numbers_are_no_ticket_numbers(text: str) -> None:
    assert parse_number(text) is None
