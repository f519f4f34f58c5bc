"""Dealers' cases: cards in their groups, what they press and write there, their clocks, and what the customer hears of it."""
