"""Which kind of appliance words speak of, in English and Chinese, so that the one that a customer is known to have is not taken
for the one that is broken. Pure."""

from enum import StrEnum

from omnibot.domain.regex import regex


class Appliance(StrEnum):
    """A kind that customers name by one word. What is sold beyond them is of no kind, and nothing is concluded from it."""

    WASHER = "washer"
    DRYER = "dryer"
    DISHWASHER = "dishwasher"
    FRIDGE = "fridge"
    FREEZER = "freezer"
    OVEN = "oven"
    MICROWAVE = "microwave"
    HOB = "hob"
    HOOD = "hood"
    WATER_HEATER = "water_heater"  # boilers, too
    AIR_CONDITIONER = "air_conditioner"
    HEAT_PUMP = "heat_pump"
    VACUUM = "vacuum"
    COFFEE_MACHINE = "coffee_machine"
    TELEVISION = "television"
    WATER_PURIFIER = "water_purifier"
    RICE_COOKER = "rice_cooker"
    KETTLE = "kettle"
    TOASTER = "toaster"
    FAN = "fan"


# An earlier one takes its words away from the later ones: a "dishwasher" is no washer, a "hair dryer" no dryer.
_WORDS: tuple[tuple[str, tuple[Appliance, ...]], ...] = (
    (r"\b(?:hair|hand)[ -]?dr[yi]ers?\b|吹风机|吹風機|干手机|乾手機|\bdish ?washing (?:liquid|soap)\b", ()),
    (r"\bwasher[ -/]+dryers?\b|洗[烘干乾]+一[体體]机?機?", (Appliance.WASHER, Appliance.DRYER)),
    (r"\bfridge[ -/]+freezers?\b", (Appliance.FRIDGE, Appliance.FREEZER)),
    (r"\bdish ?washers?\b|洗碗[机機]", (Appliance.DISHWASHER,)),
    (
        r"\bwash(?:ing|er)[ -]machines?\b|\bwashers?\b(?! (?:ring|seal)s?\b)|\bwasher-extractors?\b|洗衣[机機]",
        (Appliance.WASHER,),
    ),
    (r"\b(?:tumble[ -]?|clothes |laundry )?dr[yi]ers?\b|[烘干乾]{1,2}衣?[机機]", (Appliance.DRYER,)),
    (r"\b(?:fridges?|refrigerators?)\b|冰箱", (Appliance.FRIDGE,)),
    (r"\bfreezers?\b|冰柜|冰櫃|冷柜|冷櫃", (Appliance.FREEZER,)),
    (r"\bmicrowaves?\b|微波[炉爐]", (Appliance.MICROWAVE,)),
    (r"\b(?:coffee|espresso) (?:machine|maker)s?\b|咖啡[机機]", (Appliance.COFFEE_MACHINE,)),
    (r"\brice cookers?\b|电饭[煲锅]|電飯[煲鍋]", (Appliance.RICE_COOKER,)),
    (r"\b(?:range|cooker|extractor|kitchen) (?:hood|fan)s?\b|油[烟煙][机機]", (Appliance.HOOD,)),
    (r"\bovens?\b|烤箱", (Appliance.OVEN,)),
    (
        r"\b(?:hobs?|cook ?tops?|stoves?|stove ?tops?|induction cookers?)\b|[燃煤]气灶|[燃煤]氣灶|灶具|灶台|电磁炉|電磁爐",
        (Appliance.HOB,),
    ),
    (
        r"\b(?:water heaters?|boilers?|combi boilers?|geysers?)\b|热水器|熱水器|壁挂炉|壁掛爐|锅炉|鍋爐",
        (Appliance.WATER_HEATER,),
    ),
    (r"\bheat ?pumps?\b|热泵|熱泵", (Appliance.HEAT_PUMP,)),
    (r"\b(?:air[ -]?con(?:dition(?:er|ing))?s?|a/c)\b|空调|空調|冷气机|冷氣機", (Appliance.AIR_CONDITIONER,)),
    (r"\b(?:vacuum(?: cleaner)?s?|hoovers?)\b|吸尘器|吸塵器|扫地机|掃地機", (Appliance.VACUUM,)),
    (r"\b(?:tvs?|televisions?)\b|电视|電視", (Appliance.TELEVISION,)),
    (r"\bwater (?:purifier|filter)s?\b|净水[器机]|淨水[器機]", (Appliance.WATER_PURIFIER,)),
    (r"\bkettles?\b|电水壶|電水壺|热水壶|熱水壺", (Appliance.KETTLE,)),
    (r"\btoasters?\b|烤面包机|烤麵包機|多士炉|多士爐", (Appliance.TOASTER,)),
    (r"\b(?:electric|ceiling|standing) fans?\b|电风扇|電風扇|电扇|電扇", (Appliance.FAN,)),
)
_PATTERNS = tuple((regex(words), kinds) for words, kinds in _WORDS)


def named(text: str) -> frozenset[Appliance]:
    """The kinds that a text names."""
    rest, found = text.casefold(), set[Appliance]()
    for pattern, kinds in _PATTERNS:
        rest, count = pattern.subn(" ", rest)
        if count:
            found.update(kinds)
    return frozenset(found)


def names_another(text: str, product: str) -> bool:
    """Whether a text speaks of another kind than the product's: "my dryer leaks", of a "Washer 100". Who names both may mean
    either, and has to be asked; of a product whose name tells no kind, nothing is known."""
    kinds = named(product)
    return bool(kinds) and not named(text) <= kinds
