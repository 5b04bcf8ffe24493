"""Routes of a browser's session: sign in with a key, ask who one is, sign out."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from apiserver.access.grants import Grant, current_grant
from apiserver.access.scopes import Scope
from apiserver.access.sessions import SessionCookie
from apiserver.http.access.guard import needs, needs_no_key
from apiserver.http.access.rates import Rates
from apiserver.http.access.sessions import removing, sent_cookie, setting
from apiserver.http.checked_routes import CheckedRoute
from apiserver.http.json.bodies import JsonBody, parse_fields, read_json
from apiserver.http.multipart import FORMS, FormLimits, form_type, read_form
from apiserver.keys.records import now
from apiserver.keys.wishes import directories_of
from apiserver.problems import ImageTooLarge, InvalidForm
from apiserver.state import State
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails} for status in (400, 401, 403, 408, 429, 500, 503)
}
_CLEARED = {"Clear-Site-Data": '"cache"'}
"""Photographs stay in a browser's cache for some minutes; the next user of the browser must not see them."""

router = APIRouter(tags=["session"], route_class=CheckedRoute)


class SignInBody(JsonBody):
    """Who signs in."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=20_000)] = Field(
        description="The key; where tokens of an identity provider are accepted, also one of these.",
        examples=["fs_3vQ0x9LkP2aB_1kB6Wm0000000000000000000000000000000000000000000000"],
    )

    @classmethod
    def request_body(cls) -> dict[str, Any]:
        """Return the OpenAPI description of the body, which may be a form."""
        schema = {"schema": cls.model_json_schema()}
        content = dict.fromkeys(("application/json", "application/x-www-form-urlencoded"), schema)
        return {"requestBody": {"required": True, "content": content}}


class SessionAnswer(BaseModel):
    """The caller and its rights."""

    subject: str = Field(
        description="`key:` and the id of the key, `oidc:` and the subject of the token, or `open` if no key is "
        "required and none was sent.",
        examples=["key:3vQ0x9LkP2aB"],
    )
    name: str | None = Field(description="Name of the key or the person.", examples=["door-3"])
    scopes: list[Scope]
    directories: list[str] = Field(examples=[["acme"]])
    default_directory: str | None = Field(
        description="The directory of requests that name none; null: the caller has no right to it.", examples=["acme"]
    )
    keys_required: bool = Field(description="Whether callers without a key are refused.")
    signed_in: bool = Field(description="Whether a session's cookie identifies the caller.")
    expires_at: datetime | None = Field(description="When the session, key or token ends; null: never.")
    csrf_token: str | None = Field(
        description="Value of the header X-Faceserver-CSRF for changes by this session; null without a session."
    )


@router.post(
    "/session",
    status_code=201,
    response_model=SessionAnswer,
    responses=_PROBLEMS | {415: {"model": ProblemDetails}},
    openapi_extra=SignInBody.request_body(),
)
@needs_no_key
async def sign_in(request: Request) -> Response:
    """Start a session: the answer has a cookie that replaces the key. A previous session of the browser ends."""
    state = State.of(request)
    body = await _body(request)
    grant = await state.authenticator.sign_in(body.key, request.scope)
    limiter: Rates = request.state.limiter
    await limiter.admit(grant, state.usage, request.state.rates, exempt=False)
    if before := sent_cookie(request.scope, request.state.target):
        await state.authenticator.sessions.end(before)
    cookie, session = await state.authenticator.sessions.start(grant)
    answer = _answer(state, session.limiting(grant), cookie)
    seconds = max(1, int((session.expires_at - now()).total_seconds()))
    headers = {"Set-Cookie": setting(request.state.target, cookie, seconds)}
    return Response(answer.model_dump_json(), 201, headers, media_type="application/json")


@router.get("/session", responses=_PROBLEMS)
@needs()
async def who_am_i(request: Request) -> SessionAnswer:
    """Return the caller and its rights."""
    return _answer(State.of(request), current_grant(), sent_cookie(request.scope, request.state.target))


@router.delete("/session", status_code=204, responses=_PROBLEMS)
@needs_no_key
async def sign_out(request: Request) -> Response:
    """End the session, within a second on every gateway; without one, nothing happens."""
    if cookie := sent_cookie(request.scope, request.state.target):
        await State.of(request).authenticator.sessions.end(cookie)
    return Response(status_code=204, headers=_CLEARED | {"Set-Cookie": removing(request.state.target)})


async def _body(request: Request) -> SignInBody:
    if form_type(request).media_type not in FORMS:
        return await read_json(request, SignInBody)
    seconds = State.of(request).settings.upload_timeout_seconds
    try:
        fields = await read_form(request, FormLimits(0, seconds, max_files=0))
    except ImageTooLarge as error:
        raise InvalidForm("The form is too long.") from error
    return parse_fields(SignInBody, {name: value for name, value in fields.items() if isinstance(value, str)})


def _answer(state: State, grant: Grant, cookie: SessionCookie | None) -> SessionAnswer:
    reach = grant.reach
    return SessionAnswer(
        subject=grant.subject,
        name=grant.name,
        scopes=sorted(grant.scopes),
        directories=directories_of(reach),
        default_directory=reach.only or ("default" if reach.covers("default") else None),
        keys_required=state.authenticator.keys_required,
        signed_in=grant.by_session,
        expires_at=grant.expires_at,
        csrf_token=cookie.csrf_token if cookie and grant.by_session else None,
    )
