"""Values and decisions of customer service. Standard library only; no I/O; `now` is always a parameter."""
