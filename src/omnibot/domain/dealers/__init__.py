"""What a dealer is, where its case stands, and what may be done to it."""
