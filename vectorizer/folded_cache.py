"""Keeps what `vectorizer.folding` makes of a block-quantised model, so that it is made once a machine."""

import hashlib
import tempfile
from pathlib import Path

from vectorizer.manifest import AnyModel
from vectorizer.problems import ModelsUnavailable

FOLDING_VERSION = 1
"""Part of a folded file's name; counts up when `vectorizer.folding` changes what it makes."""


def runnable(path: Path, sha256: str, model: AnyModel, cache: Path) -> Path:
    """Return the file to run for the published file at `path`: itself, or its folded copy in ``cache/folded``.

    A copy whose content no longer has the digest noted beside it is made again. Raises ModelsUnavailable when the
    cache cannot be written.
    """
    if model.input_shape is None:
        return path
    folded = cache / "folded" / f"{model.name}-{sha256}-{FOLDING_VERSION}.onnx"
    if not _intact(folded):
        try:
            _fold_to(path, folded, model.input_shape)
        except OSError as error:
            raise ModelsUnavailable(
                f"The folder {folded.parent} cannot be written ({error.strerror}); set VECTORIZER_MODEL_CACHE to one "
                "that can."
            ) from error
    return folded


def _fold_to(source: Path, target: Path, input_shape: tuple[str | int, ...]) -> None:
    import onnx  # noqa: PLC0415 - costs 40 MB, needed once a machine

    from vectorizer.folding import fold  # noqa: PLC0415

    content = fold(onnx.load(source), input_shape).SerializeToString()
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, content)
    _write(_digest_file(target), hashlib.sha256(content).hexdigest().encode())


def _write(path: Path, content: bytes) -> None:
    """Write as one step: several services may start with one cache."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def _intact(path: Path) -> bool:
    digest = _digest_file(path)
    if not path.is_file() or not digest.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == digest.read_text()


def _digest_file(path: Path) -> Path:
    return path.with_suffix(".sha256")
