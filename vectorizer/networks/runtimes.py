"""Chooses the runtimes of both networks on this processor: the fastest ones, measured once and recorded.

OpenVINO can also run them in bfloat16, which processors with matrix units (AMX) do at twice the speed. It keeps eight
bits of each number, so it is chosen only if it is clearly faster. An embedder's embeddings have to agree with the full
ones then. A detector's landmarks move, so it runs in bfloat16 only if that was asked for.
"""

import json
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from math import log
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.alignment import SIZE
from vectorizer.networks.embedding import normalise
from vectorizer.networks.openvino_sessions import ANY, has_bfloat16, open_sessions, openvino_version
from vectorizer.networks.sessions import OnnxSession, RowByRow, Session
from vectorizer.packs.opening import ModelFile
from vectorizer.problems import RuntimeUnavailable

Runtime = Literal["onnxruntime", "openvino", "openvino-bf16"]
RuntimeChoice = Literal["auto", "onnxruntime", "openvino", "openvino-bf16"]
DetectorRuntimeChoice = Literal["auto", "auto-bf16", "onnxruntime", "openvino"]

Times = dict[Runtime, float]
"""The time of a run with each runtime, milliseconds."""

_BY_OPENVINO: tuple[Runtime, ...] = ("openvino", "openvino-bf16")
_ROUNDS = 8
_MIN_AGREEMENT = 0.995
"""Minimum cosine of an embedding in bfloat16 with the full one; the other runtimes agree to six digits."""
_MAX_TIME_SHARE = 0.8
"""Maximum share of the fastest full-precision time that bfloat16 may take."""
_MAX_DETECTOR_SHARE = 0.9
"""The same for OpenVINO and the detector, since it takes more memory, and some milliseconds for each new size."""
_TOLERANCE = 1e-3
"""How far outputs of the detector may differ between runtimes in full precision, in strides."""
_EMBEDDER_SHARES: dict[Runtime, float] = {"onnxruntime": 1, "openvino": 1, "openvino-bf16": _MAX_TIME_SHARE}
_SHAPE = (1, 3, SIZE, SIZE)
_ANY_IMAGE = (1, 3, ANY, ANY)

CANVASES = ((160, 160), (256, 256), (640, 480))
"""Height and width of the canvases with which the detector's runtimes are compared: a close-up, a portrait, a photo."""


@dataclass(frozen=True, slots=True)
class DetectorRuntimes:
    """The detector's runtime for each of `CANVASES`; other sizes get that of the most similar one."""

    of_canvases: tuple[Runtime, ...]

    @classmethod
    def everywhere(cls, runtime: Runtime) -> Self:
        """Return one runtime for all sizes."""
        return cls((runtime,) * len(CANVASES))

    def of(self, height: int, width: int) -> Runtime:
        """Return the runtime for a canvas."""
        distances = [abs(log(height * width / (rows * columns))) for rows, columns in CANVASES]
        return self.of_canvases[distances.index(min(distances))]

    def __str__(self) -> str:
        return "+".join(sorted(set(self.of_canvases)))


