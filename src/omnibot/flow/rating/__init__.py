"""Asks customers how it went, once and at a good moment, and keeps what they say."""
