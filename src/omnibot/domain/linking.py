"""What a customer says to have two of his chats with us taken together, or to have them parted again."""

from omnibot.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class LinkChats:
    """The customer wants a code that he can say in another chat."""


@dataclass(frozen=True, slots=True)
class UnlinkChat:
    """The chat shall stand for itself again."""


_LINK = frozenset(
    """
link|/link|link me|link my chat|link my chats|link this chat|link another chat|link my account|link my accounts
link account|link accounts|connect my chats|connect my accounts|connect another chat
绑定|绑定账号|綁定|綁定帳號|关联|关联账号|關聯帳號|关联聊天|绑定聊天|关联另一个聊天|/绑定
""".replace("\n", "|").split("|")
) - {""}
_UNLINK = frozenset(
    """
unlink|/unlink|unlink me|unlink my chat|unlink this chat|unlink chat|disconnect this chat|unlink my account
解绑|解除绑定|取消绑定|解除綁定|取消綁定|解绑账号|取消关联|解除关联|取消關聯|/解绑
""".replace("\n", "|").split("|")
) - {""}


def recognise(normalised: str) -> LinkChats | UnlinkChat | None:
    """The wish in a text that went through `faq.normalize.normalise`. Only whole sentences: nobody links by accident."""
    words = normalised.strip(" .!。！“”\"'")
    if words in _LINK:
        return LinkChats()
    return UnlinkChat() if words in _UNLINK else None
