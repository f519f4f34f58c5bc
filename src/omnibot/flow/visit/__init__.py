"""Visits, besides what customers press (`flow.book_visit`): their words, the dealer's times, and who else is told."""
