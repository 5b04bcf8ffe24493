"""`faceserver status`."""

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import RecentRequests, Status, VectorizerStatus
from faceserver.commands.shared.options import Json, Url
from faceserver.commands.shared.printing import print_fields, print_json, print_table
from faceserver.commands.shared.service import service


def status(*, url: Url = DEFAULT_URL, as_json: Json = False) -> None:
    """Show the state of the service: rates and latencies of the last minute, vectorizers, search and jobs.

    Rates and latencies are those of the gateway that answers. For example:

        FACESERVER_KEY_FILE=operator.key faceserver status
    """
    with service(url, DEFAULT_DIRECTORY) as client:
        found = client.status()
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: Status) -> None:
    models = {each for vectorizer in found.vectorizers for each in (vectorizer.detector, vectorizer.embedder) if each}
    search = f"{found.search.right:,} of {found.search.checked:,} checked answers were right"
    fields: dict[str, object] = {
        "version": found.version,
        "models": ", ".join(sorted(models)),
        "photographs": f"{found.photographs.in_progress} of {found.photographs.limit} slots taken",
        "search": search if found.search.checked else "no answer checked yet",
    }
    print_fields(fields)
    columns = (f"last {found.recognize.seconds:.0f} s", "requests", "served/s", "refused", "p50", "p99")
    print_table(columns, (_group("recognize", found.recognize), _group("learn", found.learn)))
    print_table(("vectorizer", "state", "busy", "waiting"), map(_vectorizer, found.vectorizers))
    if found.jobs is None:
        typer.echo("The jobs are not known: the database is unavailable.", err=True)
    elif found.jobs:
        jobs = ((each.kind, each.running, each.waiting, each.postponed) for each in found.jobs)
        print_table(("jobs", "running", "waiting", "postponed"), jobs)


def _vectorizer(found: VectorizerStatus) -> tuple[object, ...]:
    busy = None if found.lanes is None else f"{found.busy} of {found.lanes}"
    return found.url, found.detail or found.state, busy, found.waiting


def _group(name: str, recent: RecentRequests) -> tuple[object, ...]:
    share = f"{recent.refused / recent.requests:.1%}" if recent.requests else None
    rate = f"{recent.served_per_second:.2f}"
    return name, recent.requests, rate, share, _milliseconds(recent.p50_seconds), _milliseconds(recent.p99_seconds)


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{1000 * seconds:.0f} ms"
