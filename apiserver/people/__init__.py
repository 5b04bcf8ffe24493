"""Persons, their faces, and what moves between them."""
