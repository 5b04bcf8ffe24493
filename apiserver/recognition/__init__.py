"""Who is on a photograph."""
