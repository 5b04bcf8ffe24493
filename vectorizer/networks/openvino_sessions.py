"""Networks run by OpenVINO, which is about twice as fast as ONNX Runtime at convolutions with PReLU."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_ONE_THREAD = {
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    # With pinning, all lanes would share the first core.
    "ENABLE_CPU_PINNING": False,
}


def openvino_version() -> str | None:
    """Return the version of the package, or None if it is not installed: it is not available for every processor."""
    try:
        return version("openvino")
    except PackageNotFoundError:
        return None


class OpenVinoSession:
    """A network run by OpenVINO on one thread, for inputs of one shape."""

    def __init__(self, path: Path, shape: tuple[int, ...], precision: Literal["f32", "bf16"] = "f32") -> None:
        """Compile the ONNX file at `path` for a batch of `shape`. Raises RuntimeError if OpenVINO cannot.

        precision: of the arithmetic; inputs and outputs are always float32.
        """
        import openvino  # noqa: PLC0415 - not always installed

        core = openvino.Core()
        network = core.read_model(path)
        network.reshape(list(shape))
        compiled = core.compile_model(network, "CPU", _ONE_THREAD | {"INFERENCE_PRECISION_HINT": precision})
        self.outputs: tuple[str, ...] = tuple(output.any_name for output in compiled.outputs)
        self._outputs: list[Any] = list(compiled.outputs)
        self._request = compiled.create_infer_request()

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `vectorizer.networks.sessions.Session`. Not safe for concurrent calls."""
        results = self._request.infer([np.ascontiguousarray(batch)], share_inputs=True)
        return [results[output].copy() for output in self._outputs]
