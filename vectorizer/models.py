"""The networks in use, opened from a pack, and what they are."""

from dataclasses import dataclass
from pathlib import Path

from vectorizer.detection import Detector, DetectorNetwork
from vectorizer.embedding import Embedder
from vectorizer.manifest import DetectorManifest, EmbedderManifest, read_manifest
from vectorizer.packs import Pack, open_pack
from vectorizer.runtimes import Runtime, RuntimeChoice, choose_runtime, open_embedder_session
from vectorizer.scrfd import Scrfd
from vectorizer.sessions import OnnxSession, Provider, Session
from vectorizer.yunet import YuNet


@dataclass(frozen=True, slots=True)
class Models:
    """A detector and an embedder with sessions of their own, for one thread."""

    detector: Detector
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Opens the same two models as often as there are lanes, and knows what they are.

    detector_size: longer side of the detector's first view, pixels. runtime: what runs the embedder on a CPU.
    """

    pack: Pack
    provider: Provider
    detector_size: int
    runtime: Runtime

    @classmethod
    def find(
        cls,
        name: str,
        cache: Path,
        *,
        provider: Provider = "cpu",
        detector_size: int = 640,
        runtime: RuntimeChoice = "auto",
    ) -> "ModelSource":
        """Find the pack `name`, fetching and measuring it where need be.

        Raises ModelsUnavailable or RuntimeUnavailable.
        """
        pack = open_pack(name, read_manifest(), cache)
        chosen: Runtime = "onnxruntime" if provider == "cuda" else choose_runtime(runtime, pack.embedder_file, cache)
        return cls(pack, provider, detector_size, chosen)

    @property
    def detector(self) -> DetectorManifest:
        """What the detector is."""
        return self.pack.detector

    @property
    def embedder(self) -> EmbedderManifest:
        """What the embedder is."""
        return self.pack.embedder

    @property
    def detector_id(self) -> str:
        """The id of the detector in use."""
        return self.pack.detector.id_of(self.pack.detector_file.sha256)

    @property
    def embedder_id(self) -> str:
        """The id under which embeddings are kept; only those of equal ids are compared."""
        return self.pack.embedder.id_of(self.pack.embedder_file.sha256)

    def open(self) -> Models:
        """Open both networks. Raises ProviderUnavailable."""
        embedder = Embedder(self._embedder_session(), self.embedder.mean, self.embedder.scale)
        return Models(Detector(self._network(), self.detector_size), embedder)

    def _embedder_session(self) -> Session:
        path = self.pack.embedder_file.path
        return (
            OnnxSession(path, self.provider) if self.provider == "cuda" else open_embedder_session(self.runtime, path)
        )

    def _network(self) -> DetectorNetwork:
        session = OnnxSession(self.pack.detector_file.path, self.provider)
        if self.detector.architecture == "yunet":
            return YuNet(session, self.detector.score_threshold)
        return Scrfd(session, self.detector.score_threshold)
