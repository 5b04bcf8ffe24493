"""Which runtime runs the embedder on this processor: the fastest one, measured once and remembered.

OpenVINO may also run it in bfloat16, which processors with matrix units (AMX) do at twice the speed. It keeps eight
bits of each number, so it is taken only where it is clearly faster and its embeddings agree with the full ones.

Only the embedder has the choice. The detectors gain nothing from OpenVINO, and see images of many shapes, each of
which it would compile for anew.
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

from vectorizer.alignment import SIZE
from vectorizer.embedding import normalise
from vectorizer.openvino_sessions import OpenVinoSession, openvino_version
from vectorizer.packs import ModelFile
from vectorizer.problems import RuntimeUnavailable
from vectorizer.sessions import OnnxSession, RowByRow, Session

Runtime = Literal["onnxruntime", "openvino", "openvino-bf16"]
RuntimeChoice = Literal["auto", "onnxruntime", "openvino", "openvino-bf16"]

_BY_OPENVINO: tuple[Runtime, ...] = ("openvino", "openvino-bf16")
_ROUNDS = 12
_AGREEMENT = 0.995
"""Least cosine of an embedding in bfloat16 with the full one; the other ways agree to six digits."""
_WORTHWHILE = 0.8
"""What bfloat16 may take of the time of the fastest full run."""
_SHAPE = (1, 3, SIZE, SIZE)


def choose_runtime(
    choice: RuntimeChoice, embedder: ModelFile, path: Path, cache: Path, sample: NDArray[np.float32]
) -> Runtime:
    """Return the runtime to use. `auto` measures all at the first start and notes the result in `cache`.

    embedder: the published file. path: what was prepared of it, to be run. sample: (n, 3, 112, 112), what to run it on.

    Raises RuntimeUnavailable when OpenVINO is asked for and is not installed.
    """
    if choice != "auto":
        if choice != "onnxruntime" and openvino_version() is None:
            raise RuntimeUnavailable
        return choice
    if openvino_version() is None:
        return "onnxruntime"
    notes = cache / "runtimes.json"
    known = _read(notes)
    key = _circumstances(embedder)
    if key not in known:
        known[key] = _measure(path, sample)
        _write(notes, known)
    return _fastest(known[key])


def open_embedder_session(runtime: Runtime, path: Path) -> Session:
    """Open the embedder at `path`, to run one face at a time."""
    if runtime == "onnxruntime":
        return RowByRow(OnnxSession(path))
    return RowByRow(OpenVinoSession(path, _SHAPE, "bf16" if runtime == "openvino-bf16" else "f32"))


def _fastest(times: dict[Runtime, float]) -> Runtime:
    """Return what takes the least time, where bfloat16 has to be worth what it costs in exactness."""
    return min(times, key=lambda runtime: times[runtime] / (_WORTHWHILE if runtime == "openvino-bf16" else 1))


def _measure(path: Path, sample: NDArray[np.float32]) -> dict[Runtime, float]:
    """Return the least time of a run under each runtime, milliseconds; taken in turn, since a machine has moods.

    OpenVINO is missing in it where it cannot be loaded or cannot run this network, and bfloat16 where it strays.
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
    """Whether each of (n, dimension) vectors points where the other of its row does."""
    cosines = (normalise(vectors) * normalise(others)).sum(axis=1)
    return bool(cosines.min() >= _AGREEMENT)


def _circumstances(embedder: ModelFile) -> str:
    """What a measurement holds for."""
    return f"{embedder.sha256} onnxruntime {version('onnxruntime')} openvino {openvino_version()} {_processor()}"


def _processor() -> str:
    """The processor's name, and whether it has matrix units: a virtual machine may hide them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    amx = [flag for flag in facts.get("flags", "").split() if flag == "amx_bf16"]
    return " ".join([facts.get("model name", platform.machine()), *amx])


def _read(notes: Path) -> dict[str, dict[Runtime, float]]:
    """Notes that cannot be read are no notes: they are made again."""
    try:
        known: dict[str, dict[Runtime, float]] = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _write(notes: Path, known: dict[str, dict[Runtime, float]]) -> None:
    """A cache that cannot be written costs the next start a second."""
    try:
        notes.parent.mkdir(parents=True, exist_ok=True)
        notes.write_text(json.dumps(known, indent=1), encoding="utf-8")
    except OSError:
        return
