"""Faces, models and thresholds as pure values."""
