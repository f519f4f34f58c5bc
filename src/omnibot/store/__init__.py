"""The database: the only truth. `Store` runs transactions; each module beside it holds the questions asked of one table family."""
