"""Visits in people's words: which of the offered times somebody means, and which times somebody offers. Pure."""
