"""The life of the knowledge base: drafts, reviews, versions, what is missing, and old questions asked again before an edit."""
