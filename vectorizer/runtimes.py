"""Which runtime runs the embedder on this processor: the faster one, measured once and remembered.

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

from vectorizer.alignment import SIZE
from vectorizer.openvino_sessions import OpenVinoSession, openvino_version
from vectorizer.packs import ModelFile
from vectorizer.problems import RuntimeUnavailable
from vectorizer.sessions import OnnxSession, RowByRow, Session

Runtime = Literal["onnxruntime", "openvino"]
RuntimeChoice = Literal["auto", "onnxruntime", "openvino"]

_ROUNDS = 12
_SHAPE = (1, 3, SIZE, SIZE)


def choose_runtime(choice: RuntimeChoice, embedder: ModelFile, path: Path, cache: Path) -> Runtime:
    """Return the runtime to use. `auto` measures both at the first start and notes the result in `cache`.

    embedder: the published file. path: what was prepared of it, to be run.

    Raises RuntimeUnavailable when OpenVINO is asked for and is not installed.
    """
    if choice != "auto":
        if choice == "openvino" and openvino_version() is None:
            raise RuntimeUnavailable
        return choice
    if openvino_version() is None:
        return "onnxruntime"
    notes = cache / "runtimes.json"
    known = _read(notes)
    key = _circumstances(embedder)
    if key not in known:
        known[key] = _measure(path)
        _write(notes, known)
    return min(known[key], key=lambda runtime: known[key][runtime])


def open_embedder_session(runtime: Runtime, path: Path) -> Session:
    """Open the embedder at `path`, to run one face at a time."""
    return RowByRow(OpenVinoSession(path, _SHAPE) if runtime == "openvino" else OnnxSession(path))


def _measure(path: Path) -> dict[Runtime, float]:
    """Return the least time of a run under each runtime, milliseconds; taken in turn, since a machine has moods.

    OpenVINO is missing in it where it cannot be loaded or cannot run this network.
    """
    sessions: dict[Runtime, Session] = {"onnxruntime": open_embedder_session("onnxruntime", path)}
    with suppress(ImportError, RuntimeError):
        sessions["openvino"] = open_embedder_session("openvino", path)
    face = np.random.default_rng(0).random(_SHAPE, np.float32)
    times: dict[Runtime, list[float]] = {runtime: [] for runtime in sessions}
    for _ in range(_ROUNDS):
        for runtime, session in sessions.items():
            start = time.perf_counter()
            session.run(face)
            times[runtime].append((time.perf_counter() - start) * 1000)
    return {runtime: round(min(taken), 2) for runtime, taken in times.items()}


def _circumstances(embedder: ModelFile) -> str:
    """What a measurement holds for."""
    return f"{embedder.sha256} onnxruntime {version('onnxruntime')} openvino {openvino_version()} {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


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
