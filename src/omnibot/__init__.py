"""Omnichannel support gateway."""

__version__ = "0.1.0"
