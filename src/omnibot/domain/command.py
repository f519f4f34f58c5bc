"""What a customer asks of the bot itself rather than of the FAQ: a person, a case, yes, no, thanks, hello.

A text is a command only if every word of it is accounted for, so that "agent please" is one and "what is a service
agent fee" is none; a false command would swallow a real question.
"""

import re
from collections.abc import Iterator
from functools import cache

from omnibot.domain import linking
from omnibot.domain.linking import LinkChats, UnlinkChat
from omnibot.domain.regex import regex
from omnibot.domain.spelling import Spelling
from omnibot.domain.ticket_number import parse_number
from omnibot.domain.ticket_wish import asks_for_ticket
from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class TalkToPerson:
    """The customer wants a human instead of the bot, or a ticket, which is what humans work on."""


@dataclass(frozen=True, slots=True)
class WhereIsMyCase:
    """
    The customer asks how a ticket is going; `number` is its digits with the check digit, if one was named.
    """

    number: str | None = None


@dataclass(frozen=True, slots=True)
class Thanks:
    """Thanks and nothing else."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """A greeting and nothing else."""


@dataclass(frozen=True, slots=True)
class Yes:
    """A yes, or: that helped."""


@dataclass(frozen=True, slots=True)
class No:
    """A no, or: that did not help."""


Command = TalkToPerson | WhereIsMyCase | Thanks | Greeting | Yes | No | LinkChats | UnlinkChat

# Longer texts tell a story; both limits are generous for the wordings we know.
LONGEST_COMMAND = 160  # characters
MOST_WORDS = 16
# Clauses of such a story that are looked at all the same.
STORY_BEGIN, STORY_END = 3, 5
# With more unknown words than this in a clause it is not a mistyped command but another sentence.
MOST_TYPOS = 2


def recognise(normalised: str) -> Command | None:
    """
    The command in a text that went through `faq.normalize.normalise`, or None: it is for the FAQ or for people.
    """
    if len(normalised) > LONGEST_COMMAND:
        return _wish_in_story(_clauses(normalised))
    if not normalised:
        return None
    if wish := linking.recognise(normalised):
        return wish
    written = _clauses(normalised)
    clauses = [_words(clause) for clause in written]
    if len(clauses) == 1 and not clauses[0] <= _LEXICON and not _DIGIT.search(normalised):
        # Most questions: whatever else is a command consists of words that we know, or names a ticket.
        return TalkToPerson() if asks_for_ticket(normalised) else None
    words = frozenset().union(*clauses)
    if sum(map(len, clauses)) > MOST_WORDS:
        return TalkToPerson() if any(map(_asks_for_person, clauses)) or any(map(asks_for_ticket, written)) else None
    number = parse_number(normalised) if _DIGIT.search(normalised) else None
    if _asks_for_case(words, normalised, number):
        return WhereIsMyCase(number)
    if any(map(_asks_for_person, clauses)) or any(map(asks_for_ticket, written)):
        return TalkToPerson()
    return _short_reply(words)


def _clauses(normalised: str) -> list[str]:
    clauses = [normalised] if normalised.replace(" ", "").isalnum() else _MARKS.split(normalised)
    if not ("about" in normalised or "regarding" in normalised or "cause" in normalised):
        return clauses  # of most texts, without a look at each of their words
    return [part for clause in clauses for part in _REASON.split(clause)]


def _wish_in_story(clauses: list[str]) -> Command | None:
    """Whoever tells a long story says at its beginning or at its end that it is for people."""
    ends = [*clauses[:STORY_BEGIN], *clauses[STORY_BEGIN:][-STORY_END:]]
    short = (clause for clause in ends if len(clause) <= LONGEST_COMMAND)
    return (
        TalkToPerson() if any(_asks_for_person(_words(clause)) or asks_for_ticket(clause) for clause in short) else None
    )


def persists(normalised: str) -> bool:
    """Whether the words say that a problem is still there or has come back."""
    return bool(_PERSISTS.search(normalised))


def _asks_for_case(words: frozenset[str], text: str, number: str | None) -> bool:
    cue = not words.isdisjoint(_CASE_CUE) or (("whe" in text or "哪" in text) and bool(_WHERE_IS_MY.search(text)))
    if not cue and not number:
        return False
    others = {word for word in words - _IN_CASE_QUESTION if not word.isdecimal()}
    if number:
        return cue or not others - _NUMBER_FILLER
    return cue and not others and bool(words & (_CASE | _CASE_CUE_ALONE))


def _asks_for_person(words: frozenset[str]) -> bool:
    if not words <= _IN_PERSON_REQUEST:
        return False
    if words & _BOT:
        return bool(words & _STOP) or bool(words & _REACH and words & (_PERSON | _PEOPLE))
    if words & _STOP:  # "I don't want to talk to anybody"
        return False
    if words & _ASKING:
        return bool(words & _REACH and words & _PERSON)
    if words & _PERSON:
        return True
    if words & _PEOPLE and words & _GREETING:  # "客服您好" greets, it does not ask
        return bool(words & _REACH)
    return bool(words & _PEOPLE) and (bool(words & _REACH_OR_REAL) or words <= _PEOPLE_POLITELY)


def _short_reply(words: frozenset[str]) -> Command | None:
    if words <= _IN_REPLY and words & _NO:
        return No()
    if words <= _IN_REPLY and words & (_CLEAR_YES if words & _THANKS else _YES):
        return Yes()
    if words <= _IN_THANKS and words & _THANKS:
        return Thanks()
    if words <= _IN_GREETING and (words & _GREETING or words >= _HOW_ARE_YOU):
        return Greeting()
    return None


def _words(clause: str) -> frozenset[str]:
    """The words of a clause, as we know them where they are one slip away from it."""
    found = frozenset(_spoken(clause))
    unknown = [word for word in found - _LEXICON if not word.isdecimal()]
    if not unknown or len(unknown) > MOST_TYPOS:
        return found
    return found.difference(unknown) | {_spelling().repair(word) or word for word in unknown}


def _spoken(clause: str) -> list[str]:
    """The words of a clause as they stand there."""
    if clause.isascii() and clause.replace(" ", "").isalpha():
        return clause.split()  # most clauses; a quarter of the time
    clause = _DROPPED.sub("", clause)
    return (_ASCII_TOKEN if clause.isascii() else _TOKEN).findall(clause)


@cache
def _spelling() -> Spelling:
    return Spelling(dict.fromkeys((word for word in _LEXICON if word.isascii()), 1))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that say nothing in a request.
_POLITE = _set(
    """
    please pls plz kindly thanks thank you hi hello hey ok okay now asap the a an
    请 请问 麻烦 吧 啊 谢谢 你好 您好 好吗 行吗 可以吗
    """
)
_FILLER = _POLITE | _set(
    """
    i im id ill me my we us our u your to with some is there here can could would will may might shall let just
    want
    wanna need like have get give put for of at and or any right away immediately directly instead urgently
    through
    from look looking try trying out who that
    我 我要 我想 我们 你 你们 您 帮 帮我 帮忙 给 给我 一下 一 下 个 位 一个 一位 名 呀 呢 吗 嘛 么 啦 了 的 能
    能不能 可以 可不可以
    可否 想 要 想要 需要 希望 和 跟 与 把 来 去 现在 马上 立刻 赶紧 快 快点 直接 有 有没有 那 就 得 哈 哦 嗯 里
    这里
    """
)
# A person, whatever else the request says.
_PERSON = _set(
    """
    human humans person persons people agent agents representative representatives rep reps operator operators
    advisor
    adviser manager supervisor
    人工 真人 活人 人工客服 人工服务 真人客服 客服人员 客服专员 在线客服 坐席 专员 工作人员 客户服务 任工 有人吗
    有人在吗 有没有人
    """
)
# Somebody, if the request is to reach them.
_PEOPLE = _set(
    """
    someone somebody anyone anybody staff support team service care desk helpdesk customer costumer employee
    colleague
    人 客服 服务 服务人员 客服部
    """
)
_REACH = _set(
    """
    talk talking speak speaking chat connect transfer reach contact call phone switch redirect forward escalate
    help
    pass handover message
    转 转接 转到 转给 接 接入 接通 找 找个 叫 叫个 换 换成 换个 联系 连接 呼叫 说话 说 聊 聊聊 谈 讲 沟通 对话
    交流 回复 处理
    """
)
_REAL = _set("real live actual living physical human being true genuine 真的 真正 活的")
_STOP = _set("stop no not dont without hate quit enough 别 别再 不要 不想 不需要 停止 停 不用 别让 不是")
_BOT = _set("bot bots robot robots chatbot machine ai automated computer 机器人 机器 自动回复 智能客服")
_ASKING = _set("how do does where why cant when 怎么 如何 怎样")

_CASE = _set(
    """
    case cases ticket tickets request repair repairs claim complaint enquiry inquiry
    工单 单子 维修单 报修单 报修 维修 投诉 案件 案子 服务单 维修申请 报修申请 单号 工单号
    """
)
_CASE_CUE = _set(
    """
    status state news update updates progress happening going coming track tracking
    到哪 到哪了 到哪里 到哪里了 到哪儿了 到哪一步 到哪一步了 进度 处理进度 维修进度 进展 状态 怎么样 怎么样了
    如何了 处理好了吗 处理好了没
    修好了吗 修好了没 好了吗 好了没 有消息 有消息了吗 消息 什么情况 查 查查 查询 查一下 查下 看一下 看看
    """
)
# These ask about a case even if none is named.
_CASE_CUE_ALONE = _set("status news update updates progress 进度 处理进度 维修进度 进展")
_CASE_FILLER = _set(
    """
    what whats how hows on in with it this been being are has about where wheres when be so far yet check see
    tell know
    current latest show find done ready finished fixed
    处理 到 在 哪 哪里 目前 我的 这个 告诉 知道 还 没 呀
    """
)
_NUMBER_FILLER = _set("number no nr ref reference id its 号 号码 编号 是")
_WHERE_IS_MY = regex(r"\b(?:wheres|where'?s|where is|where are|when will|when is) (?:my|our|the) |在哪|到哪")

_YES = _set(
    """
    yes yep yeah yup ya yess sure correct right exactly indeed absolutely definitely helped helps works worked
    solved
    fixed resolved helpful ok okay great perfect good fine
    是 是的 对 对的 对对 嗯 嗯嗯 好 好的 可以 可以了 行 有用 有帮助 有的 解决 解决了 已解决 已经解决了 好了
    没问题 没问题了 搞定 搞定了 明白
    明白了 懂了 清楚了 知道了 帮到了
    """
)
# What else "ok, thanks" might be: thanks.
_CLEAR_YES = _YES - _set("ok okay great perfect good fine 好 好的 嗯 嗯嗯 对 行 可以 明白了 知道了 没问题了")
_NO = _set(
    """
    no nope nah not didnt doesnt isnt wasnt wrong useless unhelpful negative neither
    不 不是 没有 没 没用 不行 没有用 没有帮助 没帮助 没解决 没有解决 还没解决 不对 不好使 还是不行 还是没用
    不可以 没效果 没有效果 不管用 无效 还没
    还没有 没帮到 没有帮到 不好 不能
    """
)
_REPLY_FILLER = _set(
    """
    it that this did does do was is now me my all at really still very much helping help work working solve fix
    answer
    question problem issue the you so a lot quite i think im
    的 了 啊 呀 哦 呢 我 这 那 这个 那个 它 还 还是 都 很 非常 问题 完全 一点 真的 你 您 哈
    """
)
_THANKS = _set(
    """
    thanks thank thankyou thx thnx tnx tks ty tysm cheers appreciated appreciate merci danke 3q 👍 🙏 ❤ 😊 👌 🎉
    🙂 😀 💯 🥰
    谢谢 谢谢你 谢谢您 谢谢你们 谢谢啦 谢谢了 谢 谢啦 谢了 多谢 多谢啦 多谢了 感谢 感谢您 感谢你 感谢你们 辛苦
    辛苦了 太感谢了 非常感谢 十分感谢
    """
)
_THANKS_FILLER = _set(
    """
    you u so very much a lot many tons for your the help helping all quick fast kind reply answer information
    info
    support advice again great perfect awesome excellent brilliant wonderful nice good really i it that this was
    is
    everyone guys team ok okay and have day bye goodbye helpful helped well well done bot then now very much my
    of to
    非常 太 十分 真 你 您 你们 的 了 啦 啊 呀 哈 帮助 帮忙 解答 回复 服务 客服 好的 好 那 就 先 再见 拜拜 耐心
    知道了 明白了 没事了 没问题了
    """
)
# "start" is what a bot's first button says on several platforms.
_GREETING = _set(
    """
    start hi hello hey heya hiya hallo howdy greetings morning afternoon evening yo 👋
    你好 您好 你们好 大家好 嗨 哈喽 哈啰 哈罗 在吗 在么 在嘛 在不在 早上好 上午好 中午好 下午好 晚上好 早安 早
    晚安
    """
)
_GREETING_FILLER = _set(
    """
    how are doing today there good day team all everyone dear sir madam guys bot to you
    😊 🙂 😀 客服 亲 啊 呀 哈 人 请问 小姐 先生 老师 一下
    """
)

_IN_PERSON_REQUEST = frozenset().union(
    _PERSON, _PEOPLE, _REACH, _REAL, _STOP, _BOT, _ASKING, _GREETING, _THANKS, _FILLER
)
_REACH_OR_REAL = _REACH | _REAL
_PEOPLE_POLITELY = _PEOPLE | _POLITE
_IN_CASE_QUESTION = frozenset().union(_CASE, _CASE_CUE, _CASE_FILLER, _FILLER)
_IN_REPLY = frozenset().union(_NO, _YES, _REPLY_FILLER, _THANKS)
_IN_THANKS = frozenset().union(_THANKS, _THANKS_FILLER, _GREETING)
_IN_GREETING = _GREETING | _GREETING_FILLER

_HOW_ARE_YOU = _set("how are you")

_LEXICON = frozenset().union(
    *(_FILLER, _PERSON, _PEOPLE, _REACH, _REAL, _STOP, _BOT, _ASKING, _CASE, _CASE_CUE, _CASE_FILLER, _NUMBER_FILLER),
    *(_YES, _NO, _REPLY_FILLER, _THANKS, _THANKS_FILLER, _GREETING, _GREETING_FILLER),
)

_MARKS = regex(r"[,.;:!?\n。、…~]+")
_REASON = regex(r"\b(?:about|regarding|because|cause)\b")
_DROPPED = regex("['’`´\U0001f3fb-\U0001f3ff]")  # apostrophes and skin tones


_WORD = "[a-z0-9\u00df-\u024f]+"
_UNKNOWN = r"[^\s!-/:-@\[-`{-~\u2010-\u2027\u3001-\u301f·]"  # what we do not know, but punctuation


def _token_patterns() -> Iterator[str]:
    yield _WORD
    yield from sorted((word for word in _LEXICON if not word.isascii()), key=len, reverse=True)  # longest first
    yield _UNKNOWN


_TOKEN = regex("|".join(_token_patterns()))
_ASCII_TOKEN = regex(f"{_WORD}|{_UNKNOWN}")  # at each space, the other tries every Chinese word
_DIGIT = re.compile(r"\d")

# "thanks again" and "又快又好" are praise.
_PERSISTS = regex(
    r"\bstill\b|(?<!thanks )(?<!thank you )\bagain\b|\b(?:not|never|isn'?t|wasn'?t|hasn'?t been) (?:been |yet )?"
    r"(?:fixed|solved|resolved|repaired|working|gone)\b|\b(?:came|come|comes|is|it'?s|are) back\b|\bkeeps? \w+ing\b|"
    r"\b(?:doesn'?t|does not|didn'?t|did not|won'?t|don'?t) (?:work|help)\b|"
    r"\bsame (?:problem|issue|error|fault)\b|\bpersists?\b|同样的问题|"
    r"还是|还在|还没|还不|(?<!又.)又(?!.又)|仍然|仍旧|仍在|依然|依旧|再次|没(?:有)?(?:解决|修好|好)|未解决|老样子|复发"
)
