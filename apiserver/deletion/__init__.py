"""Deletion, and the receipts of it."""
