"""Revisions as entity tags (RFC 9110): `ETag`, `If-Match` and `If-None-Match`."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Header, Response
from pydantic import BaseModel

from apiserver.revisions import Condition, Tags
from serving.problem_responses import ProblemDetails

TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "The revision, in quotes.", "schema": {"type": "string"}}}}
}
"""Part of the `responses` of a route that returns `tagged`."""
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The resource still has the revision given in If-None-Match."}
}
FAILED_PRECONDITION: dict[int | str, dict[str, Any]] = {412: {"model": ProblemDetails}}


# Coroutines, because FastAPI runs plain functions in a thread pool.
async def _if_match(
    if_match: Annotated[
        str | None, Header(description='The revision to change, such as `"3"`; 412 if it is outdated.')
    ] = None,
) -> Condition:
    return Condition(None if if_match is None else Tags.read(if_match, weak=False))


async def _if_none_match(
    if_none_match: Annotated[str | None, Header(description="The known revision; 304 if it is still current.")] = None,
) -> Tags:
    return Tags.read(if_none_match or "", weak=True)


async def _if_match_or_absent(
    condition: Annotated[Condition, Depends(_if_match)],
    if_none_match: Annotated[
        str | None, Header(description="`*`: only create; 412 `already-exists` if it exists.")
    ] = None,
) -> Condition:
    return replace(condition, excluded=Tags.read(if_none_match or "", weak=True))


IfMatch = Annotated[Condition, Depends(_if_match)]
IfMatchOrAbsent = Annotated[Condition, Depends(_if_match_or_absent)]
"""Of a call that creates what does not exist."""
IfNoneMatch = Annotated[Tags, Depends(_if_none_match)]


def tagged(answer: BaseModel, revision: int, *, status: int = 200, known: Tags | None = None) -> Response:
    """Return the answer with its revision as entity tag, or only the tag (304) if the client knows this revision."""
    headers = {"ETag": f'"{revision}"'}
    if known is not None and known.have(revision):
        return Response(status_code=304, headers=headers)
    return Response(answer.model_dump_json(), status, headers, media_type="application/json")
