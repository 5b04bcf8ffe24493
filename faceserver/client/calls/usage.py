"""Usage of keys."""

from faceserver.client.call import Call, json_of, url_path
from faceserver.client.method import result
from faceserver.client.results import Usage


class UsageCalls:
    """Usage of keys."""

    @result
    def usage(self, key: str | None = None) -> Call[Usage]:
        """Return what the client's own key, or the one with this id, has used today, and its limits."""
        return Call("GET", "/usage" if key is None else url_path("keys", key, "usage"), json_of(Usage))
