"""Paths as logs and traces show them: by default without the names in them."""

import hashlib
import re
import secrets
from urllib.parse import quote, unquote

from starlette.types import Scope

_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_DIGEST_BYTES = 5


class LoggedPaths:
    """Writes the route of a request with a keyed hash, such as `~5be9a31c07`, in place of each parameter.

    The same name has the same hash, so that lines about it can be found, but only with the key can a guess be verified.
    """

    def __init__(self, *, names: bool, key: str | None = None) -> None:
        """names: whether paths are shown as they are. key: None chooses one at random."""
        self._names = names
        self._key = hashlib.sha256(key.encode()).digest() if key else secrets.token_bytes(32)

    def of(self, scope: Scope) -> str:
        """Return the path of a request that has been routed, without its query."""
        if self._names:
            return quote(scope["path"])
        route, parameters = scope.get("route"), scope.get("path_params", {})
        if route is None:  # a mistyped path may contain names as well
            return self._hashed(scope["path"])
        return _PARAMETER.sub(lambda found: self._hashed(str(parameters.get(found[1], ""))), route.path)

    def _hashed(self, text: str) -> str:
        name = unquote(text).encode("utf-8", "surrogatepass")
        return "~" + hashlib.blake2b(name, key=self._key, digest_size=_DIGEST_BYTES).hexdigest()
