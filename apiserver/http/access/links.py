"""Links to photographs in answers, and the requests that follow them.

Answers are made, and stored for repetitions, with plain paths; they are signed when they are sent.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.types import Message, Scope, Send

from apiserver.access.binding import bound_directory
from apiserver.access.grants import Grant, Reach
from apiserver.access.links import METHOD, PARAMETERS, Link, SentLink
from apiserver.access.scopes import Scope as AccessScope
from apiserver.http.public_addresses import public
from apiserver.problems import LinkInvalid, Outage
from apiserver.state import State

SCOPES = frozenset({AccessScope.READ, AccessScope.IMAGES})
"""What a link gives, in one directory."""

_PATH = re.compile(
    r"/files/(?P<image>[^/]+)(/preview)?|/directories/(?P<directory>[^/]+)/persons/[^/]+/faces/[^/]+/(crop|image)"
)

# Inside a string of JSON, quotation marks are escaped, so this finds fields only.
_FIELD = re.compile(rb'"(url|image|crop)":"(/[!#-\[\]-~]*)"')


def signs_links(grant: Grant) -> bool:
    """Tell whether the caller gets signed links; others get plain ones, which do not change.

    Without keys there is nothing to sign for, and browsers send the cookie of a session with every request. A session
    that may not see photographs gets links like its key: to those that it has just sent.
    """
    return grant.key is not None and not (grant.by_session and grant.scopes >= SCOPES)


class SignedAnswer:
    """Sends an answer with links that are signed for the caller, or null where it may not see photographs."""

    def __init__(self, send: Send, scope: Scope, grant: Grant, *, sends_photograph: bool) -> None:
        self._send = send
        self._state: State = scope["state"]["gateway"]
        self._grant = grant
        # The caller has just sent this photograph, so it may see it.
        self._may_see = (sends_photograph and scope["method"] == "POST") or grant.scopes >= SCOPES
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """Send a part of the answer; JSON waits for its end."""
        if message["type"] == "http.response.start" and _is_json(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = await self._signed(self._body)
        headers = [each for each in start["headers"] if each[0].lower() != b"content-length"]
        start["headers"] = [*headers, (b"content-length", str(len(body)).encode())]
        self._start = None
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    async def _signed(self, body: bytes) -> bytes:
        if not _FIELD.search(body):
            return body
        link = await self._linked(body)

        def replaced(found: re.Match[bytes]) -> bytes:
            path = found[2].decode()
            plain = path.removeprefix(public(""))
            if not _PATH.fullmatch(plain):
                return found[0]
            query = link(plain)
            value = json.dumps(f"{path}?{query}") if query else "null"
            return b'"%s":%s' % (found[1], value.encode())

        return _FIELD.sub(replaced, body)

    async def _linked(self, body: bytes) -> Callable[[str], str | None]:
        """Return a function that makes the query of a path, or None if the caller may not see the photograph."""
        directory, key = _directory(body), self._grant.key
        if not self._may_see or key is None or directory is None or not self._grant.covers(directory):
            return lambda _: None
        try:
            signing = await self._state.signing_keys.newest()
        except Outage:  # what the request did is done
            return lambda _: None
        expires = int(time.time()) + self._state.settings.link_seconds
        if self._grant.by_token and self._grant.expires_at:  # nothing else ends links of tokens
            expires = min(expires, int(self._grant.expires_at.timestamp()))
        return lambda path: Link(path, directory, key, expires).signed(signing)


def _is_json(start: Message) -> bool:
    return any(name.lower() == b"content-type" and value == b"application/json" for name, value in start["headers"])


def _directory(body: bytes) -> str | None:
    """Return the directory of an answer; one that is repeated names it itself."""
    bound = bound_directory()
    if isinstance(bound, str):
        return bound
    answer = json.loads(body)
    named = answer.get("directory") if isinstance(answer, dict) else None
    return named if isinstance(named, str) else None


def without_link(scope: Scope) -> tuple[Scope, SentLink | None]:
    """Return the request without the parameters of a link, and the link. Raises LinkInvalid.

    Only the paths of photographs have links.
    """
    query = scope["query_string"]
    if scope["method"] != METHOD or b"signature=" not in query or not _PATH.fullmatch(_path(scope)):
        return scope, None
    try:
        sent = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise LinkInvalid from error
    link = SentLink.read(METHOD, _path(scope), [each for each in sent if each[0] in PARAMETERS])
    others = urlencode([each for each in sent if each[0] not in PARAMETERS])
    return {**scope, "query_string": others.encode()}, link


async def grant_of_link(link: SentLink, state: State) -> Grant:
    """Return what the link gives: photographs of one directory, while the key that asked for it is valid.

    Raises LinkInvalid, LinkExpired, or DatabaseUnavailable.
    """
    signing = await state.signing_keys.find(link.kid)
    if signing is None:
        raise LinkInvalid
    directory = await _directory_of(link.path, state)
    link.check(directory, signing, time.time())
    grant = await state.authenticator.grant_of_key(link.key)
    if grant is None or not grant.covers(directory):
        raise LinkInvalid
    return replace(grant, scopes=SCOPES, reach=Reach(names=frozenset({directory})))


async def _directory_of(path: str, state: State) -> str:
    found = _PATH.fullmatch(path)
    if found is None:
        raise LinkInvalid
    if found["directory"]:
        return unquote(found["directory"])
    directory = await state.images.directory_of(found["image"])
    if directory is None:  # anything else would tell, without a signature, which photographs exist
        raise LinkInvalid
    return directory


def _path(scope: Scope) -> str:
    """Return the path as answers write it: clients and proxies may encode more."""
    raw: bytes = scope["raw_path"]
    return "/".join(quote(unquote(name), safe="") for name in raw.decode("latin-1").split("/"))
