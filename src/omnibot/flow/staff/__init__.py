"""People who work from their chat: who they are, the cards of their groups, and what they order there."""
