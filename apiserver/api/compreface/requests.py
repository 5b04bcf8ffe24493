"""Contents of CompreFace requests: parameters, and photographs as parts of a form or as Base64 in JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import ConfigDict

from apiserver.api.compreface.problems import Code, Coded
from apiserver.http.json.bodies import JsonBody, parse_json
from apiserver.http.json.long_texts import LongTexts, without_long_texts
from apiserver.http.multipart import FormLimits, Upload, read_form
from apiserver.http.photographs import PhotographCall
from apiserver.http.upload_stream import SMALL_BYTES, read_body
from apiserver.problems import FileMissing, ImageTooLarge, InvalidField

_EXTENSIONS = frozenset({"tif", "tiff", "jpg", "jpeg", "png", "bmp", "ico", "gif", "webp"})
_JSON = re.compile(r"\s*application/json\s*(;|$)", re.IGNORECASE)
_MAX_PARAMETERS = 100
_TRUE, _FALSE = frozenset({"true", "on", "yes", "1"}), frozenset({"false", "off", "no", "0"})
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")
_MAX_CANDIDATES = 100
_MAX_NUMBER = 2**31 - 1


class CompreFaceBody(JsonBody):
    """A JSON object whose unknown members are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)


class _File(CompreFaceBody):
    file: str | None = None


class _Pair(CompreFaceBody):
    source_image: str | None = None
    target_image: str | None = None


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a call, each with its first value. limit: 0 for all faces."""

    texts: Mapping[str, str]

    @property
    def limit(self) -> int:
        """The maximum number of faces of a photograph, the largest ones; 0 for all."""
        return self._number("limit", 0, 0)

    @property
    def min_score(self) -> float:
        """Faces with a lower detector score are omitted."""
        text = self.texts.get("det_prob_threshold")
        if not text:
            return 0.0
        try:
            value = float(text)
        except ValueError as error:
            raise Coded(Code.WRONG_TYPE, "det_prob_threshold must be a number") from error
        if not 0 <= value <= 1:
            raise Coded(Code.INVALID, "det_prob_threshold must be between 0 and 1")
        return value

    @property
    def candidates(self) -> int:
        """How many subjects are listed for each face."""
        return min(self._number("prediction_count", 1, 1), _MAX_CANDIDATES)

    @property
    def plugins(self) -> frozenset[str]:
        """The details of each face to return in addition to its box."""
        return frozenset(name.strip().lower() for name in self.texts.get("face_plugins", "").split(","))

    @property
    def status(self) -> bool:
        """Whether the answer contains its duration and the plug-ins that produced it."""
        return self._flag("status", default=False)

    @property
    def detects(self) -> bool:
        """Whether faces are detected; otherwise the photograph is one face."""
        return self._flag("detect_faces", default=True)

    def page(self, name: str, usual: int, least: int, most: int) -> int:
        """Return a page number or size; the default if the text is not a number or the number is too low."""
        text = self.texts.get(name, "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else usual
        return min(number, most) if number >= least else usual

    def required(self, name: str) -> str:
        """Return a parameter. Raises Coded if it is missing."""
        if (text := self.texts.get(name)) is None:
            raise Coded(Code.PARAMETER_MISSING, f"Required parameter '{name}' is not present")
        return text

    def _number(self, name: str, usual: int, least: int) -> int:
        text = self.texts.get(name, "").strip()
        if not text:
            return usual
        if not _WHOLE_NUMBER.fullmatch(text):
            raise Coded(Code.WRONG_TYPE, f"{name} must be a whole number")
        if not least <= (number := int(text)) <= _MAX_NUMBER:
            raise Coded(Code.INVALID, f"{name} must be at least {least}")
        return number

    def _flag(self, name: str, *, default: bool) -> bool:
        text = self.texts.get(name, "").strip().lower()
        if not text:
            return default
        if text not in _TRUE | _FALSE:
            raise Coded(Code.WRONG_TYPE, f"{name} must be true or false")
        return text in _TRUE


def parameters(request: Request, fields: Mapping[str, Any] = {}) -> Parameters:
    """Return the parameters of the URL, and the texts of a form where the URL has none. Raises InvalidField."""
    query = request.scope["query_string"].decode("latin-1")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="strict")
    except ValueError as error:  # UnicodeDecodeError is one
        raise InvalidField("The URL has too many parameters, or one that is not UTF-8.") from error
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    return Parameters(texts | dict(reversed(pairs)))


async def read_photographs(call: PhotographCall, *names: str) -> tuple[Parameters, list[Upload]]:
    """Return the parameters of a request and its photographs with these names.

    Raises the problem of a malformed body, FileMissing, ImageTooLarge, FileEmpty, or Coded for another kind of file.
    """
    with call.stages.measure("read"):
        if _JSON.match(call.request.headers.get("content-type", "")):
            return parameters(call.request), await _from_json(call, names)
        return await _from_form(call, names)


async def _from_form(call: PhotographCall, names: tuple[str, ...]) -> tuple[Parameters, list[Upload]]:
    settings = call.state.settings
    limits = FormLimits(
        settings.max_image_bytes, settings.upload_timeout_seconds, max_files=len(names), file_fields=frozenset(names)
    )
    fields = await read_form(call.request, limits)
    uploads = []
    for name in names:
        files = fields.get(name)
        if not isinstance(files, tuple) or not files:
            raise FileMissing(f"Required part '{name}' is not present.")
        uploads.append(_usable(files[0]))
    return parameters(call.request, fields), uploads


def _usable(upload: Upload) -> Upload:
    extension = PurePath(upload.filename).suffix.removeprefix(".").lower()
    if extension not in _EXTENSIONS:
        raise Coded(Code.FILE_UNUSABLE, f"File [{upload.filename}] has an unavailable extension")
    if upload.problem:
        raise upload.problem
    return upload


async def _from_json(call: PhotographCall, names: tuple[str, ...]) -> list[Upload]:
    settings = call.state.settings
    max_bytes = len(names) * (settings.max_image_bytes * 4 // 3 + SMALL_BYTES)
    kind = _File if len(names) == 1 else _Pair
    content = await read_body(call.request, timeout_seconds=settings.upload_timeout_seconds, max_bytes=max_bytes)
    texts = await without_long_texts(content, max_bytes=SMALL_BYTES)
    body = parse_json(kind, texts.rest)
    del content
    return [await _decoded(name, texts, getattr(body, name), settings.max_image_bytes) for name in names]


async def _decoded(name: str, texts: LongTexts, text: str | None, max_bytes: int) -> Upload:
    if text is None:
        raise FileMissing(f"Required part '{name}' is not present.")
    try:
        content = await texts.decoded(text)
    except ValueError as error:
        raise Coded(Code.FILE_UNUSABLE, f"The value of {name} is not Base64") from error
    if not content:
        raise Coded(Code.FILE_UNUSABLE, f"The value of {name} is empty")
    if len(content) > max_bytes:
        raise ImageTooLarge
    return Upload(f"{name}.jpg", content)
