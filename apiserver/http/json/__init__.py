"""JSON in bodies of requests."""
