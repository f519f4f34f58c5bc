"""Many customers at once: the wait they are told of, call-backs, other teams, and one answer for one cause."""
