"""Networks run by ONNX Runtime, and what every runtime offers."""

from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from vectorizer.problems import ModelsUnavailable, ProviderUnavailable

Provider = Literal["cpu", "cuda", "tensorrt"]

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}

_ERRORS_ONLY = 3
"""ONNX Runtime's log severity: its warnings about graph inputs and devices are not actionable."""


class Session(Protocol):
    """One network with one input and float32 outputs, which runs on the calling thread.

    Single-threaded runs on as many threads as cores serve more images per second than one run on all cores.
    """

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run the network on `batch`, (rows, …), and return its outputs in the order of `outputs`."""


class RowByRow:
    """Wraps a session and runs it one row at a time.

    On a CPU a batch is not faster, and this way a hundred faces need no more memory than one.
    """

    def __init__(self, session: Session) -> None:
        self.outputs: tuple[str, ...] = session.outputs
        self._session = session

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `Session`."""
        parts = [self._session.run(batch[row : row + 1]) for row in range(len(batch))]
        return [np.concatenate(output) for output in zip(*parts, strict=True)]


class OnnxSession:
    """A network run by ONNX Runtime; any shape its input allows."""

    def __init__(self, path: Path, provider: Provider = "cpu", engines: Path | None = None) -> None:
        """Open the ONNX file at `path`. engines: folder for the engines that TensorRT builds, which takes minutes.

        Raises ProviderUnavailable if the network would run on another provider.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        requested = _PROVIDERS[provider]
        if requested not in ort.get_available_providers():
            raise ProviderUnavailable(provider)
        if provider != "cpu":
            ort.preload_dlls()  # of CUDA and cuDNN, if they were installed as packages
        providers = [(requested, _provider_options(provider, engines))]
        if provider == "tensorrt":  # CUDA runs what it cannot
            providers.append((_PROVIDERS["cuda"], _provider_options("cuda", engines)))
        try:
            self._session = ort.InferenceSession(path, options, providers=providers)
        # ONNX Runtime's errors do not have a common base class.
        except Exception as error:
            raise ModelsUnavailable(f"{path} cannot be opened by ONNX Runtime: {error}") from error
        if self._session.get_providers()[0] != requested:
            raise ProviderUnavailable(provider)
        self._session.disable_fallback()  # which would continue on the CPU when a GPU fails
        (data,) = self._session.get_inputs()
        self._input = data.name
        self.input_shape: list[int | str] = data.shape
        self.outputs: tuple[str, ...] = tuple(output.name for output in self._session.get_outputs())

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `Session`."""
        outputs: list[NDArray[np.float32]] = self._session.run(None, {self._input: np.ascontiguousarray(batch)})
        return outputs


def _provider_options(provider: Provider, engines: Path | None) -> dict[str, str]:
    """Options that keep GPU memory flat: an arena that grows by what is requested, and no workspace search by shape."""
    if provider == "cuda":
        return {"arena_extend_strategy": "kSameAsRequested", "cudnn_conv_algo_search": "HEURISTIC"}
    if provider == "tensorrt":
        return {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(engines)} if engines else {}
    return {}
