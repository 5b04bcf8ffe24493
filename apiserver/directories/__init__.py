"""Directories, their settings, thresholds and sizes."""
