"""Omnichannel support gateway."""
