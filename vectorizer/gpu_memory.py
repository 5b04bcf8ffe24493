"""The memory of the GPUs, from NVIDIA's management library."""

from collections.abc import Iterator

import pynvml
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class GpuMemory(Collector):
    """Reads the driver, on the thread that answers Prometheus."""

    def __init__(self) -> None:
        """Find the GPUs; without a driver, none."""
        self._gpus = list(_gpus())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield total and used memory of each GPU."""
        total = GaugeMetricFamily("faceserver_vectorizer_gpu_memory_bytes", "Memory of a GPU.", labels=["gpu"])
        used = GaugeMetricFamily(
            "faceserver_vectorizer_gpu_memory_used_bytes",
            "Memory of a GPU in use by any process.",
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
