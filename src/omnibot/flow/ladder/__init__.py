"""The people of the ladder: who is told when a promise is broken, and how one of them takes it up."""
