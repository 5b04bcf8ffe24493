"""Identification inside PostgreSQL."""
