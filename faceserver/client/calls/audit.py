"""The audit: who did what."""

from datetime import datetime
from pathlib import Path

from faceserver.client.call import MAX_PAGE, Call, InDirectory, Page, given, json_of
from faceserver.client.method import listing, result
from faceserver.client.results import AuditEntry


class AuditCalls(InDirectory):
    """The audit."""

    @listing
    def audit(
        self,
        *,
        directory: str | None = None,
        subject: str | None = None,
        action: str | None = None,
        person: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        request_id: str | None = None,
    ) -> Call[Page[AuditEntry]]:
        """Iterate over the entries of the audit, the newest first: of every directory unless one is given.

        subject: a key or an account. person: an id; entries contain only hashes of it. Times must have a time zone.
        """
        query = given(
            limit=MAX_PAGE,
            directory=directory,
            subject=subject,
            action=action,
            person=person,
            since=since and since.isoformat(),
            until=until and until.isoformat(),
            request_id=request_id,
        )
        return Call("GET", "/audit", json_of(Page[AuditEntry]), query=query)

    @result
    def fetch_audit(self, path: str | Path, *, directory: str | None = None) -> Call[Path]:
        """Write the sealed entries, of every directory unless one is given, to `path` as lines of JSON.

        `faceserver audit verify` checks the file.
        """
        into = Path(path)
        return Call("GET", "/audit/export", lambda _: into, query=given(directory=directory), into=into)
