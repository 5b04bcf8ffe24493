"""Networks run by OpenVINO, which is about twice as fast as ONNX Runtime at convolutions with PReLU."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

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

    It is compiled for one shape; with sides of `ANY`, what a run of a new shape needs is made then and kept.
    """

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
        self._tensor = openvino.Tensor
        self._request = compiled.create_infer_request()

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `vectorizer.networks.sessions.Session`. Not safe for concurrent calls."""
        data = np.ascontiguousarray(batch)
        # Inputs that `infer` gets are looked up by name, which takes a fifth of a millisecond.
        self._request.set_input_tensor(self._tensor(data, shared_memory=True))
        self._request.infer(share_outputs=True)
        return [self._request.get_output_tensor(index).data.copy() for index in range(len(self.outputs))]
