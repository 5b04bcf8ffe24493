"""Reads a pickle without running any code that it names, in time and memory in proportion to its size.

Python's own unpickler would take 16 GB for 9 bytes that use a large memo index, and for ever for nested tuples as keys.
"""

import pickletools
from collections.abc import Callable
from typing import IO, Any

from faceserver.file_names import shown


class UnsafePickle(Exception):
    """The file is not a pickle, or it contains other things than lists, dictionaries, texts, numbers and arrays."""


class Opaque:
    """Stands for an array of NumPy, or a part of one, whose content is not needed."""


_OPAQUE = Opaque()
_MAX_SHOWN = 100
_MAX_READ_BYTES = 64_000_000
"""Of a single text or array."""

_OF_ARRAYS = {
    (module, name)
    for package in ("numpy.core", "numpy._core")
    for module, name in (
        (f"{package}.multiarray", "_reconstruct"),
        (f"{package}.multiarray", "scalar"),
        (f"{package}.numeric", "_frombuffer"),
    )
} | {("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}
"""Everything that pickles of arrays name, for any release of NumPy and any protocol."""


class _Limited:
    """A file that never allocates what a length in the pickle claims."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, _MAX_READ_BYTES))

    def readline(self) -> bytes:
        return self._file.readline(_MAX_READ_BYTES)


class _Machine:
    """The stack machine that runs a pickle, without objects; only texts can be keys of its dictionaries."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._memo: dict[object, Any] = {}
        self._marks: list[int] = []

    def run(self, name: str, arg: object) -> None:
        """Run an instruction. Raises UnsafePickle, or anything if the pickle is damaged."""
        if name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in _WITH_VALUE:
            self.stack.append(arg)
        elif instruction := _INSTRUCTIONS.get(name):
            instruction(self, arg)
        elif name not in _WITHOUT_EFFECT:
            raise UnsafePickle(f"It has the instruction {name}, which is not part of a list of embeddings.")

    def mark(self, _: object) -> None:
        self._marks.append(len(self.stack))

    def items(self, _: object = None) -> list[Any]:
        """Take what lies above the last mark from the stack."""
        start = self._marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def replace(self, count: int, value: object) -> None:
        """Put a value in place of the last ones."""
        del self.stack[-count:]
        self.stack.append(value)

    def remember(self, key: object) -> None:
        self._memo[len(self._memo) if key is None else key] = self.stack[-1]

    def recall(self, key: object) -> None:
        self.stack.append(self._memo[key])

    def extend(self, values: list[Any]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1] += values

    def update(self, pairs: list[Any]) -> None:
        if isinstance(self.stack[-1], dict):
            items = zip(pairs[::2], pairs[1::2], strict=True)
            self.stack[-1].update((key, value) for key, value in items if isinstance(key, str))

    def update_new(self, pairs: list[Any]) -> None:
        self.stack.append({})
        self.update(pairs)

    def name(self, module: object, name: object) -> None:
        if (module, name) not in _OF_ARRAYS:
            named = shown(f"{module}.{name}"[:_MAX_SHOWN])
            raise UnsafePickle(f"It names {named}, which is not part of a list of embeddings.")
        self.stack.append(_OPAQUE)

    def taken(self, count: int) -> list[Any]:
        """Take the last values from the stack."""
        if len(self.stack) < count:
            raise UnsafePickle("It takes values that are not there.")
        values = self.stack[-count:]
        del self.stack[-count:]
        return values


_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}

_WITH_VALUE = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}

_INSTRUCTIONS: dict[str, Callable[[_Machine, Any], object]] = {
    "MARK": _Machine.mark,
    "POP": lambda machine, _: machine.taken(1),
    "POP_MARK": _Machine.items,
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "LIST": lambda machine, _: machine.stack.append(machine.items()),
    "APPEND": lambda machine, _: machine.extend(machine.taken(1)),
    "APPENDS": lambda machine, _: machine.extend(machine.items()),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "DICT": lambda machine, _: machine.update_new(machine.items()),
    "SETITEM": lambda machine, _: machine.update(machine.taken(2)),
    "SETITEMS": lambda machine, _: machine.update(machine.items()),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.items())),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine.taken(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine.taken(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine.taken(3))),
    "PUT": _Machine.remember,
    "BINPUT": _Machine.remember,
    "LONG_BINPUT": _Machine.remember,
    "MEMOIZE": _Machine.remember,
    "GET": _Machine.recall,
    "BINGET": _Machine.recall,
    "LONG_BINGET": _Machine.recall,
    "GLOBAL": lambda machine, arg: machine.name(*arg.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.name(*machine.taken(2)),
    "REDUCE": lambda machine, _: machine.replace(2, _OPAQUE),
    "NEWOBJ": lambda machine, _: machine.replace(2, _OPAQUE),
    "BUILD": lambda machine, _: machine.taken(1),
}
_WITHOUT_EFFECT = {"PROTO", "FRAME", "STOP"}


def load(file: IO[bytes]) -> object:
    """Return lists, dictionaries, texts and numbers, with Opaque in place of arrays. Raises UnsafePickle."""
    machine = _Machine()
    try:
        for instruction, arg, _ in pickletools.genops(_Limited(file)):  # type: ignore[arg-type]  # it only reads
            machine.run(instruction.name, arg)
        [loaded] = machine.stack
    except UnsafePickle:
        raise
    except Exception as error:  # a damaged pickle raises anything
        raise UnsafePickle("It is damaged, or not a pickle.") from error
    return loaded
