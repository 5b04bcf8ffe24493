"""Encryption at rest: master keys, the keys of directories, and the format of encrypted data."""
