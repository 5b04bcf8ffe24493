"""Where each table is on Citus; on a database that is one server, all of this makes no difference.

A table of one kind is joined, and written by one statement, with tables of the same kind only.
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
"""Tables spread by directory: all rows of a directory are on one server. Each follows those that it refers to."""

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
"""Tables of the coordinator: what belongs to all directories, and the queue."""

REPLACED_TRIGGERS = ("audit_keys_end", "faces_changed")
"""Triggers that are not needed where tables are distributed.

Deletions end the keys of the audit themselves, and the codes in memory, for which changes are noted, are off.
"""