class BySize:
    """Runs a network by the runtime that is chosen for the size of its input."""

    def __init__(self, sessions: Mapping[Runtime, Session], runtimes: DetectorRuntimes) -> None:
        """sessions: those of all `runtimes`, with the same outputs."""
        self._sessions = sessions
        self._runtimes = runtimes
        self.outputs: tuple[str, ...] = next(iter(sessions.values())).outputs

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `vectorizer.networks.sessions.Session`."""
        return self._sessions[self._runtimes.of(*batch.shape[2:])].run(batch)


def choose_runtime(
    choice: RuntimeChoice, embedder: ModelFile, path: Path, cache: Path, sample: NDArray[np.float32]
) -> Runtime:
    """Return the runtime of the embedder. `auto` measures all at the first start and records the result in `cache`.

    embedder: the published file. path: the prepared file to run. sample: (n, 3, 112, 112), the input to measure with.

    Raises RuntimeUnavailable if OpenVINO is requested and not installed.
    """
    if choice != "auto":
        return _available(choice)
    if openvino_version() is None:
        return "onnxruntime"
    key = _measurement_key(embedder, path)
    return _fastest(_recorded(cache, [key], lambda: [_measure(path, sample)])[0])


def choose_detector_runtimes(
    choice: DetectorRuntimeChoice, detector: ModelFile, path: Path, cache: Path
) -> DetectorRuntimes:
    """Return the runtimes of the detector; see `choose_runtime`. `auto-bf16`: also bfloat16, where it is faster."""
    if choice == "onnxruntime" or choice == "openvino":  # noqa: PLR1714 - mypy narrows the type by it
        return DetectorRuntimes.everywhere(_available(choice))
    if openvino_version() is None:
        return DetectorRuntimes.everywhere("onnxruntime")
    keys = [f"{_measurement_key(detector, path)} {height}x{width}" for height, width in CANVASES]
    measured = _recorded(cache, keys, lambda: _measure_detector(path))
    shares: dict[Runtime, float] = {"onnxruntime": 1.0, "openvino": _MAX_DETECTOR_SHARE}
    if choice == "auto-bf16":
        shares["openvino-bf16"] = _MAX_TIME_SHARE
    return DetectorRuntimes(tuple(_fastest(times, shares) for times in measured))


def open_embedder_sessions(runtime: Runtime, path: Path, number: int = 1) -> list[Session]:
    """Open the embedder at `path` for `number` threads, to run one face at a time."""
    return [RowByRow(session) for session in _open(runtime, path, _SHAPE, number)]


def open_detector_sessions(runtimes: DetectorRuntimes, path: Path, number: int = 1) -> list[Session]:
    """Open the detector at `path` for `number` threads, to run one image at a time."""
    used = dict.fromkeys(runtimes.of_canvases)
    by_thread = zip(*(_open(runtime, path, _ANY_IMAGE, number) for runtime in used), strict=True)
    return [BySize(dict(zip(used, sessions, strict=True)), runtimes) for sessions in by_thread]


def _open(runtime: Runtime, path: Path, shape: tuple[int, ...], number: int = 1) -> Sequence[Session]:
    if runtime == "onnxruntime":
        return [OnnxSession(path) for _ in range(number)]
    return open_sessions(path, shape, "bf16" if runtime == "openvino-bf16" else "f32", number)


def _available(choice: Runtime) -> Runtime:
    if choice != "onnxruntime" and openvino_version() is None:
        raise RuntimeUnavailable
    return choice


def _fastest(times: Times, shares: Mapping[Runtime, float] = _EMBEDDER_SHARES) -> Runtime:
    """Return the fastest runtime of those in `shares`, which are faster by a margin if their share is below 1."""
    return min(times.keys() & shares.keys(), key=lambda runtime: times[runtime] / shares[runtime])


def _measure(path: Path, sample: NDArray[np.float32]) -> Times:
    """Return the minimum time of a run of the embedder with each runtime.

    Runtimes that cannot be loaded, cannot run this network, or disagree with ONNX Runtime are left out.
    """
    sessions = _sessions(path, _SHAPE)
    full = RowByRow(sessions["onnxruntime"]).run(sample)[0]
    agreeing = {
        runtime: session for runtime, session in sessions.items() if _agree(full, RowByRow(session).run(sample)[0])
    }
    return _time(agreeing, sample[:1])


def _measure_detector(path: Path) -> list[Times]:
    """Return the same for the detector on each of `CANVASES`. What bfloat16 moves is not compared."""
    sessions = _sessions(path, _ANY_IMAGE)
    return [_measure_canvas(sessions, height, width) for height, width in CANVASES]


def _measure_canvas(sessions: Mapping[Runtime, Session], height: int, width: int) -> Times:
    noise = np.random.default_rng(0).random((1, 3, height, width), np.float32)
    full = sessions["onnxruntime"].run(noise)
    agreeing = {
        runtime: session
        for runtime, session in sessions.items()
        if runtime == "openvino-bf16" or _same(full, session.run(noise))
    }
    return _time(agreeing, noise)


def _sessions(path: Path, shape: tuple[int, ...]) -> dict[Runtime, Session]:
    """Open the network with each runtime that can run it; in bfloat16 only where the processor has it."""
    sessions: dict[Runtime, Session] = {"onnxruntime": OnnxSession(path)}
    for runtime in _BY_OPENVINO if has_bfloat16() else _BY_OPENVINO[:1]:
        with suppress(ImportError, RuntimeError):
            (sessions[runtime],) = _open(runtime, path, shape)
    return sessions


def _time(sessions: Mapping[Runtime, Session], batch: NDArray[np.float32]) -> Times:
    """Return the minimum time of a run with each session, milliseconds; measured in turn, since load varies.

    It is processor time, which other processes hardly change.
    """
    times: dict[Runtime, list[float]] = {runtime: [] for runtime in sessions}
    for _ in range(_ROUNDS):
        for runtime, session in sessions.items():
            start = time.process_time()
            session.run(batch)
            times[runtime].append((time.process_time() - start) * 1000)
    return {runtime: round(min(taken), 2) for runtime, taken in times.items()}


def _agree(vectors: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    """Whether the (n, dimension) vectors point in the same directions, row by row."""
    cosines = (normalise(vectors) * normalise(others)).sum(axis=1)
    return bool(cosines.min() >= _MIN_AGREEMENT)


def _same(outputs: Sequence[NDArray[np.float32]], others: Sequence[NDArray[np.float32]]) -> bool:
    return all(
        np.allclose(ours.reshape(-1), theirs.reshape(-1), rtol=_TOLERANCE, atol=_TOLERANCE)
        for ours, theirs in zip(outputs, others, strict=True)
    )


def _measurement_key(model: ModelFile, path: Path) -> str:
    """The key of a measurement: everything that it depends on."""
    versions = f"onnxruntime {version('onnxruntime')} openvino {openvino_version()}"
    return f"{model.sha256} {path.stem} {versions} {_processor()}"


def _processor() -> str:
    """The processor's name, and whether it has matrix units, which a virtual machine may hide."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    amx = [flag for flag in facts.get("flags", "").split() if flag == "amx_bf16"]
    return " ".join([facts.get("model name", platform.machine()), *amx])


def _recorded(cache: Path, keys: Sequence[str], measure: Callable[[], list[Times]]) -> list[Times]:
    """Return what is recorded under each of `keys`, or what `measure` returns for each, which is recorded then."""
    record = cache / "runtimes.json"
    known = _read(record)
    if not known.keys() >= set(keys):
        known |= dict(zip(keys, measure(), strict=True))
        _write(record, known)
    return [known[key] for key in keys]


def _read(record: Path) -> dict[str, Times]:
    """Return the recorded measurements; none if they cannot be read, so that they are made again."""
    try:
        known: dict[str, Times] = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _write(record: Path, known: dict[str, Times]) -> None:
    """Record the measurements; if the cache cannot be written, the next start measures again for a second."""
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(known, indent=1), encoding="utf-8")
    except OSError:
        return
