"""What channels are called to people. An account that is not the only one of its platform is told by its own name."""

from omnibot.texts import Words, mark

_NAMES = {
    "webchat": mark("Web chat"),
    "telegram": mark("Telegram"),
    "slack": mark("Slack"),
    "email": mark("E-mail"),
    "terminal": mark("Terminal"),
}


def name(words: Words, channel: str) -> str:
    """ "telegram:shop" is "Telegram (shop)"; what nobody has named here keeps its name."""
    platform, _, account = channel.partition(":")
    label = words(_NAMES.get(platform, platform))
    return words("{label} ({account})", label=label, account=account) if account else label
