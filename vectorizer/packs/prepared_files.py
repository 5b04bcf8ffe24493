"""Prepares published model files, once per machine: unpacked, with a batch axis, in half precision, or rewritten."""

import hashlib
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vectorizer.packs.manifest import AnyModel, DetectorManifest, EmbedderManifest
from vectorizer.packs.opening import ModelFile
from vectorizer.problems import ModelsUnavailable

if TYPE_CHECKING:
    import onnx

Precision = Literal["fp32", "fp16"]

_FASTER = frozenset({"joined", "widened"})
"""Steps after which a network computes the same in less time."""

_ON_X86 = platform.machine() in {"x86_64", "AMD64"}
"""Elsewhere nobody has measured whether more multiplications in fewer groups take less time."""

VERSION = 1
"""Part of a prepared file's name; to be increased when a preparation step changes."""


def prepare(
    file: ModelFile, model: AnyModel, cache: Path, *, batched: bool = False, precision: Precision = "fp32"
) -> Path:
    """Return the file to run for a published one: itself, or its preparation in ``cache/prepared``.

    batched: whether a run takes several images, or a GPU runs the network. A prepared file that does not match its
    recorded digest is made again.
    Raises ModelsUnavailable if the cache cannot be written and the published file does not run as it is.
    """
    steps = _steps(model, batched=batched, precision=precision)
    if not steps:
        return file.path
    prepared = cache / "prepared" / f"{model.name}-{file.sha256}-{'-'.join(steps)}-{VERSION}.onnx"
    if not _intact(prepared):
        try:
            _write_with_digest(prepared, _prepared(file.path, model, steps))
        except OSError as error:
            if _FASTER.issuperset(steps):
                return file.path
            raise ModelsUnavailable(
                f"The folder {prepared.parent} is not writable ({error.strerror}); set VECTORIZER_MODEL_CACHE to a "
                "writable folder."
            ) from error
    return prepared


def _steps(model: AnyModel, *, batched: bool, precision: Precision) -> list[str]:
    on_cpu = not batched and precision == "fp32"
    one_image_only = isinstance(model, DetectorManifest) and model.architecture == "scrfd"
    applicable = {
        "folded": model.input_shape is not None,
        "batched": batched and one_image_only,
        "fp16": precision == "fp16",
        "joined": on_cpu and isinstance(model, DetectorManifest),
        "widened": on_cpu and _ON_X86 and isinstance(model, EmbedderManifest) and model.narrow_groups,
    }
    return [step for step, applies in applicable.items() if applies]


def _prepared(source: Path, model: AnyModel, steps: list[str]) -> bytes:
    import onnx  # noqa: PLC0415 - takes 40 MB, needed once per machine

    network = onnx.load(source)
    for step in steps:
        network = _step(step, network, model)
    content: bytes = network.SerializeToString()
    return content


def _step(step: str, network: "onnx.ModelProto", model: AnyModel) -> "onnx.ModelProto":
    if step == "folded":
        from vectorizer.packs.folding import fold  # noqa: PLC0415 - imports the onnx package

        assert model.input_shape is not None  # noqa: S101 - the condition of this step
        return fold(network, model.input_shape)
    if step == "batched":
        from vectorizer.packs.batch_axis import free_batch_axis  # noqa: PLC0415

        return free_batch_axis(network)
    if step == "fp16":
        from vectorizer.packs.half_precision import halve  # noqa: PLC0415

        return halve(network)
    from vectorizer.packs.rewriting import join_heads, widen_groups  # noqa: PLC0415

    return join_heads(network) if step == "joined" else widen_groups(network)


def _write_with_digest(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, content)
    _write(_digest_file(path), hashlib.sha256(content).hexdigest().encode())


def _write(path: Path, content: bytes) -> None:
    """Write atomically: several services may start with one cache."""
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
