"""Counts the time of statements in the database for the keys whose calls run them."""

from typing import Any

from apiserver.access.limits import Quota
from apiserver.access.metering import spend
from apiserver.database import StatementEnded


def metered_statements(then: StatementEnded | None) -> StatementEnded:
    """Return a query logger that counts, and calls `then`; asyncpg calls it in the context of the statement."""

    def ended(statement: Any) -> None:  # noqa: ANN401 - asyncpg's records have no type
        spend(Quota.DATABASE_SECONDS, statement.elapsed)
        if then:
            then(statement)

    return ended
