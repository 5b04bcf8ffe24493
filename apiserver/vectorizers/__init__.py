"""The client of the vectorizers."""
