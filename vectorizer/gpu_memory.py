"""How much memory the GPUs have left, asked of NVIDIA's management library."""

from collections.abc import Iterator

import pynvml
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class GpuMemory(Collector):
    """Asks the driver, on the thread that answers Prometheus."""

    def __init__(self) -> None:
        """Find the GPUs: none where there is no driver."""
        self._gpus = list(_gpus())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield what there is to tell."""
        total = GaugeMetricFamily("faceserver_vectorizer_gpu_memory_bytes", "Memory of a GPU.", labels=["gpu"])
        used = GaugeMetricFamily(
            "faceserver_vectorizer_gpu_memory_used_bytes",
            "What is in use of a GPU's memory, by whatever process.",
            labels=["gpu"],
        )
        for index, gpu in enumerate(self._gpus):
            memory = pynvml.nvmlDeviceGetMemoryInfo(gpu)
            total.add_metric([str(index)], memory.total)
            used.add_metric([str(index)], memory.used)
        yield from (total, used)


def _gpus() -> Iterator[object]:
    try:
        pynvml.nvmlInit()
        for index in range(pynvml.nvmlDeviceGetCount()):
            yield pynvml.nvmlDeviceGetHandleByIndex(index)
    except pynvml.NVMLError:
        return
