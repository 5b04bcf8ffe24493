"""A long list of flat objects in a JSON body, parsed object by object.

The parser of a whole body would not release Python's global lock for seconds, and would make an error of each value.
"""

import re

from apiserver.http.upload_stream import SMALL_BYTES
from apiserver.problems import InvalidJson

_MAX_ITEM_BYTES = 20_000
_SPACE = re.compile(rb"[ \t\r\n]*+")
_OBJECT = re.compile(rb'\{(?:[^"{}\[\]]++|"(?:[^"\\]|\\.)*+")*+\}', re.DOTALL)


def split_list(body: bytes, name: str) -> tuple[bytes, list[bytes]]:
    """Return the body with the first item of the list `name` only, and all items, each as JSON. Raises InvalidJson."""
    opening = re.search(rb'"%s"[ \t\r\n]*+:[ \t\r\n]*+\[' % name.encode(), body)
    if not opening:
        raise InvalidJson(f"The body has no list {name}.")
    items: list[bytes] = []
    position = opening.end()
    while True:
        position = _after_space(body, position)
        found = _OBJECT.match(body, position, position + _MAX_ITEM_BYTES)
        if not found:
            raise InvalidJson(f"{name}.{len(items)} is not an object with texts.")
        items.append(found[0])
        position = _after_space(body, found.end())
        if body[position : position + 1] != b",":
            break
        position += 1
    rest = b"%s%s%s" % (body[: opening.end()], items[0], body[position:])
    if len(rest) > SMALL_BYTES:
        raise InvalidJson
    return rest, items


def _after_space(body: bytes, position: int) -> int:
    found = _SPACE.match(body, position)
    return found.end() if found else position
