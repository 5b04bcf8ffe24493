"""Calibration of a model on photographs of your own."""
