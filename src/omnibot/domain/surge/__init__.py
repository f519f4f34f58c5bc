"""What is done when many come at once: how long it takes, who helps out, and what many of them ask."""
