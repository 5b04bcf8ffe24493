"""The list of calls in docs/client.md, generated from their signatures and docstrings.

    python -m tests.contract.client_reference

writes it into the document.
"""

import inspect
from collections.abc import Callable
from typing import Any, get_args, get_origin

from faceserver import Client
from faceserver.client.call import Call, Page
from faceserver.client.calls import Calls
from tests.documents import DOCUMENTS

DOCUMENT = DOCUMENTS / "client.md"
_BEGIN, _END = "## Calls\n\n", "`directory` is the client's own"

Method = Callable[..., Any]


def methods(kind: type) -> dict[str, Method]:
    """Return the public methods that a class itself defines; of a call, the function that describes it."""
    found = {name: getattr(kind, name) for name in vars(kind) if not name.startswith("_")}
    return {name: method for name, method in found.items() if inspect.isfunction(method)}


def reference() -> str:
    """Return a table for each group of calls, and one for the other methods of the clients."""
    groups = [(inspect.getdoc(group) or "", methods(group)) for group in Calls.__bases__]
    return "\n".join(f"### {title.rstrip('.')}\n\n{_table(calls)}" for title, calls in [*groups, _CLIENT])


_CLIENT = ("The client itself.", methods(Client))


def _table(calls: dict[str, Method]) -> str:
    rows = [f"| `{name}{_parameters(call)}` | {_result(call)} | {_text(call)} |" for name, call in calls.items()]
    return "\n".join(["| call | gives | |", "|---|---|---|", *rows, ""])


def _parameters(call: Method) -> str:
    parameters = [one for one in inspect.signature(call).parameters.values() if one.name != "self"]
    return str(inspect.Signature([one.replace(annotation=inspect.Parameter.empty) for one in parameters]))


def _text(call: Method) -> str:
    return " ".join((inspect.getdoc(call) or "").split())


def _result(call: Method) -> str:
    kind = inspect.signature(call).return_annotation
    if get_origin(kind) is Call:
        [kind] = get_args(kind)
    if get_origin(kind) is Page:
        return f"many `{get_args(kind)[0].__name__}`"
    name = kind.__name__ if inspect.isclass(kind) and not get_args(kind) else str(kind)
    return "" if kind is None or name == "NoneType" else f"`{_bare(name)}`"


def _bare(name: str) -> str:
    """Return the name of a type without its modules."""
    for module in (
        "faceserver.client.results.",
        "faceserver.client.call.",
        "collections.abc.",
        "persons.",
        "jobs.",
        "recognition.",
    ):
        name = name.replace(module, "")
    return name.replace(" | ", " or ").replace("~", "")


def split(document: str) -> tuple[str, str, str]:
    """Return the text before the list of calls, the list, and the text after it."""
    before, begin, rest = document.partition(_BEGIN)
    calls, end, after = rest.partition(_END)
    return before + begin, calls, end + after


if __name__ == "__main__":
    before, _, after = split(DOCUMENT.read_text(encoding="utf-8"))
    DOCUMENT.write_text(f"{before}{reference()}\n{after}", encoding="utf-8")
