"""Whether a customer says that nobody came to the visit: "nobody came", "your technician never showed up", "师傅没来". Pure."""

from omnibot.domain.regex import regex

LONGEST = 300  # characters; longer ones tell a story that a person should read

_CAME = r"(?:come|came|show(?:ed|n)?(?: up)?|turn(?:ed)? up|arrived?|appear(?:ed)?|been here|was here|here yet)"
_WE = (
    r"(?:technicians?|engineers?|mechanics?|repairm[ae]n|repair guy|plumbers?|dealers?|visitors?|he|she|they|you(?: guys| people)?"
    r"|your (?:man|men|guys?|people|company|partner|colleagues?))"
)
_NOT = r"(?:did not|didn't|didnt|never|has not|hasn't|hasnt|have not|haven't|havent|had not|hadn't|was not|wasn't)"
_SAYS = regex(
    rf"\b(?:nobody|no ?one|none of you|not a soul)\b(?: \w+){{0,3}}? {_CAME}\b"
    rf"|\b{_WE}\b(?: \w+){{0,3}}? {_NOT}(?: \w+){{0,2}}? {_CAME}\b"
    rf"|\b(?:did|has|why did|why has) (?:nobody|no ?one) {_CAME}\b|\bstood (?:me|us) up\b|\bno[- ]show\b"
    r"|没(?:有)?(?:一个)?人(?:来|上门|过来|到)(?![电水])"
    r"|(?:师傅|技术员|维修员|工程师|技师|经销商|你们|他们|他)(?:的?人)?[^,，。!！?？]{0,8}?(?:没有?|未|不)(?:见)?(?:过来|来|上门|到|出现)(?!得及|电|货|账|期)"
    r"|放(?:了)?(?:我们?)?(?:的)?鸽子|爽约|失约"
)
_ONE_OF_THESE = (" come", " came", " show", " turn", " arrive", " appear", " here", "stood", "no-show")
_SUPPOSES = regex(r"\b(?:if|in case|what happens|will|would)\b|如果|万一|要是|会不会|是不是")


def says_nobody_came(normalised: str) -> bool:
    """For a text that went through `faq.normalize`."""
    if len(normalised) > LONGEST or not _may_say(normalised):
        return False
    text = normalised.replace("’", "'")
    return bool(_SAYS.search(text)) and not _SUPPOSES.search(text)


def _may_say(normalised: str) -> bool:
    """A look that spares most texts the search."""
    return not normalised.isascii() or any(map(normalised.__contains__, _ONE_OF_THESE))
