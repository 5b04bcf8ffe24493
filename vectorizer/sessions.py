"""ONNX Runtime: the only module that knows it."""

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
"""ONNX Runtime's log severity: its warnings about graph inputs and devices say nothing a person can act on."""


class Session(Protocol):
    """One network with one input and float32 outputs, ready to run on the thread that asks for it.

    Single-threaded runs on as many threads as there are cores serve more images a second than one run on all cores.
    """

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run the network on `batch`, (rows, …), and return its outputs in the order of `outputs`."""


class RowByRow:
    """A session in front of another that gives it one row at a time.

    On a CPU a batch gains nothing, and memory stays the same for one face and for a hundred.
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
        """Open the ONNX file at `path`. engines: where TensorRT keeps what it builds, which takes minutes.

        Raises ProviderUnavailable when the network would run elsewhere than asked for.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        wanted = _PROVIDERS[provider]
        if wanted not in ort.get_available_providers():
            raise ProviderUnavailable(provider)
        if provider != "cpu":
            ort.preload_dlls()  # of CUDA and cuDNN, where they were installed as packages
        providers = [(wanted, _provider_options(provider, engines))]
        if provider == "tensorrt":  # which leaves to CUDA what it cannot do
            providers.append((_PROVIDERS["cuda"], _provider_options("cuda", engines)))
        try:
            self._session = ort.InferenceSession(path, options, providers=providers)
        # ONNX Runtime's errors share no class of their own.
        except Exception as error:
            raise ModelsUnavailable(f"{path} cannot be opened by ONNX Runtime: {error}") from error
        if self._session.get_providers()[0] != wanted:
            raise ProviderUnavailable(provider)
        self._session.disable_fallback()  # which would go on with the CPU when a GPU fails
        (data,) = self._session.get_inputs()
        self._input = data.name
        self.input_shape: list[int | str] = data.shape
        self.outputs: tuple[str, ...] = tuple(output.name for output in self._session.get_outputs())

    def run(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See `Session`."""
        outputs: list[NDArray[np.float32]] = self._session.run(None, {self._input: np.ascontiguousarray(batch)})
        return outputs


def _provider_options(provider: Provider, engines: Path | None) -> dict[str, str]:
    """Options that keep GPU memory flat: an arena that grows by what is asked, no workspace search by shape."""
    if provider == "cuda":
        return {"arena_extend_strategy": "kSameAsRequested", "cudnn_conv_algo_search": "HEURISTIC"}
    if provider == "tensorrt":
        return {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(engines)} if engines else {}
    return {}
