"""Published model files made ready to run, once a machine: unpacked, given a batch axis, or halved in precision."""

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vectorizer.manifest import AnyModel, DetectorManifest
from vectorizer.packs import ModelFile
from vectorizer.problems import ModelsUnavailable

if TYPE_CHECKING:
    import onnx

Precision = Literal["fp32", "fp16"]

VERSION = 1
"""Part of a prepared file's name; counts up when what is made of a published file changes."""


def prepare(
    file: ModelFile, model: AnyModel, cache: Path, *, batched: bool = False, precision: Precision = "fp32"
) -> Path:
    """Return the file to run for a published one: itself, or what was made of it in ``cache/prepared``.

    batched: whether a run takes several images. A file whose content no longer has the digest noted beside it is made
    again. Raises ModelsUnavailable when the cache cannot be written.
    """
    steps = _steps(model, batched=batched, precision=precision)
    if not steps:
        return file.path
    prepared = cache / "prepared" / f"{model.name}-{file.sha256}-{'-'.join(steps)}-{VERSION}.onnx"
    if not _intact(prepared):
        try:
            _write_with_digest(prepared, _made_of(file.path, model, steps))
        except OSError as error:
            raise ModelsUnavailable(
                f"The folder {prepared.parent} cannot be written ({error.strerror}); set VECTORIZER_MODEL_CACHE to one "
                "that can."
            ) from error
    return prepared


def _steps(model: AnyModel, *, batched: bool, precision: Precision) -> list[str]:
    one_image_only = isinstance(model, DetectorManifest) and model.architecture == "scrfd"
    wanted = {
        "folded": model.input_shape is not None,
        "batched": batched and one_image_only,
        "fp16": precision == "fp16",
    }
    return [step for step, applies in wanted.items() if applies]


def _made_of(source: Path, model: AnyModel, steps: list[str]) -> bytes:
    import onnx  # noqa: PLC0415 - costs 40 MB, needed once a machine

    network = onnx.load(source)
    for step in steps:
        network = _step(step, network, model)
    content: bytes = network.SerializeToString()
    return content


def _step(step: str, network: "onnx.ModelProto", model: AnyModel) -> "onnx.ModelProto":
    if step == "folded":
        from vectorizer.folding import fold  # noqa: PLC0415 - brings the onnx package

        assert model.input_shape is not None  # noqa: S101 - what the step is for
        return fold(network, model.input_shape)
    if step == "batched":
        from vectorizer.batch_axis import free_batch_axis  # noqa: PLC0415

        return free_batch_axis(network)
    from vectorizer.half_precision import halve  # noqa: PLC0415

    return halve(network)


def _write_with_digest(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, content)
    _write(_digest_file(path), hashlib.sha256(content).hexdigest().encode())


def _write(path: Path, content: bytes) -> None:
    """Write as one step: several services may start with one cache."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        unfinished = Path(folder) / path.name
        unfinished.write_bytes(content)
        unfinished.replace(path)


def _intact(path: Path) -> bool:
    digest = _digest_file(path)
    if not path.is_file() or not digest.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == digest.read_text()


def _digest_file(path: Path) -> Path:
    return path.with_suffix(".sha256")
