"""Whether words say what is wrong, so that a form need not ask, and what a case is called by them. Pure.

"It leaks", "Why does it leak?" and "漏水怎么办" do; "How do I book a repair?" and "我要报修" only say what is wanted.
"""

from omnibot.domain.regex import regex

LONGEST = 500  # characters, as of every answer
SUBJECT = 80  # characters; a longer name of a case nobody reads

_CLAUSE = regex(r"[^.!?。！？；;,，:：\n]+[.!?。！？；;,，:：]*")
# What is asked or wished for, not told.
_ASKS = regex(
    r"\bhow (?:to|do|does|can|could|much|many|long|often|soon)\b|\b(?:where|who|which|when) (?:is|are|do|does|can|could|will)\b"
    r"|^(?:what|can|could|may|do|does|is|are|will|would)\b.*\?"
    r"|怎么(?!办|回事|搞|了|会)|怎样|如何|多少|哪里|哪儿|哪个|什么时候|几点|能不能|可不可以|可以.*吗|能.*吗|是否"
)
_HELPLESS = regex(r"\bwhy\b|\bwhat (?:can|should|shall|do|could) (?:i|we) do\b|怎么办|为什么|为啥")
_WISHES = regex(
    r"^(?:(?:hi|hello|hey|please|so|and|if|你好|您好|请|麻烦)\s*)*"
    r"(?:(?:i|we)(?:'d| would| want| need|'m looking)\b|(?:book|order|request|arrange|open|make|send|repair|fix)\b"
    r"|(?:我|我们)?(?:想|要|需要)|帮|预约|申请|报修|安排)"
)
# Words that hardly anybody uses who has no trouble.
_TROUBLE = regex(
    r"\b(?:not|no|never|nobody|nothing|without|cannot|\w+n'?t|missing|lost|late|delay\w*|put off|postpone\w*|wrong\w*"
    r"|leak\w*|drip\w*|flood\w*|broke\w*|break\w*|damage\w*|crack\w*|defect\w*|fault\w*|fail\w*|error\w*|[ef]\d{1,3}"
    r"|stuck|stops?|stopped|dead|block\w*|clog\w*|burn\w*|smok\w*|spark\w*|overheat\w*|trips?|tripped|smell\w*|stink\w*"
    r"|nois\w*|loud|hums?|humming|rattl\w*|squeak\w*|complain\w*|problem\w*|trouble)\b"
    r"|[漏坏响吵臭卡断烧裂堵拖掉渗锈]|不(?!好意思|客气)|没(?!问题|关系)|无法|故障|报错|异常|失灵|噪音|冒烟|跳闸|停机|投诉|有问题|e\d"
)
LONG_WORDS, LONG_HAN = 8, 12  # so much told without a sign of trouble is a story of some kind, too
_WORDS = regex(r"[a-z0-9']+")
_HAN = regex(r"[\u3400-\u9fff]")


def complaint(text: str) -> str | None:
    """The words, in one line and not longer than an answer may be; None where they do not say what is wrong."""
    if not any(_says_it(clause.strip().casefold()) for clause in _CLAUSE.findall(text)):
        return None
    return shortened(text, LONGEST)


def shortened(text: str, most: int) -> str:
    """The text in one line, cut at a word's end where it has words."""
    flat = " ".join(text.split())
    if len(flat) <= most:
        return flat
    head = flat[: most - 1]
    at = head.rfind(" ")
    return f"{head[:at] if at > most // 2 else head}…"


def _says_it(clause: str) -> bool:
    if _ASKS.search(clause) and not _HELPLESS.search(clause):
        return False
    if _TROUBLE.search(clause.replace("’", "'")):
        return True
    if _WISHES.match(clause) or _ASKS.search(clause):
        return False
    return len(_WORDS.findall(clause)) >= LONG_WORDS or len(_HAN.findall(clause)) >= LONG_HAN
