"""Whether somebody asks for a ticket to be opened, whatever else is in the clause: "open a ticket for my oven, E4".

The request has to begin the clause, so that "how do I open a ticket" and "do not open a ticket" are none. Repairs and complaints
are left to the FAQ and to forms, which know more about them.
"""

from omnibot.domain.regex import regex

_BEFORE = (
    r"(?:please|pls|kindly|hi|hello|hey|ok|okay|so|and|then|now|also|just|can|could|would|will|you|i|we|i'?d|want|wanna|need|like|wish|"
    r"have|help|me|us|let|lets|someone|to)"
)
_NEW = r"(?:(?:a|an|another|one|my|the) )?(?:(?:new|support|service|repair|customer|help|trouble) )*+"
# "the case" may be that of the machine.
_CASE = r"(?<=an )case\b|(?<=a )case\b|(?<=new )case\b|(?<=support )case\b|(?<=service )case\b"
_ENGLISH = regex(
    rf"\s*(?:{_BEFORE} )*+(?:open|create|raise|file|log|submit|register|make|start|issue) "
    rf"(?:(?:me|us|up|for me|for us) )?{_NEW}(?:tickets?\b|{_CASE})"
)
_CHINESE = regex(
    r"(?:我们|我|请问|请|麻烦|帮忙|帮|给|替|为|你们|你好|您好|你|您|能不能|可不可以|能|可以|想要|想|要|需要|希望|先|再|直接|马上|立刻|赶紧|"
    r"现在|那|就|来|去|\s)*+(?:创建|新建|提交|登记|发起|建立|生成|申请|开具|建|开|提|报|录|做|下)"
    r"(?:一下|一个|一张|一份|一|个|张|份|下)?(?:新的|新|维修|售后|服务|客服|的)*+工单"
)


def asks_for_ticket(clause: str) -> bool:
    """`clause` is normalised."""
    # A look that spares most texts the search.
    if ("ticket" in clause or "case" in clause) and _ENGLISH.match(clause):
        return True
    return "工单" in clause and _CHINESE.match(clause) is not None
