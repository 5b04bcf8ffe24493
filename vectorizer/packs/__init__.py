"""Model packs and the preparation of their files."""
