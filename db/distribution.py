"""The placement of each table on Citus; a database on one server does not use it.

A statement joins and writes tables of one kind only.
"""

DISTRIBUTED = (
    "directories",
    "persons",
    "images",
    "faces",
    "matched_images",
    "merges",
    "merged_persons",
    "merged_faces",
    "collapsed_faces",
    "face_warnings",
    "indexed_faces",
    "lookalikes",
    "comparisons",
    "deletions",
    "search_indexes",
    "face_changes",
    "face_logs",
    "archives",
    "directory_keys",
    "imports",
    "import_items",
)
"""Tables spread by directory: all rows of a directory are on one server. A table comes after those it references."""

REFERENCE: tuple[str, ...] = ()
"""Tables of which each server has a copy."""

LOCAL = (
    "audit",
    "audit_chains",
    "audit_keys",
    "directory_tags",
    "installation_secrets",
    "jobs",
    "key_usage",
    "keyed_requests",
    "keys",
    "procrastinate_events",
    "procrastinate_jobs",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
    "schema_migrations",
    "sessions",
    "signing_keys",
)
"""Tables on the coordinator: data of all directories, and the queue."""

REPLACED_TRIGGERS = ("audit_keys_end", "faces_changed")
"""Triggers that distributed tables do not need.

Deletions delete the keys of the audit by a statement, and codes in memory, for which changes are logged, are off.
"""
