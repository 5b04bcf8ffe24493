"""The models in use, opened from a pack."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from vectorizer.networks.alignment import SIZE
from vectorizer.networks.batching import BatchingSession
from vectorizer.networks.detection import CLOSE_UP_CANVAS, Detector, DetectorNetwork
from vectorizer.networks.embedding import Embedder, as_batch
from vectorizer.networks.finder import Finder, Upright
from vectorizer.networks.recognizability import Recognizability
from vectorizer.networks.runtimes import (
    DetectorRuntimeChoice,
    DetectorRuntimes,
    Runtime,
    RuntimeChoice,
    choose_detector_runtimes,
    choose_runtime,
    open_detector_sessions,
    open_embedder_sessions,
)
from vectorizer.networks.scrfd import Scrfd
from vectorizer.networks.sessions import OnnxSession, Provider, Session
from vectorizer.networks.yunet import YuNet
from vectorizer.packs.manifest import DetectorManifest, EmbedderManifest, read_manifest
from vectorizer.packs.opening import Pack, open_pack
from vectorizer.packs.prepared_files import Precision, prepare

OnBatch = Callable[[str, int], object]

_SAMPLE_IMAGES = 4
"""Images on which runtimes are compared."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Where and how networks run.

    batch: maximum images in one run. runtime, detector_runtime: what runs the networks on a CPU without batching.
    """

    provider: Provider = "cpu"
    precision: Precision = "fp32"
    batch: int = 1
    batch_wait_seconds: float = 0.003
    runtime: RuntimeChoice = "auto"
    detector_runtime: DetectorRuntimeChoice = "auto"
    detector_size: int = 640

    @property
    def shared(self) -> bool:
        """Whether all lanes share sessions that batch, instead of one session each."""
        return self.batch > 1 or self.provider != "cpu"

    @property
    def batch_sizes(self) -> list[int]:
        """The sizes a batch is padded to: powers of two up to `batch`, and `batch`."""
        return sorted({self.batch, *(2**n for n in range(self.batch.bit_length()))})


@dataclass(frozen=True, slots=True)
class Models:
    """A detector, what finds faces with it, and an embedder, for one thread.

    recognizability: None if it was not measured with this embedder.
    """

    finder: Finder
    embedder: Embedder
    recognizability: Recognizability | None

    @property
    def detector(self) -> Detector:
        """The detector."""
        return self.finder.detector


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A pack prepared for an engine; it opens the models of each lane and describes them."""

    pack: Pack
    engine: Engine
    cache: Path
    detector_path: Path
    embedder_path: Path
    runtime: Runtime
    detector_runtimes: DetectorRuntimes

    @classmethod
    def find(
        cls, name: str, cache: Path, engine: Engine | None = None, *, commercial_use: bool = False
    ) -> "ModelSource":
        """Find the pack `name`, and fetch, prepare and measure it if necessary.

        Raises LicenceForbids, ModelsUnavailable or RuntimeUnavailable.
        """
        engine = engine or Engine()
        pack = open_pack(name, read_manifest(), cache, commercial_use=commercial_use)
        shared, precision = engine.shared, engine.precision
        detector = prepare(pack.detector_file, pack.detector, cache, batched=shared, precision=precision)
        embedder = prepare(pack.embedder_file, pack.embedder, cache, batched=shared, precision=precision)
        if shared:
            return cls(
                pack, engine, cache, detector, embedder, "onnxruntime", DetectorRuntimes.everywhere("onnxruntime")
            )
        noise = np.random.default_rng(0).integers(0, 256, (_SAMPLE_IMAGES, SIZE, SIZE, 3), np.uint8)
        sample = as_batch(noise, pack.embedder.mean, pack.embedder.scale)
        runtime = choose_runtime(engine.runtime, pack.embedder_file, embedder, cache, sample)
        detector_runtimes = choose_detector_runtimes(engine.detector_runtime, pack.detector_file, detector, cache)
        return cls(pack, engine, cache, detector, embedder, runtime, detector_runtimes)

    @property
    def detector(self) -> DetectorManifest:
        """The manifest of the detector in use."""
        return self.pack.detector

    @property
    def embedder(self) -> EmbedderManifest:
        """The manifest of the embedder in use."""
        return self.pack.embedder

    @property
    def detector_id(self) -> str:
        """The id of the detector in use."""
        return self.pack.detector.id_of(self.pack.detector_file.sha256)

    @property
    def embedder_id(self) -> str:
        """The id that marks embeddings; only those with equal ids can be compared."""
        return self.pack.embedder.id_of(self.pack.embedder_file.sha256)

    def open(self, lanes: int = 1, on_batch: OnBatch = lambda _, __: None) -> list[Models]:
        """Open the models of each lane. Raises ProviderUnavailable.

        on_batch: gets the network, `detector` or `embedder`, and the rows of each batch.
        """
        if self.engine.shared:
            size = self.engine.detector_size
            detector = self._batching(self.detector_path, (size, CLOSE_UP_CANVAS), partial(on_batch, "detector"))
            embedder = self._batching(self.embedder_path, (SIZE,), partial(on_batch, "embedder"))
            return [self._models(detector, embedder)] * lanes
        detectors = open_detector_sessions(self.detector_runtimes, self.detector_path, lanes)
        embedders = open_embedder_sessions(self.runtime, self.embedder_path, lanes)
        return list(map(self._models, detectors, embedders))

    def _models(self, detector: Session, embedder: Session) -> Models:
        # Batching needs few shapes, so every first view is a square then.
        views = Detector(self._network(detector), self.engine.detector_size, square=self.engine.shared)
        return Models(
            Finder(views, self._upright()),
            Embedder(embedder, self.embedder.mean, self.embedder.scale),
            Recognizability.read(self.embedder.recognizability.file) if self.embedder.recognizability else None,
        )

    def _upright(self) -> Upright:
        detector = self.detector
        return Upright(detector.upright_score, detector.suspect_score, detector.upright_roll, detector.roll_gain)

    def _batching(self, path: Path, sides: tuple[int, ...], on_batch: Callable[[int], object]) -> Session:
        """Open a session and run every shape that it will get: squares of `sides` pixels, in every batch size."""
        session = OnnxSession(path, self.engine.provider, self.cache / "prepared")
        for side in sides:
            for size in self.engine.batch_sizes:
                session.run(np.zeros((size, 3, side, side), np.float32))
        return BatchingSession(session, self.engine.batch_sizes, self.engine.batch_wait_seconds, on_batch)

    def _network(self, session: Session) -> DetectorNetwork:
        if self.detector.architecture == "yunet":
            return YuNet(session, self.detector.score_threshold)
        return Scrfd(session, self.detector.score_threshold)
