"""Chooses the runtime of the embedder on this processor: the fastest one, measured once and recorded.

OpenVINO can also run it in bfloat16, which processors with matrix units (AMX) do at twice the speed. It keeps eight
bits of each number, so it is chosen only if it is clearly faster and its embeddings agree with the full ones.

There is a choice for the embedder only. The detectors are not faster with OpenVINO, and get images of many shapes,
each of which it would have to compile.
"""

import json
import platform
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.alignment import SIZE
from vectorizer.networks.embedding import normalise
from vectorizer.networks.openvino_sessions import OpenVinoSession, openvino_version
from vectorizer.networks.sessions import OnnxSession, RowByRow, Session
from vectorizer.packs.opening import ModelFile
from vectorizer.problems import RuntimeUnavailable

Runtime = Literal["onnxruntime", "openvino", "openvino-bf16"]
RuntimeChoice = Literal["auto", "onnxruntime", "openvino", "openvino-bf16"]

_BY_OPENVINO: tuple[Runtime, ...] = ("openvino", "openvino-bf16")
_ROUNDS = 12
_MIN_AGREEMENT = 0.995
"""Minimum cosine of an embedding in bfloat16 with the full one; the other runtimes agree to six digits."""
_MAX_TIME_SHARE = 0.8
"""Maximum share of the fastest full-precision time that bfloat16 may take."""
_SHAPE = (1, 3, SIZE, SIZE)


def choose_runtime(
    choice: RuntimeChoice, embedder: ModelFile, path: Path, cache: Path, sample: NDArray[np.float32]
) -> Runtime:
    """Return the runtime to use. `auto` measures all at the first start and records the result in `cache`.

    embedder: the published file. path: the prepared file to run. sample: (n, 3, 112, 112), the input to measure with.

    Raises RuntimeUnavailable if OpenVINO is requested and not installed.
    """
    if choice != "auto":
        if choice != "onnxruntime" and openvino_version() is None:
            raise RuntimeUnavailable
        return choice
    if openvino_version() is None:
        return "onnxruntime"
    record = cache / "runtimes.json"
    known = _read(record)
    key = _measurement_key(embedder)
    if key not in known:
        known[key] = _measure(path, sample)
        _write(record, known)
    return _fastest(known[key])


def open_embedder_session(runtime: Runtime, path: Path) -> Session:
    """Open the embedder at `path`, to run one face at a time."""
    if runtime == "onnxruntime":
        return RowByRow(OnnxSession(path))
    return RowByRow(OpenVinoSession(path, _SHAPE, "bf16" if runtime == "openvino-bf16" else "f32"))


def _fastest(times: dict[Runtime, float]) -> Runtime:
    """Return the fastest runtime; bfloat16 has to be faster by a margin, because it is less exact."""
    return min(times, key=lambda runtime: times[runtime] / (_MAX_TIME_SHARE if runtime == "openvino-bf16" else 1))


def _measure(path: Path, sample: NDArray[np.float32]) -> dict[Runtime, float]:
    """Return the minimum time of a run with each runtime, milliseconds; measured in turn, since load varies.

    Runtimes that cannot be loaded, cannot run this network, or disagree with ONNX Runtime are left out.
    """
    sessions: dict[Runtime, Session] = {"onnxruntime": open_embedder_session("onnxruntime", path)}
    for runtime in _BY_OPENVINO:
        with suppress(ImportError, RuntimeError):
            sessions[runtime] = open_embedder_session(runtime, path)
    full = sessions["onnxruntime"].run(sample)[0]
    sessions = {runtime: session for runtime, session in sessions.items() if _agree(full, session.run(sample)[0])}
    times: dict[Runtime, list[float]] = {runtime: [] for runtime in sessions}
    for _ in range(_ROUNDS):
        for runtime, session in sessions.items():
            start = time.perf_counter()
            session.run(sample[:1])
            times[runtime].append((time.perf_counter() - start) * 1000)
    return {runtime: round(min(taken), 2) for runtime, taken in times.items()}


def _agree(vectors: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    """Whether the (n, dimension) vectors point in the same directions, row by row."""
    cosines = (normalise(vectors) * normalise(others)).sum(axis=1)
    return bool(cosines.min() >= _MIN_AGREEMENT)


def _measurement_key(embedder: ModelFile) -> str:
    """The key of a measurement: everything that it depends on."""
    return f"{embedder.sha256} onnxruntime {version('onnxruntime')} openvino {openvino_version()} {_processor()}"


def _processor() -> str:
    """The processor's name, and whether it has matrix units, which a virtual machine may hide."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    amx = [flag for flag in facts.get("flags", "").split() if flag == "amx_bf16"]
    return " ".join([facts.get("model name", platform.machine()), *amx])


def _read(record: Path) -> dict[str, dict[Runtime, float]]:
    """Return the recorded measurements; none if they cannot be read, so that they are made again."""
    try:
        known: dict[str, dict[Runtime, float]] = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _write(record: Path, known: dict[str, dict[Runtime, float]]) -> None:
    """Record the measurements; if the cache cannot be written, the next start measures again for a second."""
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(known, indent=1), encoding="utf-8")
    except OSError:
        return
