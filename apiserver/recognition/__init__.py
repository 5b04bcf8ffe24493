"""Recognition of the persons on a photograph."""
