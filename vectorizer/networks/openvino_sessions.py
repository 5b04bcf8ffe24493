"""Networks run by OpenVINO, which is about twice as fast as ONNX Runtime at convolutions with PReLU."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import openvino

_ONE_THREAD = {
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    # With pinning, all lanes would share the first core.
    "ENABLE_CPU_PINNING": False,
}

ANY = -1
"""A side of a shape that differs from run to run."""


def openvino_version() -> str | None:
    """Return the version of the package, or None if it is not installed: it is not available for every processor."""
    try:
        return version("openvino")
    except PackageNotFoundError:
        return None


def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16; OpenVINO emulates it elsewhere, which is slow."""
    try:
        import openvino  # noqa: PLC0415 - not always installed

        return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    except (ImportError, RuntimeError):
        return False


class OpenVinoSession:
    """A network run by OpenVINO on one thread.

    It is compiled for one shape. If that has sides of `ANY`, what a run of a new shape needs is made then and kept.
    """

    def __init__(self, compiled: "openvino.CompiledModel", outputs: tuple[str, ...]) -> None:
        """compiled: see `open_sessions`. outputs: their names."""
        import openvino  # noqa: PLC0415 - not always installed

        self.outputs = outputs
        self._tensor = openvino.Tensor
        self._request = compiled.create_infer_request()

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `vectorizer.networks.sessions.Session`. Not safe for concurrent calls."""
        data = np.ascontiguousarray(batch)
        # Inputs that `infer` gets are looked up by name, which takes a fifth of a millisecond.
        self._request.set_input_tensor(self._tensor(data, shared_memory=True))
        self._request.infer(share_outputs=True)
        return [self._request.get_output_tensor(index).data.copy() for index in range(len(self.outputs))]


def open_sessions(
    path: Path, shape: tuple[int, ...], precision: Literal["f32", "bf16"] = "f32", number: int = 1
) -> list[OpenVinoSession]:
    """Open the ONNX file at `path` for batches of `shape`, for `number` threads. Raises RuntimeError if it cannot run.

    precision: of the arithmetic; inputs and outputs are always float32. It is compiled once: reading what was compiled
    takes a quarter of the time.
    """
    import openvino  # noqa: PLC0415 - not always installed

    core = openvino.Core()
    network = core.read_model(path)
    network.reshape(list(shape))
    outputs = tuple(output.any_name for output in network.outputs)  # once compiled, some have several names
    options = _ONE_THREAD | {"INFERENCE_PRECISION_HINT": precision}
    compiled = [core.compile_model(network, "CPU", options)]
    if number > 1:
        exported = compiled[0].export_model()
        compiled += [core.import_model(exported, "CPU", options) for _ in range(number - 1)]
    return [OpenVinoSession(each, outputs) for each in compiled]
