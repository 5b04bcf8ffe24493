"""Sessions of browsers on the wire: their cookie, and the proof that a page of the service itself makes a change."""

from starlette.types import Scope

from apiserver.access.sessions import SessionCookie
from apiserver.http.public_addresses import public
from apiserver.problems import CsrfTokenWrong
from serving.web.cookies import kept_cookies
from serving.web.web_pages import SAFE_METHODS, Target, header_values, is_of_other_site, is_of_own_page

_NAME = "faceserver_session"
_HOST_NAME = f"__Host-{_NAME}"
_SECURE_NAME = f"__Secure-{_NAME}"
NAMES = (_NAME, _HOST_NAME, _SECURE_NAME)

CSRF_HEADER = "X-Faceserver-CSRF"


def sent_cookie(scope: Scope, target: Target) -> SessionCookie | None:
    """Return the cookie of a request; None for a page of another origin, and for several that differ.

    Another server under a parent domain can set cookies here, too. Browsers keep it from using the names with a prefix.
    """
    if is_of_other_site(scope):
        return None
    name = _name(target)
    values = {value for each, value in kept_cookies(scope) if each == name}
    return SessionCookie.read(values.pop()) if len(values) == 1 else None


def check_change(scope: Scope, target: Target, cookie: SessionCookie) -> None:
    """Raise CsrfTokenWrong unless the request changes nothing, or a page of the service makes it with the token."""
    if scope["method"] in SAFE_METHODS:
        return
    tokens = header_values(scope, CSRF_HEADER.lower().encode())
    if len(tokens) != 1 or not cookie.admits(tokens[0].decode("latin-1")) or not is_of_own_page(scope, target):
        raise CsrfTokenWrong


def setting(target: Target, cookie: SessionCookie, seconds: int) -> str:
    """Return the Set-Cookie of a session that lasts for `seconds`."""
    return _set_cookie(target, cookie.value, seconds)


def removing(target: Target) -> str:
    """Return the Set-Cookie that ends a session in the browser."""
    return _set_cookie(target, "", 0)


def _set_cookie(target: Target, value: str, seconds: int) -> str:
    secure = "; Secure" if _is_secure(target) else ""
    path = public("") or "/"
    return f"{_name(target)}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def _name(target: Target) -> str:
    if not _is_secure(target):
        return _NAME
    return _SECURE_NAME if public("") else _HOST_NAME


def _is_secure(target: Target) -> bool:
    return target.scheme == "https"
