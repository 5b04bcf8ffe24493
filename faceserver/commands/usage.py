"""`faceserver usage`."""

from typing import Annotated

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.commands.shared.options import Json, Url
from faceserver.commands.shared.printing import print_json, print_table
from faceserver.commands.shared.service import service


def usage(
    key: Annotated[str | None, typer.Argument(help="Id of a key; your own if omitted.", show_default=False)] = None,
    *,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show what a key has used of its quotas today, and its limits.

    For example:

        FACESERVER_KEY_FILE=door.key faceserver usage
    """
    with service(url, DEFAULT_DIRECTORY) as client:
        found = client.usage(key)
    if as_json:
        print_json(found)
        return
    quotas = [
        (quota.kind.replace("_", " "), _number(quota.spent), _number(quota.limit), _number(quota.left))
        for quota in found.quotas
    ]
    limits = [(limit.name.replace("_", " "), None, _number(limit.limit), None) for limit in found.limits]
    print_table(("until 00:00 UTC", "spent", "limit", "left"), [*quotas, *limits])


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:,.10g}"
